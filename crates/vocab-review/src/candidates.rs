//! What is up for review.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use tag_vocabulary::{Tag, TagKind, TagNameError, UnknownTagKind};
use thiserror::Error;

const COLUMNS: [&str; 5] = ["name", "kind", "mentions", "captions", "images"];
const EXAMPLES: &str = "examples";
/// What parts the examples of a tag in a run's CSV.
const BETWEEN_EXAMPLES: &str = " | ";
/// The file of a run's folder.
const FILE: &str = "candidates.csv";

/// A tag that may become one of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Name and kind, as the miner gives them.
    pub tag: Tag,
    /// How often captions say it.
    pub mentions: u64,
    /// Captions that mention it.
    pub captions: u64,
    /// Images that any caption mentions it for.
    pub images: u64,
    /// Captions that mention it, some words of each; none if they may not be passed on.
    pub examples: Vec<String>,
}

/// Candidates in the order of their frequency.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    list: Vec<Candidate>,
    places: HashMap<Tag, usize>,
}

/// Why candidates cannot be read.
#[derive(Debug, Error)]
pub enum CandidatesError {
    /// The system refuses.
    #[error("{}: the candidates cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The table is not one of candidates.
    #[error("{}: no column {column:?}: give a run's folder or its {FILE}", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// What is missing.
        column: &'static str,
    },
    /// A row is wrong.
    #[error("{}, line {line}: {reason}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// Nothing is up for review.
    #[error("{} has no candidates", .0.display())]
    Empty(PathBuf),
}

impl Candidates {
    /// Reads the `candidates.csv` of a run: its folder, or the file itself.
    ///
    /// # Errors
    /// If it cannot be read, lacks a column, has a row that is no tag, or a tag twice.
    pub fn read(path: &Path) -> Result<Self, CandidatesError> {
        let path = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
        let file = File::open(&path).map_err(|source| CandidatesError::Io { path: path.clone(), source })?;
        let mut table = Table::new(&path, csv::Reader::from_reader(file))?;
        let mut list = Vec::new();
        while let Some(candidate) = table.next()? {
            list.push(candidate);
        }
        if list.is_empty() {
            return Err(CandidatesError::Empty(path));
        }
        Self::new(list).map_err(|tag| CandidatesError::Row {
            path,
            line: 0,
            reason: format!("{tag} stands twice"),
        })
    }

    /// Puts candidates in order: by images, then captions, then mentions, then tag.
    ///
    /// # Errors
    /// The tag that stands twice.
    pub fn new(mut list: Vec<Candidate>) -> Result<Self, Tag> {
        let order = |candidate: &Candidate| {
            let Candidate { images, captions, mentions, .. } = *candidate;
            std::cmp::Reverse((images, captions, mentions))
        };
        list.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.tag.cmp(&b.tag)));
        let mut places = HashMap::with_capacity(list.len());
        for (place, candidate) in list.iter().enumerate() {
            if places.insert(candidate.tag.clone(), place).is_some() {
                return Err(candidate.tag.clone());
            }
        }
        Ok(Self { list, places })
    }

    /// All of them, the most frequent first.
    pub fn all(&self) -> &[Candidate] {
        &self.list
    }

    /// The candidate of a tag, and its place in the order from 0.
    pub fn get(&self, tag: &Tag) -> Option<(usize, &Candidate)> {
        let place = *self.places.get(tag)?;
        Some((place, &self.list[place]))
    }
}

/// A table whose columns were found.
struct Table<'p> {
    path: &'p Path,
    reader: csv::Reader<File>,
    columns: [usize; COLUMNS.len()],
    examples: Option<usize>,
    record: StringRecord,
}

impl<'p> Table<'p> {
    fn new(path: &'p Path, mut reader: csv::Reader<File>) -> Result<Self, CandidatesError> {
        let header = reader.headers().map_err(|error| bad_row(path, &error))?.clone();
        let place = |name: &str| header.iter().position(|found| found == name);
        let mut columns = [0; COLUMNS.len()];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            *column = place(name)
                .ok_or_else(|| CandidatesError::MissingColumn { path: path.to_owned(), column: name })?;
        }
        Ok(Self { path, reader, columns, examples: place(EXAMPLES), record: StringRecord::new() })
    }

    fn next(&mut self) -> Result<Option<Candidate>, CandidatesError> {
        if !self.reader.read_record(&mut self.record).map_err(|error| bad_row(self.path, &error))? {
            return Ok(None);
        }
        let candidate = self.candidate().map_err(|reason| CandidatesError::Row {
            path: self.path.to_owned(),
            line: self.record.position().map_or(0, csv::Position::line),
            reason,
        })?;
        Ok(Some(candidate))
    }

    fn candidate(&self) -> Result<Candidate, String> {
        let [name, kind, mentions, captions, images] =
            self.columns.map(|column| self.record.get(column).unwrap_or_default());
        let kind: TagKind = kind.parse().map_err(|error: UnknownTagKind| error.to_string())?;
        let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is not a count"));
        let examples = self.examples.and_then(|column| self.record.get(column)).unwrap_or_default();
        let examples = examples.split(BETWEEN_EXAMPLES).map(str::trim).filter(|example| !example.is_empty());
        Ok(Candidate {
            tag: Tag::new(name, kind).map_err(|error: TagNameError| error.to_string())?,
            mentions: number(mentions)?,
            captions: number(captions)?,
            images: number(images)?,
            examples: examples.map(str::to_owned).collect(),
        })
    }
}

fn bad_row(path: &Path, error: &csv::Error) -> CandidatesError {
    let line = error.position().map_or(0, csv::Position::line);
    CandidatesError::Row { path: path.to_owned(), line, reason: error.to_string() }
}
