//! Thrift's compact protocol, in which Parquet's metadata and its pages' headers are written.

use std::io::{self, Read};

/// How deep the Parquet library follows what it does not know.
const MAX_DEPTH: u8 = 64;

pub(crate) const I32: u8 = 5;
pub(crate) const BINARY: u8 = 8;
pub(crate) const LIST: u8 = 9;
pub(crate) const STRUCT: u8 = 12;

/// Reads what may be anything.
pub(crate) struct Thrift<R> {
    input: R,
}

/// A field of a struct.
pub(crate) struct Field {
    pub(crate) kind: u8,
    pub(crate) id: i16,
}

impl<R: Read> Thrift<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input }
    }

    /// The next field of a struct, after that with the id `last`; none at the struct's end.
    pub(crate) fn field(&mut self, last: i16) -> io::Result<Option<Field>> {
        let head = self.byte()?;
        let (step, kind) = (head >> 4, head & 15);
        if kind == 0 {
            return Ok(None);
        }
        let id =
            if step == 0 { i16::try_from(self.number()?).ok() } else { last.checked_add(i16::from(step)) };
        Ok(Some(Field { kind, id: id.ok_or_else(|| broken("a field has an impossible number"))? }))
    }

    /// What kind of elements a list has, and how many.
    pub(crate) fn list(&mut self) -> io::Result<(u8, u32)> {
        let head = self.byte()?;
        let (short, kind) = (head >> 4, head & 15);
        let length = if short < 15 { u32::from(short) } else { self.length()? };
        Ok((kind, length))
    }

    /// A whole number with its sign.
    pub(crate) fn number(&mut self) -> io::Result<i64> {
        let folded = self.varint()?;
        Ok((folded >> 1).cast_signed() ^ -(folded & 1).cast_signed())
    }

    /// The beginning of a text or of bytes, of which at most so many are kept.
    pub(crate) fn beginning(&mut self, kept: u64) -> io::Result<String> {
        let length = self.varint()?;
        let mut bytes = Vec::new();
        (&mut self.input).take(length.min(kept)).read_to_end(&mut bytes)?;
        self.pass_over(length.saturating_sub(kept))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Passes over a struct's fields to its end.
    pub(crate) fn skip_struct(&mut self) -> io::Result<()> {
        self.skip(STRUCT, MAX_DEPTH)
    }

    /// Passes over a field's value.
    pub(crate) fn skip_field(&mut self, field: &Field) -> io::Result<()> {
        self.skip(field.kind, MAX_DEPTH)
    }

    fn skip(&mut self, kind: u8, depth: u8) -> io::Result<()> {
        let below = depth.checked_sub(1).ok_or_else(|| broken("it is nested too deeply"))?;
        match kind {
            // A field's truth value stands in its kind.
            1 | 2 => Ok(()),
            3 => self.byte().map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.pass_over(8),
            BINARY => {
                let length = self.varint()?;
                self.pass_over(length)
            }
            LIST | 10 => {
                let (kind, length) = self.list()?;
                self.skip_elements(&[kind], length, below)
            }
            11 => {
                let length = self.length()?;
                let kinds = if length > 0 { self.byte()? } else { 0 };
                self.skip_elements(&[kinds >> 4, kinds & 15], length, below)
            }
            STRUCT => {
                while let Some(field) = self.field(0)? {
                    self.skip(field.kind, below)?;
                }
                Ok(())
            }
            13 => self.pass_over(16),
            _ => Err(broken("a field is of no known kind")),
        }
    }

    fn skip_elements(&mut self, kinds: &[u8], length: u32, depth: u8) -> io::Result<()> {
        // The library takes no byte for each, so that the file's end would not stop it. Parquet has none.
        if length > 0 && kinds.iter().any(|kind| matches!(kind, 1 | 2)) {
            return Err(broken("a list of truth values stands where Parquet has none"));
        }
        (0..length).try_for_each(|_| kinds.iter().try_for_each(|&kind| self.skip(kind, depth)))
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.input.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(broken("a number is too large"))
    }

    fn length(&mut self) -> io::Result<u32> {
        u32::try_from(self.varint()?).map_err(|_| broken("a list is too long"))
    }

    fn pass_over(&mut self, bytes: u64) -> io::Result<()> {
        let passed = io::copy(&mut (&mut self.input).take(bytes), &mut io::sink())?;
        if passed == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

pub(crate) fn broken(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
