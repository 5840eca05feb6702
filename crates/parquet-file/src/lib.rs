//! A Parquet file for the Parquet library, which a damaged one neither holds up nor overthrows.
#![warn(missing_docs)]

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// A file that the Parquet library reads, in place of a bare [`File`].
///
/// The library takes the end of a bare file for zeros that it has skipped: where a damaged page
/// claims billions of them, it skips on almost for ever. Here that is an error. And it sets aside
/// as much memory as a damaged page claims to need, which here is never more than the file has.
#[derive(Debug)]
pub struct ParquetFile {
    file: File,
    bytes: u64,
}

impl ParquetFile {
    /// Takes an open file.
    ///
    /// # Errors
    /// If the system does not tell its size.
    pub fn new(file: File) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }

    fn at(&self, start: u64) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(file)
    }
}

impl Length for ParquetFile {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for ParquetFile {
    type T = FromHere;

    fn get_read(&self, start: u64) -> Result<FromHere> {
        Ok(FromHere(BufReader::new(self.at(start)?)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let cut_off = || {
            let size = self.bytes;
            ParquetError::EOF(format!("{length} bytes should be at byte {start}, but the file has {size}"))
        };
        let end = start.checked_add(length as u64).filter(|&end| end <= self.bytes);
        end.ok_or_else(cut_off)?;
        let mut bytes = Vec::with_capacity(length);
        self.at(start)?.take(length as u64).read_to_end(&mut bytes)?;
        if bytes.len() == length { Ok(bytes.into()) } else { Err(cut_off()) }
    }
}

/// What the library reads from some place of a [`ParquetFile`] on. To read at the file's end is an
/// error.
#[derive(Debug)]
pub struct FromHere(BufReader<File>);

impl Read for FromHere {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 if !buffer.is_empty() => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends within a page's header"))
            }
            read => Ok(read),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let file = ParquetFile::new(file).unwrap();
        assert_eq!((file.len(), &*file.get_bytes(3, 7).unwrap()), (10, &b"3456789"[..]));
        assert!(file.get_bytes(10, 0).unwrap().is_empty());
        // As much as no memory has, and more than a number can count.
        for (start, length) in [(3, 8), (11, 0), (0, usize::MAX >> 1), (u64::MAX, 1)] {
            assert!(file.get_bytes(start, length).unwrap_err().to_string().contains("the file has 10"));
        }
        let mut reader = file.get_read(8).unwrap();
        let mut two = [0; 2];
        reader.read_exact(&mut two).unwrap();
        assert_eq!((&two, reader.read(&mut []).unwrap()), (b"89", 0));
        let end = reader.read(&mut two).unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }
}
