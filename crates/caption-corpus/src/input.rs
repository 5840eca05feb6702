//! Text files as streams of bytes or lines, gzipped or not.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::beginning::{TextReader, text_reader};
use crate::error::Problem;

/// A record over this many bytes is not a caption's: it is skipped, or an error where the format
/// does not tell where the next one begins.
pub(crate) const MAX_RECORD_BYTES: usize = 16 << 20;

/// An open text file.
pub(crate) struct Input {
    reader: TextReader,
    meter: Meter,
}

/// How much of the file (as it lies on the disk) has been read.
#[derive(Clone)]
pub(crate) struct Meter {
    read: Arc<AtomicU64>,
    size: u64,
}

impl Meter {
    /// A meter of this file, and the file as it reads through it.
    pub fn of(file: File) -> io::Result<(Self, Metered<File>)> {
        let meter = Self { read: Arc::default(), size: file.metadata()?.len() };
        let metered = Metered { inner: file, read: meter.read.clone() };
        Ok((meter, metered))
    }

    /// From 0 to 1.
    pub fn fraction(&self) -> f64 {
        if self.size == 0 { 1.0 } else { (self.bytes() as f64 / self.size as f64).min(1.0) }
    }

    pub fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// Counts the bytes that pass.
pub(crate) struct Metered<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Input {
    /// Opens a text file. An empty one is an error, and so is what [`text_reader`] refuses.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let (meter, metered) = Meter::of(File::open(path)?)?;
        let mut reader = text_reader(metered)?;
        if reader.fill_buf()?.is_empty() {
            return Err(Problem::Empty);
        }
        Ok(Self { reader, meter })
    }

    pub fn meter(&self) -> Meter {
        self.meter.clone()
    }

    pub fn into_reader(self) -> TextReader {
        self.reader
    }
}

/// A text file line by line, in bounded memory.
pub(crate) struct Lines {
    reader: TextReader,
    meter: Meter,
    line: Vec<u8>,
    number: u64,
}

/// One line without its end; `None` if it is over [`MAX_RECORD_BYTES`].
pub(crate) struct Line<'l> {
    /// From 1.
    pub number: u64,
    pub bytes: Option<&'l [u8]>,
}

impl Lines {
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let input = Input::open(path)?;
        let meter = input.meter();
        Ok(Self { reader: input.into_reader(), meter, line: Vec::new(), number: 0 })
    }

    pub fn fraction(&self) -> f64 {
        self.meter.fraction()
    }

    /// Passes white space up to the next line that has something else.
    pub fn skip_white_space(&mut self) -> io::Result<()> {
        loop {
            match self.reader.fill_buf()? {
                [b'\n', ..] => {
                    self.reader.consume(1);
                    self.number += 1;
                }
                [b'\r' | b' ' | b'\t', ..] => self.reader.consume(1),
                _ => return Ok(()),
            }
        }
    }

    /// The next line.
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let limit = MAX_RECORD_BYTES as u64 + 1;
        if self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        } else if self.line.len() > MAX_RECORD_BYTES {
            self.reader.skip_until(b'\n')?;
            return Ok(Some(Line { number: self.number, bytes: None }));
        }
        Ok(Some(Line { number: self.number, bytes: Some(&self.line) }))
    }
}
