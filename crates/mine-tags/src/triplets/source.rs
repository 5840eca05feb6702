//! The corpus, and how it gives its images.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Result, bail};
use caption_corpus::{ColumnChoice, ImageKind, ImageRef, SampleChoice, SampleReader, Shard};

use crate::args::TripletsArgs;
use crate::intake;

/// The files of a corpus.
pub struct Source {
    pub shards: Vec<Shard>,
    pub images: Images,
    choice: SampleChoice,
    /// What each file was like before anything was read of it.
    stamps: Vec<Option<Stamp>>,
}

/// Size and time of change.
type Stamp = (u64, SystemTime);

fn stamp(shard: &Shard) -> Option<Stamp> {
    let metadata = fs::metadata(&shard.path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// How a corpus gives its images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Images {
    Embedded,
    Paths,
    Urls,
}

impl Source {
    /// Finds the files, and looks into the first that can be read.
    ///
    /// # Errors
    /// If there are none, or none can be read.
    pub fn open(args: &TripletsArgs) -> Result<Self> {
        let captions = ColumnChoice { caption: args.columns.caption_column.clone(), image: None };
        let choice = SampleChoice {
            image_id: args.columns.image_id_column.clone(),
            image: args.columns.image_column.clone(),
            url: args.columns.url_column.clone(),
            split: args.splits.split_column.clone(),
            wants_bytes: false,
            needs_image: true,
        };
        let shards = intake::shards(&args.inputs, &captions)?;
        let stamps = shards.iter().map(stamp).collect();
        let mut problem = None;
        for shard in &shards {
            match shard.open_samples(&choice) {
                Ok(reader) => {
                    let images = Images::of(reader);
                    return Ok(Self { shards, images, choice, stamps });
                }
                Err(error) => _ = problem.get_or_insert(error),
            }
        }
        match problem {
            Some(error) if shards.len() == 1 => Err(error.into()),
            Some(error) => bail!("no file of the corpus can be read; the first: {error}"),
            None => bail!("the corpus holds no file but results of earlier runs"),
        }
    }

    /// The files and folders that a run reads.
    pub fn needed<'a>(&'a self, args: &'a TripletsArgs) -> Vec<&'a Path> {
        let shards = self.shards.iter().map(|shard| shard.path.as_path());
        shards.chain([args.vocabulary.as_path()]).chain(args.image_root.as_deref()).collect()
    }

    /// Opens a file for its captions, with the bytes of its images if they are wanted.
    ///
    /// # Errors
    /// If it cannot be read, or gives its images in another way than the first file.
    pub fn reader(&self, file: usize, wants_bytes: bool) -> Result<SampleReader, String> {
        let shard = &self.shards[file];
        let choice = SampleChoice { wants_bytes, ..self.choice.clone() };
        let reader = shard.open_samples(&choice).map_err(|error| error.problem().to_string())?;
        let is_embedded = reader.images() == ImageKind::Embedded;
        if is_embedded == (self.images == Images::Embedded) {
            return Ok(reader);
        }
        let [this, first] = if is_embedded { ["holds", "name"] } else { ["names", "hold"] };
        Err(format!("it {this} its images, but the files before it {first} theirs: make two runs of them"))
    }
}

impl Source {
    /// Whether a file is another than at the start.
    pub fn has_changed(&self, file: usize) -> bool {
        stamp(&self.shards[file]) != self.stamps[file]
    }
}

impl Images {
    fn of(mut reader: SampleReader) -> Self {
        if reader.images() == ImageKind::Embedded {
            return Self::Embedded;
        }
        let is_url = reader.find_map(|batch| {
            let batch = batch.ok()?;
            batch.iter().find_map(|sample| match sample.image {
                ImageRef::Url(_) => Some(true),
                ImageRef::Name(_) => Some(false),
                ImageRef::None | ImageRef::Bytes { .. } => None,
            })
        });
        if is_url == Some(true) { Self::Urls } else { Self::Paths }
    }
}
