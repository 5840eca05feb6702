//! Triplets to write, and ways to write and read them.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;

use proptest::prelude::*;
use tag_triplets::{
    Format, Image, Provenance, ReadOptions, Triplet, TripletError, Triplets, WriterOptions, WrittenFile,
    writer,
};
use tag_vocabulary::{Entry, Tag, TagKind, Vocabulary};

pub const TAGS: u32 = 60;

/// A vocabulary of things that a name tells apart from others, and "train" in two kinds.
pub fn vocabulary(name: &str) -> Vocabulary {
    let mut tags: Vec<Tag> =
        (0..TAGS - 2).map(|number| Tag::new(format!("{name} {number}"), TagKind::Object).unwrap()).collect();
    tags.push(Tag::new("train", TagKind::Object).unwrap());
    tags.push(Tag::new("train", TagKind::Action).unwrap());
    Vocabulary::new(tags.into_iter().map(Entry::new).collect()).unwrap()
}

pub fn provenance(vocabulary: &Vocabulary) -> Provenance {
    Provenance {
        vocabulary_hash: vocabulary.hash().to_owned(),
        vocabulary_size: TAGS,
        version: "1.2.3".to_owned(),
        model_hash: "abc".to_owned(),
        inputs: vec!["captions \"one\".parquet".to_owned()],
        options: BTreeMap::from([("seed".to_owned(), "7".to_owned())]),
    }
}

/// A triplet that keeps its promises.
pub fn triplet(id: &str, image: Image, captions: &[(&str, &[u32])]) -> Triplet {
    let tags: BTreeSet<u32> = captions.iter().flat_map(|(_, tags)| *tags).copied().collect();
    Triplet {
        image_id: id.to_owned(),
        image,
        captions: captions.iter().map(|(caption, _)| (*caption).to_owned()).collect(),
        caption_tags: captions.iter().map(|(_, tags)| tags.to_vec()).collect(),
        image_tags: tags.into_iter().collect(),
        width: None,
        height: None,
        split: None,
    }
}

/// Some triplets that differ in all that they have, without chance.
pub fn numbered(count: u32) -> Vec<Triplet> {
    (0..count)
        .map(|number| {
            let image = Image::Path(format!("folder/{number}.jpg"));
            let (caption, tag) = (format!("caption {number}"), [number % TAGS]);
            triplet(&number.to_string(), image, &[(&caption, &tag), ("a train", &[])])
        })
        .collect()
}

/// What one may meet in captions: anything but control characters of no use.
const TEXT: &str = "[ -~\t\n\r\u{e9}\u{4e2d}\u{1f436}\u{2028}\u{202e}]{0,12}";

pub fn images() -> impl Strategy<Value = Vec<Image>> {
    let paths = prop::collection::vec("[a-z0-9/ ,.\u{e9}]{1,12}".prop_map(Image::Path), 0..30);
    let urls = prop::collection::vec("https://[a-z0-9/.,?&=%]{1,12}".prop_map(Image::Url), 0..30);
    let data = prop::collection::vec(any::<u8>(), 0..600);
    let extension = prop_oneof![Just("jpg"), Just("png"), Just("webp")];
    let file = (data, extension)
        .prop_map(|(data, extension)| Image::Bytes { data, extension: extension.to_owned() });
    prop_oneof![paths, urls, prop::collection::vec(file, 0..30)]
}

/// Triplets of one split, whose images are all given in the same way.
pub fn triplets() -> impl Strategy<Value = Vec<Triplet>> {
    let caption = (TEXT, prop::collection::btree_set(0..TAGS, 0..5));
    let captions = prop::collection::vec(caption, 1..5);
    let size = || prop::option::of(0u32..=i32::MAX.cast_unsigned());
    let rest = (TEXT, captions, size(), size(), prop::option::of("[a-z]{0,3}"));
    images().prop_flat_map(move |images| {
        let count = images.len();
        (Just(images), prop::collection::vec(rest.clone(), count)).prop_map(|(images, rest)| {
            images
                .into_iter()
                .zip(rest)
                .map(|(image, (image_id, captions, width, height, split))| {
                    let (captions, tags): (Vec<_>, Vec<BTreeSet<u32>>) = captions.into_iter().unzip();
                    let image_tags = tags.iter().flatten().copied().collect::<BTreeSet<u32>>();
                    Triplet {
                        image_id,
                        image,
                        captions,
                        caption_tags: tags.into_iter().map(|tags| tags.into_iter().collect()).collect(),
                        image_tags: image_tags.into_iter().collect(),
                        width,
                        height,
                        split,
                    }
                })
                .collect()
        })
    })
}

pub fn formats() -> impl Strategy<Value = Format> {
    prop::sample::select(&Format::ALL[..])
}

pub fn limits() -> impl Strategy<Value = WriterOptions> {
    (0u64..8, 0u64..900).prop_map(|(samples, bytes)| WriterOptions {
        samples_per_shard: NonZeroU64::new(samples),
        bytes_per_shard: NonZeroU64::new(bytes),
        images: None,
    })
}

pub fn samples_per_shard(samples: u64) -> WriterOptions {
    WriterOptions { samples_per_shard: NonZeroU64::new(samples), ..WriterOptions::default() }
}

pub fn write(
    directory: &Path,
    format: Format,
    split: &str,
    options: &WriterOptions,
    triplets: &[Triplet],
) -> Result<Vec<WrittenFile>, TripletError> {
    let vocabulary = vocabulary("thing");
    let mut writer = writer(format, directory, split, options, &vocabulary, &provenance(&vocabulary))?;
    triplets.iter().try_for_each(|triplet| writer.write(triplet))?;
    writer.finish()
}

/// All triplets of a folder, or the first error.
pub fn read(directory: &Path, options: &ReadOptions) -> Result<Vec<Triplet>, TripletError> {
    let mut triplets = Vec::new();
    for batch in Triplets::open(directory)?.read(options)? {
        triplets.extend(batch?);
    }
    Ok(triplets)
}

pub fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// Every file below a folder with its bytes.
pub fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}
