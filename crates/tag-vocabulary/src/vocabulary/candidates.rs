//! A run's `candidates.csv`, every row an entry.

use std::path::Path;

use csv::{ErrorKind, Position, StringRecord};

use super::{Entry, Vocabulary, check, file};
use crate::error::{Place, VocabularyError, VocabularyProblem};
use crate::{Tag, TagKind};

const COLUMNS: [&str; 5] = ["name", "kind", "mentions", "captions", "images"];

const EXAMPLES: &str = "examples";
/// What parts the examples of a tag.
const BETWEEN_EXAMPLES: &str = " | ";

/// A row of a run's `candidates.csv`: a tag that may become one of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateRow {
    /// Name, kind and counts. Nothing is muted or merged yet.
    pub entry: Entry,
    /// Captions that mention the tag, some words of each; none if they may not be passed on.
    pub examples: Vec<String>,
}

/// Reads a run's `candidates.csv`, its rows in their order: the columns `name`, `kind`, `mentions`,
/// `captions`, `images` and, if it is there, `examples`, in any order and with others among them.
///
/// # Errors
/// If the file cannot be read or is larger than [`MAX_FILE_BYTES`](crate::MAX_FILE_BYTES), lacks a
/// column, has no row, a row that is no tag, or a tag twice. The error names the file and the line.
pub fn read_candidates(path: &Path) -> Result<Vec<CandidateRow>, VocabularyError> {
    let rows = file::read_text(path).and_then(|bytes| rows(file::without_mark(&bytes)));
    rows.map_err(|problem| VocabularyError::at(path, problem))
}

fn rows(text: &[u8]) -> Result<Vec<CandidateRow>, VocabularyProblem> {
    let Table { entries, examples, starts } = Table::parse(text)?;
    check(&entries).map_err(|problem| with_lines(problem, |row| line_at(text, starts[row])))?;
    let rows = entries.into_iter().zip(examples);
    Ok(rows.map(|(entry, examples)| CandidateRow { entry, examples }).collect())
}

/// The rows as a vocabulary, in its order.
pub(super) fn from_csv(text: &[u8]) -> Result<Vocabulary, VocabularyProblem> {
    let Table { entries, starts, .. } = Table::parse(text)?;
    Vocabulary::sorted(entries).map_err(|problem| with_lines(problem, |row| line_at(text, starts[row])))
}

/// What stands in a file, row by row. Names are not checked yet.
struct Table {
    entries: Vec<Entry>,
    examples: Vec<Vec<String>>,
    /// Where each row begins. Lines are counted only if there is something to say about them.
    starts: Vec<usize>,
}

impl Table {
    fn parse(text: &[u8]) -> Result<Self, VocabularyProblem> {
        let mut reader = csv::Reader::from_reader(text);
        let header = reader.headers().map_err(|error| row_problem(text, error))?.clone();
        if has_open_quote(&text[..reader.position().byte() as usize]) {
            return Err(VocabularyProblem::OpenQuote { line: line_at(text, 0) });
        }
        let columns = columns(&header)?;
        let example_column = header.iter().position(|found| found == EXAMPLES);
        let mut table = Self { entries: Vec::new(), examples: Vec::new(), starts: Vec::new() };
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| row_problem(text, error))? {
            let start = record.position().map_or(0, Position::byte) as usize;
            if has_open_quote(&text[start..reader.position().byte() as usize]) {
                return Err(VocabularyProblem::OpenQuote { line: line_at(text, start) });
            }
            table.entries.push(entry(&record, columns, || line_at(text, start))?);
            table.examples.push(examples(example_column.and_then(|column| record.get(column))));
            table.starts.push(start);
        }
        Ok(table)
    }
}

fn examples(field: Option<&str>) -> Vec<String> {
    let examples = field.unwrap_or_default().split(BETWEEN_EXAMPLES).map(str::trim);
    examples.filter(|example| !example.is_empty()).map(str::to_owned).collect()
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
