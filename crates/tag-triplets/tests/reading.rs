//! Triplets come in the same order however they are read, can be gone on with anywhere, and broken
//! files are told.

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use support::{at_least_one, numbered, provenance, read, samples_per_shard, tree, vocabulary, write};
use tag_triplets::{Format, Image, ReadOptions, Triplet, TripletError, Triplets, WriterOptions, writer};
use tempfile::TempDir;

const STORED: usize = 200;

/// A folder of two splits for each format.
static FOLDERS: LazyLock<Vec<TempDir>> = LazyLock::new(|| Format::ALL.map(folder_of).into());

fn folder_of(format: Format) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut triplets = numbered(STORED as u32);
    for triplet in &mut triplets {
        let extension = "jpg".to_owned();
        triplet.image = Image::Bytes { data: triplet.image_id.clone().into_bytes(), extension };
    }
    let (train, val) = triplets.split_at(150);
    write(folder.path(), format, "train", &samples_per_shard(7), train).unwrap();
    write(folder.path(), format, "val", &WriterOptions::default(), val).unwrap();
    folder
}

fn ids(triplets: &[Triplet]) -> Vec<usize> {
    triplets.iter().map(|triplet| triplet.image_id.parse().unwrap()).collect()
}

fn options() -> impl Strategy<Value = ReadOptions> {
    (prop::option::of(any::<u64>()), 1usize..260, 1usize..40, 1usize..5).prop_map(
        |(seed, buffer, batch, workers)| ReadOptions {
            seed,
            buffer: at_least_one(buffer),
            batch: at_least_one(batch),
            workers: at_least_one(workers),
            ..ReadOptions::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn reading_goes_on_where_it_ended(
        format in 0usize..4, first in options(), second in options(), batches in 0usize..60,
    ) {
        let folder = FOLDERS[format].path();
        let whole = ids(&read(folder, &first).unwrap());
        prop_assert_eq!(whole.iter().collect::<HashSet<_>>().len(), STORED);
        prop_assert_eq!(whole.len(), STORED);

        let mut reader = Triplets::open(folder).unwrap().read(&first).unwrap();
        let given: Vec<Triplet> = reader.by_ref().take(batches).flat_map(Result::unwrap).collect();
        prop_assert_eq!(reader.position(), given.len() as u64);
        // Another number of threads and another batch make no difference.
        let rest = ReadOptions { seed: first.seed, buffer: first.buffer, start_at: reader.position(), ..second };
        let rest = read(folder, &rest).unwrap();
        prop_assert_eq!(whole, [ids(&given), ids(&rest)].concat());
    }

    /// Nothing in a file makes it panic, and no error leaves open where it lies.
    #[test]
    fn broken_files_are_told(
        format in 0usize..4, file in any::<prop::sample::Index>(), cut in any::<bool>(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut files = tree(FOLDERS[format].path());
        for (name, bytes) in &files {
            fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        // These hold any bytes, and those nobody reads back.
        files.retain(|name, _| !name.starts_with("images/") && !name.ends_with(".txt"));
        let damaged = file.index(files.len());
        let (name, mut bytes) = files.into_iter().nth(damaged).unwrap();
        let path = folder.path().join(name);
        for (place, byte) in places {
            let place = place.index(bytes.len());
            if cut { bytes.truncate(place.max(1)) } else { bytes[place] = byte }
        }
        fs::write(&path, bytes).unwrap();
        match read(folder.path(), &ReadOptions::default()) {
            Ok(triplets) => prop_assert_eq!(triplets.len(), STORED),
            Err(error) => {
                let message = error.to_string();
                prop_assert!(message.contains(&*folder.path().to_string_lossy()), "{}", message);
            }
        }
    }
}

/// Parts are mixed as well as what is held, and every seed mixes otherwise.
#[test]
fn a_shuffle_reaches_far_and_depends_on_its_seed() {
    for folder in FOLDERS.iter() {
        let shuffled = |seed, buffer| {
            let options =
                ReadOptions { seed: Some(seed), buffer: at_least_one(buffer), ..ReadOptions::default() };
            ids(&read(folder.path(), &options).unwrap())
        };
        let (first, second) = (shuffled(1, 20), shuffled(2, 20));
        assert_ne!(first, second);
        for order in [first, second] {
            let moved = order.iter().enumerate().map(|(position, id)| position.abs_diff(*id)).sum::<usize>();
            assert!(moved / STORED > 20, "moved by {} on average", moved / STORED);
        }
    }
}

#[test]
fn splits_are_read_apart() {
    for folder in FOLDERS.iter() {
        let triplets = Triplets::open(folder.path()).unwrap();
        assert_eq!(triplets.splits(), ["train", "val"]);
        assert_eq!((triplets.len(Some("val")), triplets.len(None), triplets.len(Some("x"))), (50, 200, 0));
        let val = ReadOptions { split: Some("val".to_owned()), ..ReadOptions::default() };
        assert_eq!(ids(&read(folder.path(), &val).unwrap()), (150..200).collect::<Vec<_>>());
        let unknown = ReadOptions { split: Some("x".to_owned()), ..ReadOptions::default() };
        let error = triplets.read(&unknown).unwrap_err().to_string();
        assert!(error.contains("no split \"x\": it has train, val"), "{error}");
    }
}

fn write_with(folder: &Path, format: Format, split: &str, name: &str) {
    let vocabulary = vocabulary(name);
    let options = WriterOptions::usual(format);
    let mut writer = writer(format, folder, split, &options, &vocabulary, &provenance(&vocabulary)).unwrap();
    numbered(10).iter().for_each(|triplet| writer.write(triplet).unwrap());
    writer.finish().unwrap();
}

#[test]
fn another_vocabulary_is_refused() {
    let (ours, other) = (vocabulary("thing"), vocabulary("other"));
    for folder in FOLDERS.iter() {
        let triplets = Triplets::open(folder.path()).unwrap();
        triplets.check_vocabulary(&ours).unwrap();
        let error = triplets.check_vocabulary(&other).unwrap_err().to_string();
        for part in [ours.hash(), other.hash(), &folder.path().to_string_lossy()] {
            assert!(error.contains(part), "{error}");
        }
    }
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        write_with(folder.path(), format, "train", "thing");
        write_with(folder.path(), format, "val", "other");
        let error = Triplets::open(folder.path()).unwrap_err();
        assert!(matches!(error, TripletError::MixedVocabularies { .. }), "{error}");
        assert!(error.to_string().contains(ours.hash()) && error.to_string().contains(other.hash()));
    }
}

/// A file of another run is found out by what stands in it, even if it has the size of the one
/// that it replaced.
#[test]
fn a_file_put_in_place_of_another_is_refused() {
    for (format, file) in
        [(Format::WebDataset, "train/shard-000000.tar"), (Format::Coco, "captions_train.json")]
    {
        let [folder, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        write_with(folder.path(), format, "train", "thing");
        write_with(other.path(), format, "train", "other");
        fs::copy(other.path().join(file), folder.path().join(file)).unwrap();
        let error = Triplets::open(folder.path()).unwrap_err();
        assert!(matches!(error, TripletError::MixedVocabularies { .. }), "{error}");
    }
}

#[test]
fn folders_without_triplets_or_with_two_formats_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = Triplets::open(folder.path()).unwrap_err();
    assert!(matches!(error, TripletError::NoTriplets(_)), "{error}");
    write_with(folder.path(), Format::Json, "train", "thing");
    write_with(folder.path(), Format::Parquet, "val", "thing");
    let error = Triplets::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("as json and as parquet"), "{error}");
}

/// In a page's header, a list of 2³¹ numbers was skipped one by one beyond the end of the file.
#[test]
fn a_page_header_that_never_ends() {
    let folder = tempfile::tempdir().unwrap();
    write_with(folder.path(), Format::Parquet, "train", "thing");
    let path = folder.path().join("train-00000.parquet");
    let mut bytes = fs::read(&path).unwrap();
    // A field that nobody knows, a list of doubles.
    bytes[4..11].copy_from_slice(b"\xf9\xf7\xff\xff\xff\xff\x07");
    fs::write(&path, bytes).unwrap();
    let message = read(folder.path(), &ReadOptions::default()).unwrap_err().to_string();
    assert!(message.contains("train-00000.parquet, row group 0: "), "{message}");
}

/// What a reader is told when a file is damaged: which, where, and what is wrong there.
#[test]
fn errors_say_where_the_damage_is() {
    let damaged = |format, file: &str, damage: &dyn Fn(&mut Vec<u8>)| {
        let folder = tempfile::tempdir().unwrap();
        write_with(folder.path(), format, "train", "thing");
        let path = folder.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let message = read(folder.path(), &ReadOptions::default()).unwrap_err().to_string();
        message.replace(&*folder.path().to_string_lossy(), "DIR")
    };
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: &mut Vec<u8>| {
            let place = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
            bytes[place..place + from.len()].copy_from_slice(to.as_bytes());
        }
    };
    let halve = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2);
    for (format, file) in [(Format::Json, "train.json"), (Format::Coco, "captions_train.json")] {
        let cut = damaged(format, file, &halve);
        assert!(cut.starts_with(&format!("DIR/{file}, byte ")) && cut.contains("cut off"), "{cut}");
    }
    let cut = damaged(Format::Parquet, "train-00000.parquet", &halve);
    assert!(cut.starts_with("DIR/train-00000.parquet, metadata at the end: "), "{cut}");
    let item = damaged(Format::Json, "train.json", &replace("caption 5", "caption\t5"));
    assert!(item.starts_with("DIR/train.json, byte ") && item.contains("control character"), "{item}");
    let tag = damaged(Format::Json, "train.json", &replace("union_label_id\":[5]", "union_label_id\":[6]"));
    let expected = "DIR/train.json, triplet 6, image \"5\": its tags are not those of its captions together";
    assert_eq!(tag, expected);
    let stray = damaged(Format::Coco, "captions_train.json", &replace("\"image_id\":3,", "\"image_id\":7,"));
    assert_eq!(stray, "DIR/captions_train.json, annotation 5: image 7 does not stand where it should");
    let member =
        damaged(Format::WebDataset, "train/shard-000000.tar", &replace("000000004.txt", "000000004txt!"));
    assert!(member.starts_with("DIR/train/shard-000000.tar, from byte "), "{member}");
    let version = damaged(Format::Json, "train.index.json", &replace("\"version\":1,", "\"version\":2,"));
    assert!(version.contains("in version 2, but this program reads"), "{version}");
}
