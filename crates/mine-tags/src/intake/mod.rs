//! What both jobs do with a corpus: its files are read and the books are kept.

mod inputs;
mod progress;
mod reading;
mod telling;

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::Result;
use caption_corpus::{
    CaptionBatch, ColumnChoice, Corpus, SampleBatch, SampleReader, Shard, ShardReader, Skipped,
};

pub use inputs::{Columns, InputRecord};
pub use progress::Progress;
pub use reading::{Event, FileReader, read_all};
pub use telling::{counted, number, tell_errors, tell_skipped, tell_without_rows, why_none};

use crate::interrupt::Interrupt;
use crate::run_directory::{Results, result_of};

/// How long to wait for captions before another look at whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);
/// Batches that are worked on together: enough to keep many cores busy.
const TOGETHER: usize = 8;
/// One thread reads for so many that parse.
const PARSERS_PER_READER: usize = 8;

/// The files of a corpus, but for the results of earlier runs that a folder may hold. Triplets are
/// taken if they are asked for: by an input that leads into their folder.
///
/// # Errors
/// As [`Corpus::open`].
pub fn shards(inputs: &[PathBuf], choice: &ColumnChoice) -> Result<Vec<Shard>> {
    let corpus = Corpus::open(inputs, choice)?;
    let leads_into = |folder: &Path| {
        let folder = fs::canonicalize(folder).ok();
        let places = inputs.iter().map(|input| fs::canonicalize(fixed_part(input)).ok());
        places.flatten().any(|place| folder.as_ref().is_some_and(|folder| place.starts_with(folder)))
    };
    let is_wanted = |shard: &&Shard| {
        inputs.contains(&shard.path)
            || match result_of(&shard.path) {
                None => true,
                Some((Results::Triplets, folder)) => leads_into(folder),
                Some((Results::Tags, _)) => false,
            }
    };
    Ok(corpus.shards().iter().filter(is_wanted).cloned().collect())
}

/// What a pattern begins with before its first part that is one.
fn fixed_part(pattern: &Path) -> PathBuf {
    let is_pattern = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    let fixed: PathBuf = pattern.components().take_while(|part| !is_pattern(part)).collect();
    if fixed.as_os_str().is_empty() { PathBuf::from(".") } else { fixed }
}

/// How many threads should read for so many that parse.
pub fn readers(parsers: usize) -> usize {
    (parsers / PARSERS_PER_READER).max(1)
}

/// Some of a file's captions.
pub trait Batch: Send {
    /// Rows that were read for it.
    fn rows(&self) -> u64;
    fn captions(&self) -> &CaptionBatch;
    /// Samples without a usable image.
    fn without_image(&self) -> Option<&Skipped> {
        None
    }
}

impl Batch for CaptionBatch {
    fn rows(&self) -> u64 {
        self.rows()
    }

    fn captions(&self) -> &CaptionBatch {
        self
    }
}

impl Batch for SampleBatch {
    fn rows(&self) -> u64 {
        self.rows()
    }

    fn captions(&self) -> &CaptionBatch {
        self.captions()
    }

    fn without_image(&self) -> Option<&Skipped> {
        Some(self.without_image())
    }
}

impl FileReader for ShardReader {
    type Batch = CaptionBatch;

    fn fraction(&self) -> f64 {
        self.progress()
    }

    fn columns(&self) -> Columns {
        Columns::new(self.caption_column(), self.image_column(), None)
    }
}

impl FileReader for SampleReader {
    type Batch = SampleBatch;

    fn fraction(&self) -> f64 {
        self.progress()
    }

    fn columns(&self) -> Columns {
        Columns::new(self.caption_column(), self.image_column(), self.id_column())
    }
}

/// Takes what the readers send and keeps the books.
pub struct Intake {
    pub inputs: Vec<InputRecord>,
    pub progress: Progress,
}

impl Intake {
    /// The next batches with their files; `None` at the end, or if a stop was asked for.
    pub fn take<B: Batch>(
        &mut self,
        events: &Receiver<Event<B>>,
        interrupt: &Interrupt,
    ) -> Option<Vec<(usize, B)>> {
        let mut batches = Vec::new();
        while !interrupt.is_requested() {
            match events.recv_timeout(PATIENCE) {
                Ok(event) => batches.extend(self.note(event)),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return (!batches.is_empty()).then_some(batches),
            }
            while batches.len() < TOGETHER
                && let Ok(event) = events.try_recv()
            {
                batches.extend(self.note(event));
            }
            if !batches.is_empty() {
                return Some(batches);
            }
        }
        None
    }

    /// Ends the books.
    pub fn close(mut self) -> Vec<InputRecord> {
        self.progress.finish();
        self.inputs.iter_mut().for_each(InputRecord::close);
        self.inputs
    }

    fn note<B: Batch>(&mut self, event: Event<B>) -> Option<(usize, B)> {
        match event {
            Event::Opened { file, columns } => {
                self.inputs[file].columns = columns;
                None
            }
            Event::Failed { file, problem } => {
                let input = &mut self.inputs[file];
                input.error = Some(problem);
                self.progress.advance(file, input.bytes, 0);
                None
            }
            Event::Batch { file, batch, fraction } => {
                let input = &mut self.inputs[file];
                input.add(&batch);
                let captions = batch.captions().len();
                self.progress.advance(file, (input.bytes as f64 * fraction) as u64, captions);
                Some((file, batch))
            }
        }
    }
}
