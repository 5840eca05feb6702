//! Reading triplets back, in any order that training wants them.

mod batches;
mod coco;
mod folder;
mod index;
mod items;
mod json;
mod parquet;
mod source;
mod webdataset;
mod window;
mod workers;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tag_vocabulary::Vocabulary;

use crate::{Format, Provenance, TripletError};
pub use batches::Batches;
use source::SourceFile;

/// A folder of triplets, in any format that [`writer`](crate::writer) writes.
#[derive(Debug)]
pub struct Triplets {
    directory: PathBuf,
    /// At least one; sorted by split, then by path.
    files: Vec<Arc<SourceFile>>,
}

/// In which order triplets are read, and how.
///
/// The order depends on `split`, `seed` and `buffer` alone.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The split to read; all of them if none is named.
    pub split: Option<String>,
    /// Shuffles by this seed; without one, triplets come as they are stored. Take another one for
    /// each epoch.
    pub seed: Option<u64>,
    /// How many triplets are shuffled among each other at a time, and held in memory for it.
    /// Besides, parts of the files (runs of at most 4,096 triplets) are read in shuffled order.
    pub buffer: NonZeroUsize,
    /// Triplets in a batch. The last batch may have fewer.
    pub batch: NonZeroUsize,
    /// Threads that read and decode. Each holds up to three parts of the files in memory, of 16
    /// MiB or one triplet.
    pub workers: NonZeroUsize,
    /// How many triplets of this order to pass over: [`Batches::position`] of the reader to go on
    /// from.
    pub start_at: u64,
}

impl Default for ReadOptions {
    /// All splits as they are stored, from the start, in batches of 64, by one thread.
    fn default() -> Self {
        let [buffer, batch] =
            [10_000, 64].map(|number| NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN));
        Self { split: None, seed: None, buffer, batch, workers: NonZeroUsize::MIN, start_at: 0 }
    }
}

impl Triplets {
    /// Opens a folder, and checks that all its files are there and belong together.
    ///
    /// # Errors
    /// If it has no triplets, if they are in several formats or made with several vocabularies, or
    /// if a file is missing, cut off, or not by this program.
    pub fn open(directory: &Path) -> Result<Self, TripletError> {
        Ok(Self { directory: directory.to_owned(), files: folder::find(directory)? })
    }

    /// Where the triplets come from: what the first file says.
    pub fn provenance(&self) -> &Provenance {
        &self.files[0].provenance
    }

    /// The format of the files.
    pub fn format(&self) -> Format {
        self.files[0].format
    }

    /// The names of the splits, sorted.
    pub fn splits(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.files.iter().map(|file| file.split.as_str()).collect();
        names.into_iter().collect()
    }

    /// Number of triplets in a split, or in all of them; 0 if there is no such split.
    pub fn len(&self, split: Option<&str>) -> u64 {
        self.files_of(split).fold(0, |sum, file| sum.saturating_add(file.samples()))
    }

    /// Whether there are no triplets in any split.
    pub fn is_empty(&self) -> bool {
        self.len(None) == 0
    }

    /// Checks that the triplets' tag ids are those of a vocabulary.
    ///
    /// # Errors
    /// [`TripletError::Vocabulary`], which names both hashes, if they were made with another one.
    pub fn check_vocabulary(&self, vocabulary: &Vocabulary) -> Result<(), TripletError> {
        let found = &self.provenance().vocabulary_hash;
        Ok(vocabulary.check_hash(found, &self.directory.display().to_string())?)
    }

    /// Reads triplets in batches.
    ///
    /// # Errors
    /// If there is no such split, or no thread can be started. Errors of the files are given by
    /// the iterator, when their turn has come.
    pub fn read(&self, options: &ReadOptions) -> Result<Batches, TripletError> {
        let split = options.split.as_deref();
        let files: Vec<_> = self.files_of(split).cloned().collect();
        if let Some(split) = split
            && files.is_empty()
        {
            return Err(TripletError::NoSuchSplit {
                path: self.directory.clone(),
                split: split.to_owned(),
                known: self.splits().into_iter().map(str::to_owned).collect(),
            });
        }
        let started = Batches::start(files, options);
        started.map_err(|source| TripletError::Read { path: self.directory.clone(), source })
    }

    fn files_of(&self, split: Option<&str>) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.files.iter().filter(move |file| split.is_none_or(|split| split == file.split))
    }
}
