//! The formats that triplets are written in.
//!
//! Every format is laid out in shards, and a shard in parts: runs of some thousand triplets, of
//! bounded size, that can be read on their own. Parts are what worker threads share and what a
//! reader's order is made of. Parquet's parts are its row groups; of the other formats,
//! `<split>.index.json` says where they are.

pub(crate) mod check;
pub(crate) mod coco;
mod evaluation;
pub(crate) mod image_files;
pub(crate) mod index;
pub(crate) mod json;
mod json_list;
mod output;
pub(crate) mod parquet;
mod split_writer;
pub(crate) mod webdataset;

use std::fmt;
use std::num::NonZeroU64;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tag_vocabulary::Vocabulary;
use thiserror::Error;

use crate::splits::{SplitError, is_split_name};
use crate::{Provenance, Triplet, TripletError};
pub use check::ImageKind;
use coco::CocoShard;
use json::JsonWriter;
use parquet::ParquetShard;
use split_writer::{Split, SplitWriter};
use webdataset::TarShard;

/// How triplets are laid out in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `train-00000.parquet`: a row an image, in columns `image_id`, one of `image_path`, `image`
    /// (the struct {bytes, path} that Hugging Face's `datasets` shows as images) and `url`, then
    /// `captions`, `caption_tags`, `image_tags`, `width`, `height` and `split`.
    Parquet,
    /// `train.json`, the list that recognize-anything trains from, with the keys `image_path`,
    /// `caption`, `parse_label_id` and `union_label_id`, and others that it does not look at.
    /// Beside it stand the files of its evaluation, `train_taglist.txt`, `train_annots.txt`,
    /// `train_tagidlist.txt` and `train_idannots.txt`, and `images/` if the images are files.
    Json,
    /// `train/shard-000000.tar`: members `train-000000000.jpg` (if the image is a file), `.txt` with
    /// the first caption alone, as trainers expect it, and `.json` with the whole triplet.
    WebDataset,
    /// `captions_train.json`: COCO's captions, with the tags of each in the extra field `tags`.
    Coco,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 4] = [Format::Parquet, Format::Json, Format::WebDataset, Format::Coco];

    /// Its name on the command line: `parquet`, `json`, `webdataset` or `coco`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Json => "json",
            Format::WebDataset => "webdataset",
            Format::Coco => "coco",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is no format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown format {0:?}: expected parquet, json, webdataset or coco")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .into_iter()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// How much goes into a file. Whichever limit is met first ends it; without any, a split is one
/// file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterOptions {
    /// Triplets in a file, at most.
    pub samples_per_shard: Option<NonZeroU64>,
    /// Bytes of images and text in a file, before they are packed. A file has one triplet at
    /// least, however large.
    pub bytes_per_shard: Option<NonZeroU64>,
    /// How images are given. The first of a split says it; this is for a split without any, whose
    /// file is then like those of others. By their paths, if nothing is said.
    pub images: Option<ImageKind>,
}

impl WriterOptions {
    /// What people expect of a format: Parquet in files of some 500 MB, WebDataset in shards of
    /// 10,000 images or 1 GB, the two in JSON in one file a split.
    pub fn usual(format: Format) -> Self {
        let (samples, bytes) = match format {
            Format::Parquet => (1_000_000, 500_000_000),
            Format::WebDataset => (10_000, 1_000_000_000),
            Format::Json | Format::Coco => (0, 0),
        };
        Self {
            samples_per_shard: NonZeroU64::new(samples),
            bytes_per_shard: NonZeroU64::new(bytes),
            images: None,
        }
    }
}

/// A file that a writer has finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WrittenFile {
    /// Where it is below the writer's folder, with `/` between the parts.
    pub path: String,
    /// Triplets in it, or lines of an evaluation file.
    pub samples: u64,
    /// Its size.
    pub bytes: u64,
    /// Images that the file has no way to name: it is a list of images without them.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Writes the triplets of one split.
///
/// Files are only whole once [`finish`](Self::finish) has returned: write into a folder that
/// nobody reads yet, and rename it then.
pub trait TripletWriter: Send {
    /// Writes a triplet after those before it.
    ///
    /// # Errors
    /// If a file cannot be written. [`TripletError::InvalidTriplet`] and
    /// [`TripletError::MixedImages`] if the triplet itself is at fault: then nothing of it was
    /// written, and others may follow.
    fn write(&mut self, triplet: &Triplet) -> Result<(), TripletError>;

    /// Writes what is still to be written, so that every file has reached the disk, and gives the
    /// files in the order they were begun; not among them are images written as files.
    ///
    /// # Errors
    /// If a file cannot be written.
    fn finish(self: Box<Self>) -> Result<Vec<WrittenFile>, TripletError>;
}

/// Starts to write a split into a folder, which is made if need be. Several splits may be written
/// to one folder, in one format.
///
/// The same triplets give the same bytes. A split without triplets is a file without any.
///
/// ```
/// use std::collections::BTreeMap;
/// use tag_triplets::{Format, Image, Provenance, ReadOptions, Triplet, Triplets, WriterOptions, writer};
/// use tag_vocabulary::{Entry, Tag, TagKind, Vocabulary};
///
/// let vocabulary = Vocabulary::new(vec![Entry::new(Tag::new("dog", TagKind::Object)?)])?;
/// let provenance = Provenance {
///     vocabulary_hash: vocabulary.hash().to_owned(),
///     vocabulary_size: 1,
///     version: "0.1.0".to_owned(),
///     model_hash: String::new(),
///     inputs: vec!["captions.parquet".to_owned()],
///     options: BTreeMap::new(),
/// };
/// let dog = Triplet {
///     image_id: "1".to_owned(),
///     image: Image::Path("dogs/1.jpg".to_owned()),
///     captions: vec!["a dog".to_owned()],
///     caption_tags: vec![vec![0]],
///     image_tags: vec![0],
///     width: None,
///     height: None,
///     split: None,
/// };
/// let folder = tempfile::tempdir()?;
/// let options = WriterOptions::usual(Format::Parquet);
/// let mut writer = writer(Format::Parquet, folder.path(), "train", &options, &vocabulary, &provenance)?;
/// writer.write(&dog)?;
/// writer.finish()?;
///
/// let triplets = Triplets::open(folder.path())?;
/// triplets.check_vocabulary(&vocabulary)?;
/// let shuffled = ReadOptions { seed: Some(7), ..ReadOptions::default() };
/// for batch in triplets.read(&shuffled)? {
///     assert_eq!(batch?, [dog.clone()]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the split's name cannot be part of a file's, if `provenance` names another vocabulary, if a
/// tag's name has no place in the format, or if nothing can be written there.
pub fn writer(
    format: Format,
    directory: &Path,
    split: &str,
    options: &WriterOptions,
    vocabulary: &Vocabulary,
    provenance: &Provenance,
) -> Result<Box<dyn TripletWriter>, TripletError> {
    if !is_split_name(split) {
        return Err(SplitError::UnsafeName { name: split.to_owned() }.into());
    }
    vocabulary.check_hash(&provenance.vocabulary_hash, "the triplets' provenance")?;
    // The hashes being the same, so is the size, whatever the provenance says.
    let vocabulary_size = u32::try_from(vocabulary.len()).unwrap_or(u32::MAX);
    std::fs::create_dir_all(directory).map_err(TripletError::write(directory))?;
    let split = Split {
        directory: directory.to_owned(),
        name: split.to_owned(),
        options: *options,
        provenance: Provenance { vocabulary_size, ..provenance.clone() },
    };
    Ok(match format {
        Format::Parquet => Box::new(SplitWriter::<ParquetShard>::new(split)),
        Format::Json => Box::new(JsonWriter::new(split, vocabulary)?),
        Format::WebDataset => Box::new(SplitWriter::<TarShard>::new(split)),
        Format::Coco => Box::new(SplitWriter::<CocoShard>::new(split)),
    })
}
