//! A temporary file of rows: each its length in four bytes, then its bytes.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::error::PlanError;

const BUFFER: usize = 64 << 10;

/// A file in the making. It appears with its first row.
#[derive(Debug)]
pub(super) struct RowWriter {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    rows: u64,
    bytes: u64,
}

impl RowWriter {
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None, rows: 0, bytes: 0 }
    }

    pub fn push(&mut self, row: &[u8]) -> Result<(), PlanError> {
        self.write(row).map_err(|error| PlanError::io(folder_of(&self.path), error))
    }

    /// The file, if it has any row.
    pub fn finish(self) -> Result<Option<RowFile>, PlanError> {
        let Self { path, file, rows, bytes } = self;
        let Some(mut file) = file else { return Ok(None) };
        file.flush().map_err(|error| PlanError::io(folder_of(&path), error))?;
        Ok(Some(RowFile { path, rows, bytes }))
    }

    fn write(&mut self, row: &[u8]) -> io::Result<()> {
        let length = u32::try_from(row.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a row has over 4 GiB of captions"))?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BufWriter::with_capacity(BUFFER, File::create_new(&self.path)?)),
        };
        file.write_all(&length.to_le_bytes())?;
        file.write_all(row)?;
        self.rows += 1;
        self.bytes += row.len() as u64;
        Ok(())
    }
}

/// A complete file.
#[derive(Debug)]
pub(super) struct RowFile {
    path: PathBuf,
    rows: u64,
    bytes: u64,
}

impl RowFile {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of all rows, without their lengths.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn read(&self) -> Result<RowReader, PlanError> {
        let file = File::open(&self.path).map_err(|error| PlanError::io(folder_of(&self.path), error))?;
        Ok(RowReader {
            path: self.path.clone(),
            file: BufReader::with_capacity(BUFFER, file),
            rows: self.rows,
            bytes: self.bytes,
            row: Vec::new(),
        })
    }

    pub fn remove(self) -> Result<(), PlanError> {
        fs::remove_file(&self.path).map_err(|error| PlanError::io(folder_of(&self.path), error))
    }
}

/// Reads a file's rows, and checks that they are as many as were written.
#[derive(Debug)]
pub(super) struct RowReader {
    path: PathBuf,
    file: BufReader<File>,
    /// Rows and bytes that are still to come.
    rows: u64,
    bytes: u64,
    row: Vec<u8>,
}

impl RowReader {
    /// The next row.
    pub fn next(&mut self) -> Result<Option<&[u8]>, PlanError> {
        if self.rows == 0 {
            return if self.bytes == 0 { Ok(None) } else { Err(self.damaged()) };
        }
        let mut length = [0; 4];
        self.fill(&mut length)?;
        let length = u32::from_le_bytes(length);
        let Some(left) = self.bytes.checked_sub(length.into()) else { return Err(self.damaged()) };
        self.bytes = left;
        self.rows -= 1;
        let mut row = std::mem::take(&mut self.row);
        row.resize(length as usize, 0);
        self.fill(&mut row)?;
        self.row = row;
        Ok(Some(&self.row))
    }

    pub fn damaged(&self) -> PlanError {
        PlanError::Damaged { path: self.path.clone() }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), PlanError> {
        self.file.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged(),
            _ => PlanError::io(folder_of(&self.path), error),
        })
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path) -> RowFile {
        let mut writer = RowWriter::new(folder.join("rows"));
        [&b"one"[..], b"", b"three"].into_iter().for_each(|row| writer.push(row).unwrap());
        writer.finish().unwrap().unwrap()
    }

    fn read_all(file: &RowFile) -> Result<Vec<Vec<u8>>, PlanError> {
        let mut reader = file.read()?;
        let mut rows = Vec::new();
        while let Some(row) = reader.next()? {
            rows.push(row.to_owned());
        }
        Ok(rows)
    }

    #[test]
    fn a_file_that_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path());
        assert_eq!(read_all(&file).unwrap(), [&b"one"[..], b"", b"three"]);

        let bytes = fs::read(file.path()).unwrap();
        for cut in 0..bytes.len() {
            fs::write(file.path(), &bytes[..cut]).unwrap();
            let error = read_all(&file).unwrap_err();
            assert!(matches!(&error, PlanError::Damaged { path } if path == file.path()), "{cut}: {error}");
        }
        for place in 0..4 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            fs::write(file.path(), &damaged).unwrap();
            assert!(matches!(read_all(&file), Err(PlanError::Damaged { .. })), "{place}");
        }
    }

    /// The device gives the error of a full disk to whoever writes to it.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named_by_its_folder() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let file = Some(BufWriter::with_capacity(8, full));
        let mut writer = RowWriter { path: "/captions/here/rows".into(), file, rows: 0, bytes: 0 };
        let error = writer.push(b"more than the buffer holds").unwrap_err();
        assert!(matches!(error, PlanError::DiskFull { .. }), "{error:?}");
        assert!(error.to_string().contains("/captions/here;"), "{error}");
        let error = writer.finish().unwrap_err();
        assert!(matches!(error, PlanError::DiskFull { .. }), "{error:?}");
    }
}
