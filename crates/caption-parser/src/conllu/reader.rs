//! CoNLL-U read line by line: sentences are taken apart, their rows and IDs checked, and none may
//! take more memory than any sentence needs.

use std::io::{self, BufRead, Read};

use super::{Block, ConlluError, Id, Row};

/// Bytes of the longest line.
const LONGEST_LINE: usize = 1 << 20;
/// Bytes of all lines of a sentence, comments included.
const MOST_BYTES: usize = 1 << 24;
/// Words of the longest sentence.
const MOST_WORDS: usize = 10_000;

/// Reads a CoNLL-U text block by block.
///
/// A block is refused, with the line of the first fault, if a row has not ten columns or no FORM,
/// if it has no words or its words are not numbered 1, 2, 3 and so on, if a multi-word token (`3-4`) does not stand
/// before its words or an empty node (`5.1`) not behind its word, or if it is not UTF-8. So is one
/// of more than 10,000 words or 16 MiB, or with a line of more than 1 MiB. Reading goes on with
/// the block behind it. After an error of `reader` itself nothing more is read.
///
/// ```
/// let text = "1\tDogs\tdog\tNOUN\t_\t_\t2\tnsubj\t_\t_\n2\trun\trun\tVERB\t_\t_\t0\troot\t_\t_\n\n";
/// let block = caption_parser::conllu::read(text.as_bytes()).next().unwrap()?;
/// let document = block.to_document()?;
/// let sentence = document.sentences().next().unwrap();
/// assert_eq!((sentence.form(0), sentence.head(0)), ("Dogs", Some(1)));
/// # Ok::<(), caption_parser::conllu::ConlluError>(())
/// ```
pub fn read<R: BufRead>(reader: R) -> impl Iterator<Item = Result<Block, ConlluError>> {
    let mut blocks = Blocks { reader, line: 0, buffer: Vec::new(), inside: false, failed: false };
    std::iter::from_fn(move || blocks.next_block().transpose())
}

struct Blocks<R> {
    reader: R,
    /// Number of the line in the buffer, from 1.
    line: usize,
    buffer: Vec<u8>,
    /// That line is part of a sentence: there was one, and it was not empty.
    inside: bool,
    /// The reader had an error.
    failed: bool,
}

impl<R: BufRead> Blocks<R> {
    fn next_block(&mut self) -> Result<Option<Block>, ConlluError> {
        self.skip_rest()?;
        let mut block = Block::default();
        let mut ids = Ids::default();
        let mut bytes = 0;
        while let Some((line, text)) = self.next_line()? {
            bytes += text.len();
            if bytes > MOST_BYTES {
                let problem = format!("a sentence of more than {MOST_BYTES} bytes");
                return Err(ConlluError::fault(line, problem));
            }
            if text.starts_with('#') {
                block.comments.push(text.to_owned());
            } else if !text.is_empty() {
                let row = Row::read(line, text)?;
                ids.check(&row)?;
                block.rows.push(row);
            } else if !block.rows.is_empty() {
                break;
            }
        }
        ids.finish()?;
        if let Some(row) = block.rows.first().filter(|_| ids.words == 0) {
            return Err(row.error("a sentence without words"));
        }
        Ok((!block.rows.is_empty()).then_some(block))
    }

    /// Goes to the end of a sentence that had a fault.
    fn skip_rest(&mut self) -> Result<(), ConlluError> {
        while self.inside {
            // One fault a sentence is enough, but not of the reader.
            if let Err(error) = self.next_line().map(drop)
                && self.failed
            {
                return Err(error);
            }
        }
        Ok(())
    }

    /// The next line, without its end, and its number; `None` behind the last.
    fn next_line(&mut self) -> Result<Option<(usize, &str)>, ConlluError> {
        if self.failed {
            return Ok(None);
        }
        self.line += 1;
        let line = self.line;
        let read = self.fill();
        self.failed = read.is_err();
        self.inside = matches!(read, Ok(true)) && !self.buffer.is_empty();
        let failure =
            |error: io::Error| ConlluError { line, problem: error.to_string(), source: Some(error) };
        if !read.map_err(failure)? {
            return Ok(None);
        }
        if self.buffer.len() > LONGEST_LINE {
            return Err(ConlluError::fault(line, format!("a line of more than {LONGEST_LINE} bytes")));
        }
        match std::str::from_utf8(&self.buffer) {
            Ok(text) => Ok(Some((line, text))),
            Err(_) => Err(ConlluError::fault(line, "not UTF-8")),
        }
    }

    /// Reads a line into the buffer, or of one that is too long its beginning; false if there is
    /// none.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        let most = LONGEST_LINE as u64 + 1;
        let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.buffer)?;
        if self.buffer.pop_if(|last| *last == b'\n').is_none() && read > LONGEST_LINE {
            self.reader.skip_until(b'\n')?;
        }
        while self.buffer.pop_if(|last| *last == b'\r').is_some() {}
        Ok(read > 0)
    }
}

impl Row {
    fn read(line: usize, text: &str) -> Result<Self, ConlluError> {
        let columns: Vec<String> = text.split('\t').map(str::to_owned).collect();
        let found = columns.len();
        let columns = columns.try_into().map_err(|_| {
            ConlluError::fault(line, format!("{found} columns separated by tabs, CoNLL-U has 10"))
        })?;
        let row = Self { columns, line };
        for (column, name) in ["ID", "FORM"].iter().enumerate() {
            if row.columns[column].trim().is_empty() {
                return Err(row.error(format!("no {name} in column {}", column + 1)));
            }
        }
        Ok(row)
    }
}

/// How far the IDs of a sentence have come.
#[derive(Default)]
struct Ids {
    words: usize,
    /// Empty nodes since the last word.
    empty: usize,
    /// Last word of the last multi-word token, and that token's line.
    covered: usize,
    covered_at: usize,
}

impl Ids {
    /// Takes the ID of the next row.
    fn check(&mut self, row: &Row) -> Result<(), ConlluError> {
        let due = self.words + 1;
        let expected = match row.id() {
            Some(Id::Word(word)) if word == due => {
                (self.words, self.empty) = (word, 0);
                if self.words > MOST_WORDS {
                    let problem = format!(
                        "more than {MOST_WORDS} words in a sentence: is the empty line behind it missing?"
                    );
                    return Err(row.error(problem));
                }
                return Ok(());
            }
            Some(Id::Range(first, last)) if first == due && last > first && first > self.covered => {
                (self.covered, self.covered_at) = (last, row.line);
                return Ok(());
            }
            Some(Id::Empty(word, number)) if (word, number) == (self.words, self.empty + 1) => {
                self.empty = number;
                return Ok(());
            }
            Some(Id::Word(_)) => format!("word {due} is due, words are numbered 1, 2, 3 and so on"),
            Some(Id::Range(first, _)) if first == due && first <= self.covered => {
                format!("word {due} is of the multi-word token in line {} already", self.covered_at)
            }
            Some(Id::Range(..)) => {
                format!("a multi-word token is two words or more that begin with the next, which is {due}")
            }
            Some(Id::Empty(..)) => {
                format!("the next empty node behind word {} is {0}.{}", self.words, self.empty + 1)
            }
            None => "neither a word (3), nor a multi-word token (3-4), nor an empty node (3.1)".to_owned(),
        };
        Err(row.error(format!("ID {:?}: {expected}", row.columns[0])))
    }

    /// Checks that the sentence has all words that its multi-word tokens promise.
    fn finish(&self) -> Result<(), ConlluError> {
        if self.covered <= self.words {
            return Ok(());
        }
        let problem =
            format!("a multi-word token up to word {}, but the last word is {}", self.covered, self.words);
        Err(ConlluError::fault(self.covered_at, problem))
    }
}
