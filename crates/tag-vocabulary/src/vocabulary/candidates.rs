//! A run's `candidates.csv`, every row an entry.

use csv::{ErrorKind, Position, StringRecord};

use super::{Entry, Vocabulary};
use crate::error::{Place, VocabularyProblem};
use crate::{Tag, TagKind};

const COLUMNS: [&str; 5] = ["name", "kind", "mentions", "captions", "images"];

/// Reads a table with the columns above, in any order and with others among them.
pub(super) fn from_csv(text: &[u8]) -> Result<Vocabulary, VocabularyProblem> {
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().map_err(|error| row_problem(text, error))?.clone();
    if has_open_quote(&text[..reader.position().byte() as usize]) {
        return Err(VocabularyProblem::OpenQuote { line: line_at(text, 0) });
    }
    let columns = columns(&header)?;
    let mut entries = Vec::new();
    // Where each row begins. Lines are counted only if there is something to say about them.
    let mut starts = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| row_problem(text, error))? {
        let start = record.position().map_or(0, Position::byte) as usize;
        if has_open_quote(&text[start..reader.position().byte() as usize]) {
            return Err(VocabularyProblem::OpenQuote { line: line_at(text, start) });
        }
        entries.push(entry(&record, columns, || line_at(text, start))?);
        starts.push(start);
    }
    Vocabulary::sorted(entries).map_err(|problem| with_lines(problem, |row| line_at(text, starts[row])))
}

/// Where the columns are, in the order of [`COLUMNS`].
fn columns(header: &StringRecord) -> Result<[usize; COLUMNS.len()], VocabularyProblem> {
    if header.is_empty() {
        return Err(VocabularyProblem::Empty);
    }
    let mut positions = [0; COLUMNS.len()];
    for (position, name) in positions.iter_mut().zip(COLUMNS) {
        *position = header.iter().position(|found| found == name).ok_or_else(|| {
            // In a file that is no such table they are many and long.
            let shown = |column: &str| column.chars().take(40).collect();
            VocabularyProblem::MissingColumn { name, found: header.iter().take(20).map(shown).collect() }
        })?;
    }
    Ok(positions)
}

fn entry(
    record: &StringRecord,
    columns: [usize; COLUMNS.len()],
    line: impl Fn() -> usize,
) -> Result<Entry, VocabularyProblem> {
    let [name, kind, mentions, captions, images] = columns.map(|column| record.get(column).unwrap_or(""));
    let count = |column, value: &str| {
        let bad = |_| VocabularyProblem::Number { line: line(), column, value: value.to_owned() };
        value.parse::<u64>().map_err(bad)
    };
    let kind: TagKind = kind.parse().map_err(|source| VocabularyProblem::Kind { line: line(), source })?;
    Ok(Entry {
        mentions: count("mentions", mentions)?,
        captions: count("captions", captions)?,
        images: count("images", images)?,
        ..Entry::new(Tag { name: name.to_owned(), kind })
    })
}

/// Whether a row, as it stands in the file, has a quote without its partner. The CSV library is
/// content with that, and the row swallows what follows up to another quote.
fn has_open_quote(row: &[u8]) -> bool {
    row.iter().filter(|&&byte| byte == b'"').count() % 2 == 1
}

/// The line, from 1, of the row that begins at a byte or after the line breaks there.
fn line_at(text: &[u8], byte: usize) -> usize {
    let breaks = text[byte..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    1 + text[..byte + breaks].iter().filter(|&&byte| byte == b'\n').count()
}

fn row_problem(text: &[u8], error: csv::Error) -> VocabularyProblem {
    let line =
        |position: &Option<Position>| line_at(text, position.as_ref().map_or(0, Position::byte) as usize);
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            VocabularyProblem::Fields { line: line(pos), fields: *len, columns: *expected_len }
        }
        ErrorKind::Utf8 { pos, .. } => VocabularyProblem::NotUtf8 { line: line(pos) },
        _ => VocabularyProblem::Read(error.into()),
    }
}

/// Says in what line the entry stands that a problem is about.
fn with_lines(problem: VocabularyProblem, line: impl Fn(usize) -> usize) -> VocabularyProblem {
    let in_line = |place| match place {
        Place::Entry(row) | Place::Merged(row) => Place::Line(line(row)),
        Place::Line(line) => Place::Line(line),
    };
    match problem {
        VocabularyProblem::Name { place, source } => {
            VocabularyProblem::Name { place: in_line(place), source }
        }
        VocabularyProblem::Twice { tag, first, second } => {
            VocabularyProblem::Twice { tag, first: in_line(first), second: in_line(second) }
        }
        other => other,
    }
}
