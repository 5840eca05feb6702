//! A table for spreadsheets.

use std::io::{self, Write};

use csv::StringRecord;

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

pub(super) fn read(text: &[u8]) -> Rows {
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header = match table.headers() {
        Ok(header) => header.clone(),
        Err(error) => return vec![(1, Err(error.to_string()))],
    };
    let place = |name: &str| header.iter().position(|found| found.trim() == name);
    for needed in ["name", "kind", "verdict"] {
        if place(needed).is_none() {
            return vec![(1, Err(format!("the table has no column {needed:?}")))];
        }
    }
    let places = ["name", "kind"].iter().chain(&JUDGEMENT).map(|name| place(name)).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for record in table.records() {
        let line = |position: Option<&csv::Position>| position.map_or(0, csv::Position::line);
        match record {
            Ok(record) => rows.push((line(record.position()), Ok(row(&record, &places)))),
            Err(error) => rows.push((line(error.position()), Err(error.to_string()))),
        }
    }
    rows
}

fn row(record: &StringRecord, places: &[Option<usize>]) -> Row {
    let mut cells = places.iter().map(|place| {
        let cell = place.and_then(|place| record.get(place)).unwrap_or_default().trim();
        from_text(cell).to_owned()
    });
    let mut next = || cells.next().unwrap_or_default();
    Row {
        name: next(),
        kind: next(),
        verdict: next(),
        into: next(),
        into_kind: next(),
        new_kind: next(),
        rename: next(),
        note: next(),
    }
}
