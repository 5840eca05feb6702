//! Rows in the order of the corpus, for images that are embedded in it.

use std::path::Path;

use hashbrown::HashTable;
use tempfile::TempDir;

use super::drafts::{Drafts, Rows};
use super::encoding::encode;
use super::error::PlanError;
use super::file::{RowFile, RowWriter};
use super::record::{Position, Record};
use super::report::PlanReport;
use super::spill::temporary_folder;
use crate::hash::identity;
use crate::noted::Noted;

/// Puts rows of embedded images aside, in the order of the corpus and without the images' bytes.
///
/// It remembers every image by a hash of 16 bytes, which take 20 to 40 bytes of memory.
#[derive(Debug)]
pub struct StreamSpill {
    folder: TempDir,
    memory: u64,
    writer: RowWriter,
    bytes: Vec<u8>,
    seen: HashTable<u128>,
    last: Option<LastRow>,
    duplicates: Noted,
}

#[derive(Debug)]
struct LastRow {
    position: Position,
    image: u128,
    is_duplicate: bool,
    /// Of the rows of the image so far.
    bytes: u64,
}

impl StreamSpill {
    /// Begins in a new hidden folder inside `folder`. The rows of one image may take `memory` bytes.
    ///
    /// # Errors
    /// If no folder can be made there.
    pub fn create(folder: &Path, memory: u64) -> Result<Self, PlanError> {
        let folder = temporary_folder(folder)?;
        let writer = RowWriter::new(folder.path().join("rows"));
        Ok(Self {
            folder,
            memory,
            writer,
            bytes: Vec::new(),
            seen: HashTable::new(),
            last: None,
            duplicates: Noted::default(),
        })
    }

    /// Puts the next row aside, unless its image stood before others already.
    ///
    /// # Errors
    /// If the row does not follow the one before it in the corpus, if the rows of its image are
    /// too large, or if the disk is full or cannot be written.
    pub fn add(&mut self, record: &Record<'_>) -> Result<(), PlanError> {
        self.begin_row(record)?;
        let Some(last) = self.last.as_mut().filter(|last| !last.is_duplicate) else { return Ok(()) };
        self.bytes.clear();
        encode(record, &mut self.bytes);
        last.bytes += self.bytes.len() as u64;
        if last.bytes > self.memory {
            return Err(PlanError::ImageTooLarge { image_id: record.key.to_owned(), memory: self.memory });
        }
        self.writer.push(&self.bytes)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If the disk is full or cannot be written.
    pub fn finish(self) -> Result<Streamed, PlanError> {
        let file = self.writer.finish()?;
        Ok(Streamed { file, duplicates: self.duplicates, _folder: self.folder })
    }

    fn begin_row(&mut self, record: &Record<'_>) -> Result<(), PlanError> {
        let (position, image) = (record.position, identity(record.key));
        if let Some(last) = &mut self.last {
            if position <= last.position {
                return Err(PlanError::OutOfOrder { found: position, before: last.position });
            }
            last.position = position;
            if last.image == image {
                return Ok(());
            }
        }
        let is_duplicate = !self.insert(image);
        if is_duplicate {
            self.duplicates.add(Some(position), record.key, "the same image stands further above");
        }
        self.last = Some(LastRow { position, image, is_duplicate, bytes: 0 });
        Ok(())
    }

    /// Whether the image is new.
    fn insert(&mut self, image: u128) -> bool {
        // The identity is a hash already: its low half serves the table.
        let hash = |image: &u128| *image as u64;
        let is_new = self.seen.find(hash(&image), |other| *other == image).is_none();
        if is_new {
            self.seen.insert_unique(hash(&image), image, hash);
        }
        is_new
    }
}

/// All rows in the order of the corpus. Made by [`StreamSpill::finish`].
#[derive(Debug)]
pub struct Streamed {
    file: Option<RowFile>,
    duplicates: Noted,
    /// Holds the file; it is removed when this is dropped.
    _folder: TempDir,
}

impl Streamed {
    /// Goes through the images in the order of the corpus.
    ///
    /// Each draft's position is that of the row that holds its image: rows of the corpus that no
    /// draft names are of no image that is kept, or say more of one that came before.
    pub fn drafts(&self) -> Drafts<'_> {
        let report = PlanReport { duplicates: self.duplicates.clone(), ..PlanReport::default() };
        Drafts::new(Rows::Stream { file: self.file.as_ref(), reader: None }, report)
    }
}
