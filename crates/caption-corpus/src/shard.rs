//! One file of captions and the reading of it.

use std::path::PathBuf;

use crate::batch::BatchBuilder;
use crate::columns::{ColumnNames, Wanted};
use crate::error::{Problem, ShardError};
use crate::{CaptionBatch, ColumnChoice, Format, SampleChoice};
use crate::{delimited, json, parquet_shard, text, webdataset};

/// One file of a [`Corpus`](crate::Corpus).
#[derive(Clone, Debug)]
pub struct Shard {
    /// The file.
    pub path: PathBuf,
    /// How it is read.
    pub format: Format,
    /// Its size on the disk.
    pub bytes: u64,
    pub(crate) choice: ColumnChoice,
}

impl Shard {
    /// Opens the file, finds its columns, and stands before the first caption.
    ///
    /// # Errors
    /// If the file cannot be opened, is not what its format says, or its columns cannot be told.
    pub fn open(&self) -> Result<ShardReader, ShardError> {
        Reading::open(self, None).map(|reading| ShardReader { reading })
    }

    fn open_source(&self, samples: Option<&SampleChoice>) -> Result<Opened, Problem> {
        let wanted = Wanted { columns: &self.choice, samples };
        match self.format {
            Format::Parquet => parquet_shard::open(&self.path, wanted),
            Format::JsonLines | Format::Json => json::open(&self.path, self.format, wanted),
            Format::Csv | Format::Tsv => delimited::open(&self.path, self.format, wanted),
            Format::WebDataset => webdataset::open(&self.path, wanted),
            Format::Text if samples.is_some() => Err(Problem::NoImagesInText),
            Format::Text => text::open(&self.path),
            Format::Unknown => Err(Problem::UnknownFormat),
        }
    }
}

fn broken(panic: &str) -> Problem {
    Problem::Parquet(format!("the reader gave up on it ({panic})"))
}

/// A format's way of giving captions.
pub(crate) trait Source: Send {
    /// Reads rows until the batch is full; false once nothing follows.
    fn fill(&mut self, batch: &mut BatchBuilder) -> Result<bool, Problem>;

    /// How much has been read, from 0 to 1.
    fn progress(&self) -> f64;
}

/// An opened file.
pub(crate) struct Opened {
    pub source: Box<dyn Source>,
    pub columns: ColumnNames,
}

enum State {
    Reading,
    Failed(Problem),
    Done,
}

/// The reading of one file, whatever its batches are.
pub(crate) struct Reading {
    path: PathBuf,
    opened: Opened,
    state: State,
}

impl Reading {
    /// Opens a file for its captions, or for its samples if a choice of those is given.
    pub fn open(shard: &Shard, samples: Option<&SampleChoice>) -> Result<Self, ShardError> {
        let opened = if shard.bytes == 0 {
            Err(Problem::Empty)
        } else {
            panic_guard::catch(|| shard.open_source(samples)).unwrap_or_else(|message| Err(broken(&message)))
        };
        let opened = opened.map_err(|problem| ShardError::new(&shard.path, problem))?;
        Ok(Self { path: shard.path.clone(), opened, state: State::Reading })
    }

    pub fn progress(&self) -> f64 {
        self.opened.source.progress()
    }

    pub fn columns(&self) -> &ColumnNames {
        &self.opened.columns
    }

    /// The next batch, made by the first function and closed by the second.
    pub fn next<B>(
        &mut self,
        empty: impl FnOnce() -> BatchBuilder,
        finish: impl FnOnce(BatchBuilder) -> Option<B>,
    ) -> Option<Result<B, ShardError>> {
        if let State::Reading = self.state {
            let mut batch = empty();
            let filled = panic_guard::catch(|| self.opened.source.fill(&mut batch));
            self.state = match filled.unwrap_or_else(|message| Err(broken(&message))) {
                Ok(true) => State::Reading,
                Ok(false) => State::Done,
                Err(problem) => State::Failed(problem),
            };
            if let Some(batch) = finish(batch) {
                return Some(Ok(batch));
            }
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Failed(problem) => Some(Err(ShardError::new(&self.path, problem))),
            State::Reading | State::Done => None,
        }
    }
}

/// Gives the captions of one file, batch by batch. After an error it ends; the batches that were
/// given before, and those rows of the broken one that could still be read, are good.
pub struct ShardReader {
    reading: Reading,
}

impl ShardReader {
    /// How much of the file has been read, from 0 to 1: by rows in Parquet, by bytes elsewhere.
    pub fn progress(&self) -> f64 {
        self.reading.progress()
    }

    /// The caption column's name; `None` in plain text.
    pub fn caption_column(&self) -> Option<&str> {
        self.reading.columns().caption.as_deref()
    }

    /// The image column's name, if there is one.
    pub fn image_column(&self) -> Option<&str> {
        self.reading.columns().image.as_deref()
    }
}

impl Iterator for ShardReader {
    type Item = Result<CaptionBatch, ShardError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.reading.next(BatchBuilder::default, BatchBuilder::finish)
    }
}
