//! Rows go to files by the hash of their image.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::encoding::encode;
use super::error::PlanError;
use super::file::RowWriter;
use super::grouped::Grouped;
use super::record::Record;
use super::resplit::{PARTITIONS, partition_at, split_large};
use crate::hash::{Purpose, hash};

/// Puts rows of images that are named by path or address aside, to be grouped later.
///
/// It holds buffers of 4 MiB, and a file in a temporary folder for each of 64 ranges of the hash.
/// The temporary folder goes when this, or what [`finish`](Self::finish) gives, is dropped.
#[derive(Debug)]
pub struct Spill {
    folder: TempDir,
    memory: u64,
    partitions: Vec<Mutex<RowWriter>>,
}

impl Spill {
    /// Begins in a new hidden folder inside `folder`. The rows of each range of hashes that is
    /// grouped at once take up to `memory` bytes: [`DEFAULT_MEMORY`](super::DEFAULT_MEMORY) is a
    /// good value.
    ///
    /// # Errors
    /// If no folder can be made there.
    pub fn create(folder: &Path, memory: u64) -> Result<Self, PlanError> {
        let folder = temporary_folder(folder)?;
        let partitions = (0..PARTITIONS)
            .map(|number| Mutex::new(RowWriter::new(partition_path(&folder, number))))
            .collect();
        Ok(Self { folder, memory, partitions })
    }

    /// Puts a batch of rows aside. Many threads may do so at once, in any order.
    ///
    /// # Errors
    /// If the disk is full or cannot be written. What was put aside before is then of no use.
    pub fn add<'a>(&self, records: impl IntoIterator<Item = Record<'a>>) -> Result<(), PlanError> {
        let mut bytes = Vec::new();
        for record in records {
            bytes.clear();
            encode(&record, &mut bytes);
            let number = partition_at(hash(record.key, Purpose::Order), 0);
            let mut partition = self.partitions[number].lock().unwrap_or_else(PoisonError::into_inner);
            partition.push(&bytes)?;
        }
        Ok(())
    }

    /// Ends the files and splits those that are too large again, so that each fits into memory.
    ///
    /// # Errors
    /// If the disk is full or cannot be written, or if the rows of a single image do not fit.
    pub fn finish(self) -> Result<Grouped, PlanError> {
        let Self { folder, memory, partitions } = self;
        let mut files = Vec::new();
        for partition in partitions {
            let partition = partition.into_inner().unwrap_or_else(PoisonError::into_inner);
            if let Some(file) = partition.finish()? {
                split_large(file, memory, 0, &mut files)?;
            }
        }
        Ok(Grouped::new(folder, files))
    }
}

/// A new hidden folder.
pub(super) fn temporary_folder(folder: &Path) -> Result<TempDir, PlanError> {
    tempfile::Builder::new()
        .prefix(".captions-")
        .tempdir_in(folder)
        .map_err(|error| PlanError::io(folder, error))
}

fn partition_path(folder: &TempDir, number: usize) -> PathBuf {
    folder.path().join(format!("rows-{number:02}"))
}
