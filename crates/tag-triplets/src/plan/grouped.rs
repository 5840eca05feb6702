//! Rows, image by image.

use std::cmp::Ordering;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::drafts::{Drafts, Rows};
use super::encoding::header;
use super::error::PlanError;
use super::file::RowFile;
use super::record::Position;
use super::report::PlanReport;
use crate::hash::{Purpose, hash};

/// All rows, ready to be grouped by image. Made by [`Spill::finish`](super::Spill::finish).
#[derive(Debug)]
pub struct Grouped {
    files: Vec<RowFile>,
    /// Holds the files; it is removed when this is dropped.
    _folder: TempDir,
}

impl Grouped {
    pub(super) fn new(folder: TempDir, files: Vec<RowFile>) -> Self {
        Self { files, _folder: folder }
    }

    /// Goes through the images in the order of their hash, then of their name.
    ///
    /// One file's rows are in memory at a time.
    pub fn drafts(&self) -> Drafts<'_> {
        let rows = Rows::Sorted { files: self.files.iter(), current: SortedRows::default() };
        Drafts::new(rows, PlanReport::default())
    }
}

/// Bytes of memory that a file's rows take when they are sorted.
pub(super) fn memory_of(file: &RowFile) -> u64 {
    file.bytes() + file.rows() * size_of::<Entry>() as u64
}

/// One file's rows in memory, sorted by image and position.
#[derive(Debug, Default)]
pub(super) struct SortedRows {
    path: PathBuf,
    bytes: Vec<u8>,
    rows: std::vec::IntoIter<Entry>,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    position: Position,
    key: Range<usize>,
    row: Range<usize>,
}

impl SortedRows {
    pub fn load(file: &RowFile) -> Result<Self, PlanError> {
        let mut bytes: Vec<u8> = Vec::with_capacity(file.bytes() as usize);
        let mut rows = Vec::with_capacity(file.rows() as usize);
        let mut reader = file.read()?;
        while let Some(row) = reader.next()? {
            let Some(header) = header(row) else { return Err(reader.damaged()) };
            let start = bytes.len();
            let key_start = start + (header.key.as_ptr() as usize - row.as_ptr() as usize);
            rows.push(Entry {
                hash: hash(header.key, Purpose::Order),
                position: header.position,
                key: key_start..key_start + header.key.len(),
                row: start..start + row.len(),
            });
            bytes.extend_from_slice(row);
        }
        rows.sort_unstable_by(|a, b| compare(a, b, &bytes));
        Ok(Self { path: file.path().to_owned(), bytes, rows: rows.into_iter() })
    }

    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// The next row, and the file that it stands in.
    pub fn next(&mut self) -> Option<(&[u8], &Path)> {
        self.rows.next().map(|entry| (&self.bytes[entry.row], self.path.as_path()))
    }
}

/// The rows' own bytes decide last, so that even rows of one position have one order.
fn compare(a: &Entry, b: &Entry, bytes: &[u8]) -> Ordering {
    let keys = || bytes[a.key.clone()].cmp(&bytes[b.key.clone()]);
    let rows = || bytes[a.row.clone()].cmp(&bytes[b.row.clone()]);
    a.hash.cmp(&b.hash).then_with(keys).then(a.position.cmp(&b.position)).then_with(rows)
}
