//! A Parquet file for the Parquet library, which a damaged one neither holds up nor overthrows.
#![warn(missing_docs)]

mod metadata;
mod thrift;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, Length};

pub use metadata::MetadataError;
use metadata::TAIL_BYTES;
use thrift::Thrift;

/// A file that the Parquet library reads, in place of a bare [`File`].
///
/// The library takes the end of a bare file for zeros that it has skipped: where a damaged page
/// claims billions of them, it skips on almost for ever. Here that is an error, and so is a
/// header that would keep it busy otherwise. And it sets aside
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

    /// Reads what stands at the file's end, without the pages' index.
    ///
    /// # Errors
    /// If it is damaged, or if columns are nested so deeply that the library would overflow the stack.
    pub fn metadata(&self) -> std::result::Result<ParquetMetaData, MetadataError> {
        metadata::read(self)
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
        let file = BufReader::new(self.at(start)?);
        // All that the library ever reads so, other than the file's end.
        let is_page = start.checked_add(TAIL_BYTES as u64) != Some(self.bytes);
        Ok(FromHere { file, start, is_unchecked_page: is_page })
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

/// A page's header and what follows it in a [`ParquetFile`]. To read at the file's end is an error.
#[derive(Debug)]
pub struct FromHere {
    file: BufReader<File>,
    start: u64,
    is_unchecked_page: bool,
}

impl FromHere {
    /// Looks whether the header has an end.
    fn check(&mut self) -> io::Result<()> {
        Thrift::new(&mut self.file).skip_struct()?;
        let read = self.file.stream_position()?.saturating_sub(self.start);
        // Few bytes, which are still in the buffer.
        self.file.seek_relative(-i64::try_from(read).map_err(io::Error::other)?)
    }
}

impl Read for FromHere {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Not before: the library also asks for what it then does not read, which is no header.
        if std::mem::take(&mut self.is_unchecked_page) {
            self.check()?;
        }
        match self.file.read(buffer)? {
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
        let mut reader = file.get_read(2).unwrap();
        let mut two = [0; 2];
        reader.read_exact(&mut [0; 6]).unwrap();
        reader.read_exact(&mut two).unwrap();
        assert_eq!((&two, reader.read(&mut []).unwrap()), (b"89", 0));
        let end = reader.read(&mut two).unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(
            file.metadata().unwrap_err().to_string(),
            "Parquet error: Invalid Parquet file. Corrupt footer"
        );
    }

    /// A field with a number, one with a text, a list of numbers, a struct; then what is to be tried.
    fn header(end: &[u8]) -> io::Result<Vec<u8>> {
        let healthy = b"\x15\x02\x18\x02ab\x19\x25\x02\x04\x1c\x11\x00";
        let bytes = [b"PAR1", &healthy[..], end].concat();
        let mut file = tempfile::tempfile()?;
        file.write_all(&bytes)?;
        let mut read = vec![0; bytes.len() - 4];
        ParquetFile::new(file)?.get_read(4).unwrap().read_exact(&mut read)?;
        assert_eq!(read, bytes[4..]);
        Ok(read)
    }

    #[test]
    fn headers_that_would_go_on_for_ever_are_refused() {
        header(b"\x00").unwrap();
        header(b"\xf9\x00\x0b\x08\x00\x00 and a page").unwrap();
        let cases: [(&[u8], &str); 7] = [
            // Two billion doubles, truth values, and pairs of them.
            (b"\xf9\xf7\xff\xff\xff\xff\x07", "end of file"),
            (b"\xf9\xf2\xff\xff\xff\xff\x07", "truth values"),
            (b"\xfb\xff\xff\xff\xff\x07\x12", "truth values"),
            (b"\xfb\xff\xff\xff\xff\x07\x82", "truth values"),
            (&[0xfc; 99], "nested too deeply"),
            (b"\xff", "no known kind"),
            (b"\x08", "fill whole buffer"),
        ];
        for (end, expected) in cases {
            let message = header(end).unwrap_err().to_string();
            assert!(message.contains(expected), "{end:?}: {message}");
        }
    }
}
