//! A table for spreadsheets.

use std::io::{self, Write};
use std::ops::Range;

use csv::{ByteRecord, StringRecord};

use super::{Row, Rows, columns};
use crate::candidates::Candidate;
use crate::decision::Judgement;

const COUNTS: [&str; 6] = ["name", "kind", "mentions", "captions", "images", "examples"];
const JUDGEMENT: [&str; 6] = ["verdict", "into", "into_kind", "new_kind", "rename", "note"];
/// What makes a cell text for a spreadsheet.
const QUOTE: char = '\'';
/// What a spreadsheet takes for a formula if a cell begins with it.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub(super) fn write<'c>(
    rows: impl Iterator<Item = (&'c Candidate, Option<Judgement>)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COUNTS.iter().chain(&JUDGEMENT)).map_err(system_error)?;
    for (candidate, judgement) in rows {
        let Candidate { tag, mentions, captions, images, examples } = candidate;
        let counts = [mentions, captions, images].map(u64::to_string);
        let examples: Vec<String> = examples.iter().map(|example| as_text(example)).collect();
        let mut row = vec![as_text(&tag.name), tag.kind.as_str().to_owned()];
        row.extend(counts);
        row.push(examples.join(" | "));
        row.extend(columns(judgement.as_ref()).map(as_text));
        table.write_record(row).map_err(system_error)?;
    }
    table.flush()
}

/// The system's own error, which tells a closed pipe from others.
fn system_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Captions are strangers' text, and no spreadsheet shall run it.
fn as_text(text: &str) -> String {
    if text.starts_with(FORMULA) || text.starts_with(QUOTE) {
        format!("{QUOTE}{text}")
    } else {
        text.to_owned()
    }
}

/// What [`as_text`] made text of.
fn from_text(cell: &str) -> &str {
    let is_made = |text: &&str| text.starts_with(FORMULA) || text.starts_with(QUOTE);
    cell.strip_prefix(QUOTE).filter(is_made).unwrap_or(cell)
}

/// Stops at the first row whose quotes do not match: where the next one begins is unknown then.
pub(super) fn read(text: &[u8]) -> Rows {
    let mut records = Records::new(text);
    let (line, header) = match records.next() {
        Some((line, Ok(header))) => (line, header),
        Some((line, Err(reason))) => return vec![(line, Err(reason))],
        None => return vec![(1, Err("the table is empty".to_owned()))],
    };
    let places = match places(&header) {
        Ok(places) => places,
        Err(reason) => return vec![(line, Err(reason))],
    };
    records
        .map(|(line, record)| (line, record.and_then(|record| row(&record, &places, header.len()))))
        .collect()
}

/// The rows of a table, each with the line of the file that it begins in, from 1.
struct Records<'t> {
    text: &'t [u8],
    reader: csv::Reader<&'t [u8]>,
    /// Where the row before ended, and in what line.
    end: usize,
    line: u64,
    is_over: bool,
}

impl<'t> Records<'t> {
    fn new(text: &'t [u8]) -> Self {
        // Lengths are checked here, so that the other rows are checked too.
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        Self { text, reader, end: 0, line: 1, is_over: false }
    }
}

impl Iterator for Records<'_> {
    type Item = (u64, Result<StringRecord, String>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = ByteRecord::new();
        if self.is_over || !self.reader.read_byte_record(&mut record).unwrap_or(false) {
            return None;
        }
        // The library takes line breaks before a row for a part of it, and counts only some of them.
        let raw = &self.text[self.end..self.reader.position().byte() as usize];
        let breaks = raw.iter().take_while(|byte| is_break(byte)).count();
        let before = self.end + breaks;
        let line = self.line + line_breaks(self.text, self.end..before);
        self.end += raw.len();
        self.line = line + line_breaks(self.text, before..self.end);
        if !has_matching_quotes(&raw[breaks..]) {
            self.is_over = true;
            let reason = "a quotation mark has no partner: put text with quotation marks or line breaks \
                          between two, and write each within it twice";
            return Some((line, Err(reason.to_owned())));
        }
        let not_utf8 = |_| "it is not UTF-8 text: save the table as UTF-8".to_owned();
        Some((line, StringRecord::from_byte_record(record).map_err(not_utf8)))
    }
}

fn is_break(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// How many lines end within a range; the two bytes of Windows's line break are one.
fn line_breaks(text: &[u8], range: Range<usize>) -> u64 {
    let ends = |at: &usize| match text[*at] {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    range.filter(ends).count() as u64
}

/// Whether quotes stand only around whole cells and, in pairs, within such. The library is content
/// with others, and a row may then swallow those after it.
fn has_matching_quotes(row: &[u8]) -> bool {
    let row = row.trim_ascii_end();
    let (mut is_quoted, mut previous) = (false, b',');
    let mut bytes = row.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if !is_quoted && previous == b',' => is_quoted = true,
            b'"' if !is_quoted => return false,
            b'"' if bytes.next_if_eq(&b'"').is_some() => {}
            b'"' if bytes.peek().is_some_and(|next| *next != b',') => return false,
            b'"' => is_quoted = false,
            _ => {}
        }
        previous = byte;
    }
    !is_quoted
}

/// Where the columns are that say what and how it is judged: name, kind and those of [`JUDGEMENT`].
fn places(header: &StringRecord) -> Result<Vec<Option<usize>>, String> {
    let known = ["name", "kind"].into_iter().chain(JUDGEMENT);
    let mut places = vec![None; known.clone().count()];
    for (at, found) in header.iter().enumerate() {
        let Some((place, name)) =
            places.iter_mut().zip(known.clone()).find(|(_, name)| is_meant(found, name))
        else {
            continue;
        };
        if found.trim() != name {
            return Err(format!("column {found:?} must be written {name:?}"));
        }
        if place.replace(at).is_some() {
            return Err(format!("the table has two columns {name:?}"));
        }
    }
    match known.zip(&places).take(3).find(|(_, place)| place.is_none()) {
        Some((needed, _)) => {
            Err(format!("the table has no column {needed:?} (columns are parted by commas)"))
        }
        None => Ok(places),
    }
}

/// Whether a column looks like another: it must not be passed over as one of somebody's own.
fn is_meant(found: &str, name: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-'));
        letters.flat_map(char::to_lowercase).collect()
    };
    letters(found) == letters(name)
}

fn row(record: &StringRecord, places: &[Option<usize>], columns: usize) -> Result<Row, String> {
    if record.len() != columns {
        let hint = if record.len() > columns { ": text with commas needs quotation marks" } else { "" };
        return Err(format!("it has {} cells, but the table has {columns} columns{hint}", record.len()));
    }
    let mut cells = places.iter().map(|place| {
        let cell = place.and_then(|place| record.get(place)).unwrap_or_default().trim();
        from_text(cell).to_owned()
    });
    let mut next = || cells.next().unwrap_or_default();
    Ok(Row {
        name: next(),
        kind: next(),
        verdict: next(),
        into: next(),
        into_kind: next(),
        new_kind: next(),
        rename: next(),
        note: next(),
    })
}
