//! The files of each split.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use tag_triplets::splits::SplitError;
use tag_triplets::{Triplet, TripletError, TripletWriter, WrittenFile, writer};

use crate::triplets::Run;
use crate::triplets::job::Job;

/// Splits that a column may name. Each has files that are open at once.
const MOST_SPLITS: usize = 64;

/// Writes each triplet to the files of its split.
pub struct SplitFiles<'j> {
    job: &'j Job,
    run: &'j Run,
    writers: BTreeMap<String, Box<dyn TripletWriter>>,
}

impl<'j> SplitFiles<'j> {
    /// Begins with the splits that are known: they have files even if no image is theirs.
    pub fn new(job: &'j Job, run: &'j Run) -> Result<Self> {
        let mut files = Self { job, run, writers: BTreeMap::new() };
        for split in job.splits.names() {
            let writer = files.open(split)?;
            files.writers.insert(split.clone(), writer);
        }
        Ok(files)
    }

    /// # Errors
    /// A [`TripletError`], or that there are too many splits.
    pub fn write(&mut self, triplet: &Triplet) -> Result<()> {
        let split = triplet.split.as_deref().unwrap_or_default();
        if let Some(writer) = self.writers.get_mut(split) {
            return Ok(writer.write(triplet)?);
        }
        if let Some(twin) = self.writers.keys().find(|known| known.eq_ignore_ascii_case(split)) {
            // On some disks their files would be the same.
            let name = format!("{twin}\" and \"{split}");
            return Err(TripletError::from(SplitError::Repeated { name }).into());
        }
        if self.writers.len() == MOST_SPLITS {
            bail!(
                "the split column names more than {MOST_SPLITS} splits, {split:?} the last of them: is this the right column?"
            );
        }
        let mut writer = self.open(split)?;
        writer.write(triplet)?;
        self.writers.insert(split.to_owned(), writer);
        Ok(())
    }

    pub fn finish(self) -> Result<Vec<WrittenFile>> {
        let mut files = Vec::new();
        for writer in self.writers.into_values() {
            files.extend(writer.finish()?);
        }
        Ok(files)
    }

    fn open(&self, split: &str) -> Result<Box<dyn TripletWriter>, TripletError> {
        let Job { format, shards, vocabulary, provenance, .. } = self.job;
        writer(*format, self.run.directory.path(), split, shards, vocabulary, provenance)
    }
}
