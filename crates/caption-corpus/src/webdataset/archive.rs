//! The members of a tar, one after the other, without a second look.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use tar::Archive;

use crate::beginning::{BUFFER_BYTES, GZIP, check_packing};
use crate::error::Problem;
use crate::input::Meter;

const BLOCK_BYTES: u64 = 512;
/// A member's headers, its long name and extensions among them, are not longer.
const MAX_HEADER_BYTES: u64 = 1 << 20;

/// An open tar, gzipped or not.
pub(super) struct TarFile {
    input: Input,
    /// The last header was the empty one that marks the end.
    at_end_mark: bool,
}

/// A plain file can be skipped through, a packed one must be read.
enum Input {
    Plain { file: BufReader<File>, position: u64, size: u64 },
    Packed { reader: BufReader<Box<dyn Read + Send>>, meter: Meter },
}

/// A file in the tar whose content follows.
pub(super) struct Member {
    pub name: String,
    /// In bytes.
    pub size: u64,
}

/// Why a tar cannot be read on.
#[derive(Debug)]
pub(super) enum TarError {
    Io(io::Error),
    /// It breaks off.
    CutOff,
    /// It ends with a whole member, but without the mark.
    NoEndMark,
    Broken(String),
}

impl TarFile {
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut plain = BufReader::with_capacity(BUFFER_BYTES, file);
        let head = plain.fill_buf()?;
        check_packing(head)?;
        if !head.starts_with(GZIP) {
            return Ok(Self { input: Input::Plain { file: plain, position: 0, size }, at_end_mark: false });
        }
        let (meter, packed) = Meter::of(File::open(path)?)?;
        let unpacked: Box<dyn Read + Send> = Box::new(MultiGzDecoder::new(packed));
        let reader = BufReader::with_capacity(BUFFER_BYTES, unpacked);
        Ok(Self { input: Input::Packed { reader, meter }, at_end_mark: false })
    }

    /// How much has been read, from 0 to 1.
    pub fn fraction(&self) -> f64 {
        match &self.input {
            Input::Plain { size: 0, .. } => 1.0,
            Input::Plain { position, size, .. } => (*position as f64 / *size as f64).min(1.0),
            Input::Packed { meter, .. } => meter.fraction(),
        }
    }

    /// The next file; its content must be read or skipped before another is asked for. Archives
    /// that were put one behind the other are read as one.
    pub fn next(&mut self) -> Result<Option<Member>, TarError> {
        loop {
            if self.input.fill_buf()?.is_empty() {
                return if self.at_end_mark { Ok(None) } else { Err(TarError::NoEndMark) };
            }
            match self.header() {
                Ok(None) => self.at_end_mark = true,
                Ok(Some((is_file, member))) => {
                    self.at_end_mark = false;
                    if is_file {
                        return Ok(Some(member));
                    }
                    self.skip(&member)?;
                }
                Err(_) if self.input.fill_buf()?.is_empty() => return Err(TarError::CutOff),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the headers of one member, and whether it is a file; `None` for an empty header.
    ///
    /// The library's archive borrows its reader and cannot be kept beside it, so each member is
    /// read as the first one of an archive that begins there.
    fn header(&mut self) -> Result<Option<(bool, Member)>, TarError> {
        let mut archive = Archive::new((&mut self.input).take(MAX_HEADER_BYTES));
        let Some(entry) = archive.entries()?.next().transpose().map_err(broken)? else { return Ok(None) };
        let kind = entry.header().entry_type();
        let size = if kind.is_gnu_sparse() { entry.header().entry_size()? } else { entry.size() };
        let is_file = kind.is_file() || kind.is_contiguous();
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        Ok(Some((is_file, Member { name, size })))
    }

    /// Reads the content of a member behind what the buffer has.
    pub fn read(&mut self, member: &Member, buffer: &mut Vec<u8>) -> Result<(), TarError> {
        let before = buffer.len();
        (&mut self.input).take(member.size).read_to_end(buffer)?;
        if ((buffer.len() - before) as u64) < member.size {
            return Err(TarError::CutOff);
        }
        self.input.skip(padding(member.size))
    }

    /// Passes over the content of a member.
    pub fn skip(&mut self, member: &Member) -> Result<(), TarError> {
        self.input.skip(member.size.saturating_add(padding(member.size)))
    }
}

/// What fills a member's last block.
fn padding(size: u64) -> u64 {
    (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES
}

impl Input {
    fn skip(&mut self, bytes: u64) -> Result<(), TarError> {
        match self {
            Self::Plain { file, position, size } => {
                let left = size.saturating_sub(*position);
                let offset = i64::try_from(bytes).ok().filter(|_| bytes <= left).ok_or(TarError::CutOff)?;
                file.seek_relative(offset)?;
                *position += bytes;
            }
            Self::Packed { reader, .. } => {
                if io::copy(&mut reader.take(bytes), &mut io::sink())? < bytes {
                    return Err(TarError::CutOff);
                }
            }
        }
        Ok(())
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain { file, position, .. } => {
                let count = file.read(buffer)?;
                *position += count as u64;
                Ok(count)
            }
            Self::Packed { reader, .. } => reader.read(buffer),
        }
    }
}

impl Input {
    /// What is at hand; nothing at the end.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Plain { file, .. } => file.fill_buf(),
            Self::Packed { reader, .. } => reader.fill_buf(),
        }
    }
}

impl From<io::Error> for TarError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::CutOff,
            _ => Self::Io(error),
        }
    }
}

/// The library's words for a bad header; the system's errors stay what they are.
fn broken(error: io::Error) -> TarError {
    match error.kind() {
        io::ErrorKind::Other | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            TarError::Broken(error.to_string())
        }
        _ => error.into(),
    }
}
