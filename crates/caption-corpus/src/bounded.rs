//! A text table's bytes, with an eye on what one record costs.

use std::io::{self, BufRead, Read};

use crate::beginning::TextReader;
use crate::input::MAX_RECORD_BYTES;

/// Refuses to read on when one record has used up its allowance: after a quote that is never
/// closed the rest of the file would be a single field in memory.
pub(crate) struct Bounded {
    inner: TextReader,
    /// Bytes that may still be read for the record at hand.
    allowance: usize,
    was_refused: bool,
    /// Nothing but line ends was read since the record was begun.
    is_blank: bool,
    /// Bytes that were handed on.
    position: u64,
    /// Behind the last quote, in bytes that were handed on.
    last_quote: u64,
    /// The last byte that was read, line ends apart.
    last_byte: u8,
    passed_lines: u64,
}

impl Bounded {
    pub fn new(inner: TextReader) -> Self {
        Self {
            inner,
            allowance: MAX_RECORD_BYTES,
            was_refused: false,
            is_blank: true,
            position: 0,
            last_quote: 0,
            last_byte: 0,
            passed_lines: 0,
        }
    }

    /// Gives the next record its allowance.
    pub fn begin_record(&mut self) {
        self.allowance = MAX_RECORD_BYTES;
        self.is_blank = true;
    }

    /// Whether a record used up its allowance.
    pub fn was_refused(&self) -> bool {
        self.was_refused
    }

    /// Whether a quote was read at or behind this position.
    pub fn has_quote_since(&self, position: u64) -> bool {
        self.last_quote > position
    }

    /// Whether the last byte but for line ends is a quote.
    pub fn ends_with_quote(&self) -> bool {
        self.last_byte == b'"'
    }

    /// Lines that were left out because they were empty and far too many.
    pub fn passed_lines(&self) -> u64 {
        self.passed_lines
    }

    fn pass_line_ends(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.inner.fill_buf()?;
            let count = buffer.iter().take_while(|&&byte| is_line_end(byte)).count();
            let goes_on = count > 0 && count == buffer.len();
            self.passed_lines += buffer.iter().take(count).filter(|&&byte| byte == b'\n').count() as u64;
            self.inner.consume(count);
            if !goes_on {
                return Ok(());
            }
        }
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.allowance == 0 && self.is_blank {
            // A gap between two records costs no memory, however long. Within quotes it would: so
            // this allowance is given once a record, and the line ends that follow are left out.
            self.is_blank = false;
            self.allowance = MAX_RECORD_BYTES;
            self.pass_line_ends()?;
        }
        if self.allowance == 0 {
            self.was_refused = true;
            return Err(io::Error::other("a record without an end"));
        }
        let count = self.inner.read(buffer)?;
        let read = buffer.get(..count).unwrap_or_default();
        self.allowance = self.allowance.saturating_sub(count);
        let last = read.iter().rev().find(|&&byte| !is_line_end(byte));
        self.is_blank &= last.is_none();
        self.last_byte = last.copied().unwrap_or(self.last_byte);
        if let Some(at) = read.iter().rposition(|&byte| byte == b'"') {
            self.last_quote = self.position + at as u64 + 1;
        }
        self.position += count as u64;
        Ok(count)
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}
