//! Files in the making.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::TripletError;

/// A file that knows its name and how much was written to it.
pub(super) struct OutputFile {
    path: PathBuf,
    file: BufWriter<File>,
    position: u64,
}

impl OutputFile {
    pub(super) fn create(path: PathBuf) -> Result<Self, TripletError> {
        let file = File::create(&path).map_err(TripletError::write(&path))?;
        Ok(Self { path, file: BufWriter::with_capacity(1 << 17, file), position: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes written so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), TripletError> {
        self.write_all(bytes).map_err(TripletError::write(&self.path))
    }

    /// Waits until the disk has it all; gives its size.
    pub(super) fn finish(mut self) -> Result<u64, TripletError> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        written.map_err(TripletError::write(&self.path))?;
        Ok(self.position)
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a whole file.
pub(super) fn write_file(path: PathBuf, bytes: &[u8]) -> Result<u64, TripletError> {
    let mut file = OutputFile::create(path)?;
    file.put(bytes)?;
    file.finish()
}

/// Makes a folder and those above it.
pub(super) fn create_folder(path: &Path) -> Result<(), TripletError> {
    fs::create_dir_all(path).map_err(TripletError::write(path))
}

/// Waits until the disk has the names of a folder's files.
pub(super) fn sync_folder(path: &Path) -> Result<(), TripletError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(TripletError::write(path))
}
