//! Walks through the list of a large JSON document, one element at a time.
//!
//! Only the list's own brackets, commas and strings are looked at here; an element is handed on
//! as bytes. So the document is never held whole, and an element with a broken caption costs that
//! element alone.

use std::io::BufRead;
use std::path::Path;

use crate::beginning::TextReader;
use crate::error::Problem;
use crate::input::{Input, MAX_RECORD_BYTES, Meter};

/// The elements of a document's list: the document itself, or a member of its object.
pub(crate) struct JsonArray {
    reader: TextReader,
    meter: Meter,
    /// The list is a member of the document's object.
    in_object: bool,
    /// The member's name, in quotes.
    name: &'static [u8],
    ended: bool,
    element: Vec<u8>,
    /// Bytes that were passed.
    position: u64,
    number: u64,
}

const ANNOTATIONS: &[u8] = b"\"annotations\"";
const IMAGES: &[u8] = b"\"images\"";

/// A record's number from 1, and its bytes unless they are over [`MAX_RECORD_BYTES`].
pub(crate) type Numbered<'r> = (u64, Option<&'r [u8]>);

/// What happens to the bytes of a value.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Kept,
    Dropped,
}

impl JsonArray {
    /// Opens a document of captions and stands before the first element: of the document if it is
    /// a list, of the list `annotations` if it is an object.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let mut array = Self::new(path, ANNOTATIONS)?;
        match array.peek_token()? {
            None => return Err(Problem::Empty),
            Some(b'[') => array.advance(),
            Some(b'{') => {
                array.advance();
                array.in_object = true;
                if !array.enter_list()? {
                    return Err(Problem::JsonShape);
                }
            }
            Some(_) => return Err(Problem::JsonShape),
        }
        Ok(array)
    }

    /// Opens a document and stands before the first element of its list `images`, if it has one.
    /// What follows that list is not looked at.
    pub fn open_images(path: &Path) -> Result<Option<Self>, Problem> {
        let mut array = Self::new(path, IMAGES)?;
        if array.peek_token()? != Some(b'{') {
            return Ok(None);
        }
        array.advance();
        Ok(array.enter_list()?.then_some(array))
    }

    fn new(path: &Path, name: &'static [u8]) -> Result<Self, Problem> {
        let input = Input::open(path)?;
        let meter = input.meter();
        Ok(Self {
            reader: input.into_reader(),
            meter,
            in_object: false,
            name,
            ended: false,
            element: Vec::new(),
            position: 0,
            number: 0,
        })
    }

    pub fn fraction(&self) -> f64 {
        self.meter.fraction()
    }

    /// The next element.
    pub fn next(&mut self) -> Result<Option<Numbered<'_>>, Problem> {
        if self.ended {
            return Ok(None);
        }
        match self.peek_token()? {
            Some(b']') => {
                self.advance();
                self.ended = true;
                return if self.name == ANNOTATIONS { self.finish().map(|()| None) } else { Ok(None) };
            }
            Some(b',') if self.number > 0 => {
                self.advance();
                self.peek_token()?;
            }
            Some(_) if self.number == 0 => {}
            Some(_) => return Err(self.broken("expected a comma or the end of the list")),
            None => return Err(self.broken("the list has no end: the file is cut off")),
        }
        self.element.clear();
        self.value(Fate::Kept)?;
        self.number += 1;
        let kept = self.element.len() <= MAX_RECORD_BYTES;
        Ok(Some((self.number, kept.then_some(&self.element))))
    }

    /// Goes from the end of the list to the end of the file: nothing but the rest of the document
    /// may stand there.
    fn finish(&mut self) -> Result<(), Problem> {
        if self.in_object && self.enter_list()? {
            return Err(self.broken("a second list named \"annotations\""));
        }
        match self.peek_token()? {
            None => Ok(()),
            Some(_) => Err(self.broken("the document is at its end, but more follows")),
        }
    }

    /// Goes through the members of the outer object up to the list; false if it went to the
    /// object's end.
    fn enter_list(&mut self) -> Result<bool, Problem> {
        loop {
            match self.peek_token()? {
                Some(b'}') => {
                    self.advance();
                    return Ok(false);
                }
                Some(b',') => self.advance(),
                Some(b'"') => {
                    self.element.clear();
                    self.value(Fate::Kept)?;
                    let is_it = self.element == self.name;
                    self.colon()?;
                    if is_it && self.peek_token()? == Some(b'[') {
                        self.advance();
                        return Ok(true);
                    }
                    self.value(Fate::Dropped)?;
                }
                Some(_) => return Err(self.broken("expected the name of a member")),
                None => return Err(self.broken("the object has no end: the file is cut off")),
            }
        }
    }

    fn colon(&mut self) -> Result<(), Problem> {
        if self.peek_token()? != Some(b':') {
            return Err(self.broken("expected a colon"));
        }
        self.advance();
        self.peek_token()?;
        Ok(())
    }

    /// Passes one value: brackets are balanced and strings ended; nothing else is checked.
    fn value(&mut self, fate: Fate) -> Result<(), Problem> {
        let mut depth = 0u32;
        loop {
            let Some(byte) = self.peek()? else {
                return Err(self.broken("a value has no end: the file is cut off"));
            };
            match byte {
                b'"' => self.string(fate)?,
                b'{' | b'[' => {
                    depth += 1;
                    self.pass(byte, fate);
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.pass(byte, fate);
                }
                b'}' | b']' | b',' if depth == 0 => return Err(self.broken("expected a value")),
                _ if depth > 0 => self.pass(byte, fate),
                _ => return self.scalar(fate),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Passes a number or a word outside brackets.
    fn scalar(&mut self, fate: Fate) -> Result<(), Problem> {
        while let Some(byte) = self.peek()? {
            if matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace() {
                break;
            }
            self.pass(byte, fate);
        }
        Ok(())
    }

    fn string(&mut self, fate: Fate) -> Result<(), Problem> {
        self.pass(b'"', fate);
        let mut escaped = false;
        loop {
            let Some(byte) = self.peek()? else {
                return Err(self.broken("a string has no end: the file is cut off"));
            };
            self.pass(byte, fate);
            match byte {
                b'"' if !escaped => return Ok(()),
                b'\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
    }

    fn pass(&mut self, byte: u8, fate: Fate) {
        // One byte over the limit is kept, as the sign that there were more.
        if fate == Fate::Kept && self.element.len() <= MAX_RECORD_BYTES {
            self.element.push(byte);
        }
        self.advance();
    }

    fn advance(&mut self) {
        self.reader.consume(1);
        self.position += 1;
    }

    fn peek(&mut self) -> Result<Option<u8>, Problem> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    /// The next byte that is not white space.
    fn peek_token(&mut self) -> Result<Option<u8>, Problem> {
        loop {
            match self.peek()? {
                Some(byte) if byte.is_ascii_whitespace() => self.advance(),
                other => return Ok(other),
            }
        }
    }

    fn broken(&self, reason: &'static str) -> Problem {
        Problem::Json { byte: self.position, reason }
    }
}
