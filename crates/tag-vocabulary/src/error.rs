//! What can be wrong with a vocabulary or its files, in words that say what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::vocabulary::{FORMAT, MAX_FILE_BYTES, VERSION};
use crate::{Tag, TagNameError, UnknownTagKind};

/// Why a vocabulary cannot be made, read, written or used.
#[derive(Debug)]
pub struct VocabularyError {
    path: Option<PathBuf>,
    problem: VocabularyProblem,
}

impl VocabularyError {
    pub(crate) fn at(path: &Path, problem: VocabularyProblem) -> Self {
        Self { path: Some(path.to_owned()), problem }
    }

    /// The file, if one was read or written.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What is wrong.
    pub fn problem(&self) -> &VocabularyProblem {
        &self.problem
    }
}

impl From<VocabularyProblem> for VocabularyError {
    fn from(problem: VocabularyProblem) -> Self {
        Self { path: None, problem }
    }
}

impl fmt::Display for VocabularyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        self.problem.fmt(f)
    }
}

impl std::error::Error for VocabularyError {}

/// Where a tag stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Position in the list of entries, from 0.
    Entry(usize),
    /// Among the tags merged into the entry at this position, from 0.
    Merged(usize),
    /// Line of a text file, from 1.
    Line(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Entry(position) => write!(f, "tags[{position}]"),
            Place::Merged(position) => write!(f, "tags[{position}].merged"),
            Place::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// What is wrong with a vocabulary or its file.
#[derive(Debug, Error)]
pub enum VocabularyProblem {
    /// The system cannot open or read the file.
    #[error("cannot read the file: {0}")]
    Read(#[source] io::Error),
    /// The system cannot write the file.
    #[error("cannot write: {0}")]
    Write(#[source] io::Error),
    /// Neither JSON nor CSV by its name.
    #[error(
        "a vocabulary is a file whose name ends in .json (vocabulary.json) or .csv (the candidates.csv of a run): name such a file"
    )]
    UnknownFormat,
    /// More bytes than any vocabulary has.
    #[error(
        "the file has more than {} MiB, which is too much for a vocabulary: is it the right file?",
        MAX_FILE_BYTES >> 20
    )]
    TooLarge,
    /// JSON that breaks off, is not JSON, or has a field that is missing, unknown or of a wrong type.
    #[error("cannot read the JSON: {reason}: correct it there, or write the vocabulary again")]
    Json {
        /// What was expected, with line and column.
        reason: String,
    },
    /// JSON of something else.
    #[error(
        "not a vocabulary: expected a JSON object with \"format\": \"{FORMAT}\" and \"version\": {VERSION}"
    )]
    NotAVocabulary,
    /// A vocabulary of another version of the format.
    #[error(
        "this is version {found} of the format, and version {VERSION} is read: use the program that wrote it, or write it again"
    )]
    Version {
        /// The version in the file.
        found: u64,
    },
    /// The tags are not those that the hash in the file was made of.
    #[error(
        "the file has been changed: its hash is {found}, its tags' hash is {expected}; get the file as it was or, if the change is meant, remove \"hash\" from it"
    )]
    HashDiffers {
        /// The hash in the file.
        found: String,
        /// The hash of the tags in the file.
        expected: String,
    },
    /// An id that is not the entry's position.
    #[error(
        "{place}: the id is {found}: ids are positions, counted from 0; put the tags in the order of their ids"
    )]
    IdOutOfOrder {
        /// The entry.
        place: Place,
        /// Its id in the file.
        found: u32,
    },
    /// An entry that comes after those of a later block.
    #[error("{place}: {tag} stands too late: objects and scenes come first, then actions, then attributes")]
    BlockOutOfOrder {
        /// The entry.
        place: Place,
        /// Its tag.
        tag: Tag,
    },
    /// A name that breaks a convention.
    #[error("{place}: {source}: correct the name")]
    Name {
        /// Where it stands.
        place: Place,
        /// Which convention.
        source: TagNameError,
    },
    /// A tag that is there twice, as an entry or merged into one.
    #[error("{tag} stands twice, at {first} and at {second}: remove one of them")]
    Twice {
        /// The tag.
        tag: Tag,
        /// Where it stands first.
        first: Place,
        /// Where it stands again.
        second: Place,
    },
    /// No entry at all.
    #[error("there are no tags: a vocabulary needs at least one")]
    Empty,
    /// More entries than there are ids.
    #[error("{count} tags are more than there are ids: at most {} can be numbered", u32::MAX)]
    TooMany {
        /// Number of entries.
        count: usize,
    },
    /// A column of `candidates.csv` is not there.
    #[error(
        "no column {name:?}, the columns are {}: candidates.csv needs name, kind, mentions, captions and images",
        found.join(", ")
    )]
    MissingColumn {
        /// The column.
        name: &'static str,
        /// The beginning of what the first line has.
        found: Vec<String>,
    },
    /// A row with too many or too few fields.
    #[error(
        "line {line}: {fields} fields, but the first line has {columns}: a quote or a comma is missing or too many"
    )]
    Fields {
        /// Where the row begins.
        line: usize,
        /// Fields of the row.
        fields: u64,
        /// Fields of the first line.
        columns: u64,
    },
    /// A quoted field without an end.
    #[error("line {line}: a quote is opened and never closed: close it or double it")]
    OpenQuote {
        /// Where the row begins.
        line: usize,
    },
    /// Bytes that are no text.
    #[error("line {line}: the text is not UTF-8: save the file as UTF-8")]
    NotUtf8 {
        /// Where they are.
        line: usize,
    },
    /// A kind that does not exist.
    #[error("line {line}: {source}")]
    Kind {
        /// Where the row begins.
        line: usize,
        /// What was found.
        source: UnknownTagKind,
    },
    /// A count that is no whole number.
    #[error("line {line}: {column} is {value:?}: expected a whole number from 0 to {}", u64::MAX)]
    Number {
        /// Where the row begins.
        line: usize,
        /// The column.
        column: &'static str,
        /// What was found.
        value: String,
    },
    /// Something that was made with another vocabulary.
    #[error(
        "{what} was made with another vocabulary: its hash is {found}, that of the one in use is {expected}; use the vocabulary that it was made with, or make it again"
    )]
    OtherVocabulary {
        /// What it is.
        what: String,
        /// The hash in it.
        found: String,
        /// The hash of the vocabulary in use.
        expected: String,
    },
}
