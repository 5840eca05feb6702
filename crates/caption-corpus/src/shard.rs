//! One file of captions and the reading of it.

use std::path::PathBuf;

use crate::batch::BatchBuilder;
use crate::error::{Problem, ShardError};
use crate::{CaptionBatch, ColumnChoice, Format, delimited, json, panic_guard, parquet_shard, text};

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
        let opened = if self.bytes == 0 {
            Err(Problem::Empty)
        } else {
            panic_guard::catch(|| self.open_source()).unwrap_or_else(|message| Err(broken(&message)))
        };
        let opened = opened.map_err(|problem| ShardError::new(&self.path, problem))?;
        Ok(ShardReader { path: self.path.clone(), opened, state: State::Reading })
    }

    fn open_source(&self) -> Result<Opened, Problem> {
        match self.format {
            Format::Parquet => parquet_shard::open(&self.path, &self.choice),
            Format::JsonLines | Format::Json => json::open(&self.path, self.format, &self.choice),
            Format::Csv | Format::Tsv => delimited::open(&self.path, self.format, &self.choice),
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
    pub caption_column: Option<String>,
    pub image_column: Option<String>,
}

enum State {
    Reading,
    Failed(Problem),
    Done,
}

/// Gives the captions of one file, batch by batch. After an error it ends; the batches that were
/// given before, and those rows of the broken one that could still be read, are good.
pub struct ShardReader {
    path: PathBuf,
    opened: Opened,
    state: State,
}

impl ShardReader {
    /// How much of the file has been read, from 0 to 1: by rows in Parquet, by bytes elsewhere.
    pub fn progress(&self) -> f64 {
        self.opened.source.progress()
    }

    /// The caption column's name; `None` in plain text.
    pub fn caption_column(&self) -> Option<&str> {
        self.opened.caption_column.as_deref()
    }

    /// The image column's name, if there is one.
    pub fn image_column(&self) -> Option<&str> {
        self.opened.image_column.as_deref()
    }
}

impl Iterator for ShardReader {
    type Item = Result<CaptionBatch, ShardError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let State::Reading = self.state {
            let mut batch = BatchBuilder::default();
            let filled = panic_guard::catch(|| self.opened.source.fill(&mut batch));
            self.state = match filled.unwrap_or_else(|message| Err(broken(&message))) {
                Ok(true) => State::Reading,
                Ok(false) => State::Done,
                Err(problem) => State::Failed(problem),
            };
            if let Some(batch) = batch.finish() {
                return Some(Ok(batch));
            }
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Failed(problem) => Some(Err(ShardError::new(&self.path, problem))),
            State::Reading | State::Done => None,
        }
    }
}
