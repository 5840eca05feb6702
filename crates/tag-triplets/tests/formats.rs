//! Whatever is written in any format is read back equal, and stands where others look for it.

mod support;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{
    formats, limits, numbered, provenance, read, samples_per_shard, tree, triplet, vocabulary, write,
};
use tag_triplets::{
    Format, Image, ReadOptions, Triplet, TripletError, Triplets, WriterOptions, WrittenFile, writer,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_is_written_is_read_back(format in formats(), limits in limits(), triplets in support::triplets()) {
        let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let files = write(first.path(), format, "train", &limits, &triplets).unwrap();
        prop_assert_eq!(&read(first.path(), &ReadOptions::default()).unwrap(), &triplets);

        let opened = Triplets::open(first.path()).unwrap();
        prop_assert_eq!(opened.provenance(), &provenance(&vocabulary("thing")));
        prop_assert_eq!((opened.format(), opened.splits()), (format, vec!["train"]));
        prop_assert_eq!(opened.len(Some("train")), triplets.len() as u64);

        // The same bytes whenever they are written, and no file that is not accounted for.
        write(second.path(), format, "train", &limits, &triplets).unwrap();
        let mut written = tree(first.path());
        prop_assert_eq!(&written, &tree(second.path()));
        for WrittenFile { path, bytes, .. } in files {
            prop_assert_eq!(written.remove(&path).map(|data| data.len() as u64), Some(bytes));
        }
        prop_assert!(written.keys().all(|path| path.starts_with("images/train/00000/")), "{:?}", written.keys());
    }
}

/// Parts end within a file too: each is found again.
#[test]
fn long_files_are_read_back_part_by_part() {
    let triplets = numbered(9000);
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), format, "train", &WriterOptions::default(), &triplets).unwrap();
        assert_eq!(read(folder.path(), &ReadOptions::default()).unwrap(), triplets, "{format}");
    }
}

#[test]
fn shards_end_where_their_limits_say() {
    let bytes = |size: usize| Image::Bytes { data: vec![0; size], extension: "png".to_owned() };
    let triplets: Vec<Triplet> =
        [400, 400, 3000, 1, 1].map(|size| triplet("i", bytes(size), &[("c", &[])])).into();
    let samples = |options: &WriterOptions| -> Vec<u64> {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), Format::WebDataset, "train", options, &triplets).unwrap();
        let is_tar = |file: &&WrittenFile| file.path.ends_with(".tar");
        files.iter().filter(is_tar).map(|file| file.samples).collect()
    };
    assert_eq!(samples(&WriterOptions::default()), [5]);
    assert_eq!(samples(&samples_per_shard(2)), [2, 2, 1]);
    let by_bytes = WriterOptions { bytes_per_shard: 1000.try_into().ok(), ..WriterOptions::default() };
    assert_eq!(samples(&by_bytes), [2, 1, 2]);
}

/// An image in a split of its own, whatever the format.
fn dog_and_train(image: Image) -> Triplet {
    let mut dog = triplet("dog,1", image, &[("a dog\nand a train", &[3, 58]), ("a train trains", &[58, 59])]);
    (dog.width, dog.split) = (Some(640), Some("train".to_owned()));
    dog
}

fn json_of(folder: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}

#[test]
fn json_is_what_recognize_anything_reads() {
    let folder = tempfile::tempdir().unwrap();
    let images = ["a/b.jpg", "c.png", "with,comma.jpg"].map(|path| Image::Path(path.to_owned()));
    let mut triplets: Vec<Triplet> = images.map(dog_and_train).into();
    triplets[1] = triplet("nothing", triplets[1].image.clone(), &[("?", &[])]);
    write(folder.path(), Format::Json, "test", &WriterOptions::default(), &triplets).unwrap();

    let list = json_of(folder.path(), "test.json");
    let first = json!({
        "image_path": "a/b.jpg",
        "caption": ["a dog\nand a train", "a train trains"],
        "parse_label_id": [[3, 58], [58, 59]],
        "union_label_id": [3, 58, 59],
        "image_id": "dog,1",
        "width": 640,
        "split": "train",
    });
    assert_eq!((&list[0], list.as_array().unwrap().len()), (&first, 3));
    assert_eq!(list[1]["union_label_id"], json!([]));

    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let names = text("test_taglist.txt");
    let names: Vec<&str> = names.split('\n').collect();
    assert_eq!((names.len(), names[58], names[59]), (60, "train", "train"));
    assert!(text("test_tagidlist.txt").starts_with("0\n1\n") && text("test_tagidlist.txt").ends_with("\n59"));
    // Commas part tags, and the evaluation adds ".jpg" itself.
    assert_eq!(text("test_annots.txt"), format!("a/b,{},train,train\nc.png\n", names[3]));
    assert_eq!(text("test_idannots.txt"), "a/b,3,58,59\nc.png\n");
}

#[test]
fn coco_has_images_and_annotations() {
    let folder = tempfile::tempdir().unwrap();
    let triplets = ["a.jpg", "b.jpg"].map(|path| dog_and_train(Image::Path(path.to_owned())));
    write(folder.path(), Format::Coco, "train", &WriterOptions::default(), &triplets).unwrap();
    let coco = json_of(folder.path(), "captions_train.json");
    let image = json!({"id": 2, "file_name": "b.jpg", "width": 640, "name": "dog,1", "split": "train"});
    assert_eq!(coco["images"][1], image);
    let annotation = json!({"id": 4, "image_id": 2, "caption": "a train trains", "tags": [58, 59]});
    assert_eq!(coco["annotations"][3], annotation);
    assert_eq!(coco["info"]["provenance"]["vocabulary_hash"], vocabulary("thing").hash());
}

#[test]
fn tars_have_three_members_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::Bytes { data: b"\x89PNG".to_vec(), extension: "png".to_owned() };
    write(
        folder.path(),
        Format::WebDataset,
        "val",
        &samples_per_shard(1),
        &[dog_and_train(image.clone()), dog_and_train(image)],
    )
    .unwrap();
    let tar = fs::read(folder.path().join("val/shard-000001.tar")).unwrap();
    let mut archive = tar::Archive::new(tar.as_slice());
    let members: Vec<(String, u32, u64)> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.path().unwrap().to_string_lossy().into_owned();
            (name, entry.header().mode().unwrap(), entry.header().mtime().unwrap())
        })
        .collect();
    let expected = ["mine-tags-provenance", "val-000000001.png", "val-000000001.txt", "val-000000001.json"];
    assert_eq!(members, expected.map(|name| (name.to_owned(), 0o644, 0)));
}

#[test]
fn triplets_at_fault_are_refused_and_others_follow() {
    let good = triplet("good", Image::Path("a.jpg".to_owned()), &[("a dog", &[1, 3])]);
    let with = |change: &dyn Fn(&mut Triplet)| {
        let mut bad = Triplet { image_id: "bad one".to_owned(), ..good.clone() };
        change(&mut bad);
        bad
    };
    let file = |extension: &str| Image::Bytes { data: vec![], extension: extension.to_owned() };
    let faults: [(Triplet, &str); 9] = [
        (with(&|bad| bad.captions.clear()), "no caption"),
        (with(&|bad| bad.captions.push("more".to_owned())), "2 captions but tags for 1"),
        (with(&|bad| bad.caption_tags[0] = vec![3, 1]), "not sorted"),
        (with(&|bad| bad.caption_tags[0] = vec![60]), "tag 60"),
        (with(&|bad| bad.image_tags = vec![1]), "not those of its captions"),
        (with(&|bad| bad.width = Some(u32::MAX)), "width of 4294967295"),
        (with(&|bad| bad.image = file("json")), "\"json\" is no ending"),
        (with(&|bad| bad.image = file("a/b")), "\"a/b\" is no ending"),
        (with(&|bad| bad.image = file("jpg")), "is given as a file"),
    ];
    let vocabulary = vocabulary("thing");
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let options = WriterOptions::default();
        let mut writer =
            writer(format, folder.path(), "train", &options, &vocabulary, &provenance(&vocabulary)).unwrap();
        writer.write(&good).unwrap();
        for (bad, reason) in &faults {
            let error = writer.write(bad).unwrap_err().to_string();
            assert!(error.contains("bad one") && error.contains(reason), "{error}");
        }
        writer.write(&good).unwrap();
        writer.finish().unwrap();
        assert_eq!(read(folder.path(), &ReadOptions::default()).unwrap(), [good.clone(), good.clone()]);
    }
}

#[test]
fn what_cannot_be_written_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "a/b", "..", "-x", "tr.ain", "tr\u{e4}in"] {
        let error = write(folder.path(), Format::Json, name, &WriterOptions::default(), &[]).unwrap_err();
        assert!(matches!(error, TripletError::Split(_)), "{name}: {error}");
    }
    let (ours, other) = (vocabulary("thing"), vocabulary("other"));
    let options = WriterOptions::default();
    let refused = writer(Format::Json, folder.path(), "train", &options, &ours, &provenance(&other));
    let error = refused.err().unwrap().to_string();
    assert!(error.contains(ours.hash()) && error.contains(other.hash()), "{error}");
    let refused = writer(
        Format::Json,
        folder.path(),
        "train",
        &options,
        &vocabulary("this, that"),
        &provenance(&vocabulary("this, that")),
    );
    assert!(refused.err().unwrap().to_string().contains("\"this, that 0\" has a comma"));
    assert_eq!(tree(folder.path()).len(), 0);
}

/// A device that takes nothing stands where a file should.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let files = ["train-00000.parquet", "train.json", "train/shard-000000.tar", "captions_train.json"];
    for (format, file) in Format::ALL.into_iter().zip(files) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let error =
            write(folder.path(), format, "train", &WriterOptions::default(), &numbered(5000)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(&*path.to_string_lossy()) && message.contains("No space left"), "{message}");
    }
}
