//! What can go wrong with a corpus or a shard, in words that say what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::columns::MAX_COLUMNS;
use crate::input::MAX_RECORD_BYTES;

/// Why a corpus cannot be opened at all.
#[derive(Debug, Error)]
pub enum CorpusError {
    /// No input was given.
    #[error("no captions given: name a file, a folder or a pattern such as 'shards/*.parquet'")]
    NoInputs,
    /// A named file or folder does not exist.
    #[error("{}: no such file or folder", path.display())]
    NotFound {
        /// As it was given.
        path: PathBuf,
    },
    /// A pattern matches nothing.
    #[error("{pattern}: no file matches this pattern")]
    NoMatch {
        /// As it was given.
        pattern: String,
    },
    /// A pattern cannot be read.
    #[error("{pattern}: not a pattern: {reason}")]
    BadPattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder has no file of a known kind.
    #[error("{}: no captions in this folder: looked for files named {}", path.display(), crate::format::KNOWN_NAMES)]
    NothingInFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Neither a file nor a folder: a device, a pipe.
    #[error("{}: neither a file nor a folder: captions are read from files; save the stream to one", path.display())]
    NotAFile {
        /// As it was given.
        path: PathBuf,
    },
    /// A file or folder cannot be looked at.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// Why one file cannot be read, or not to its end.
#[derive(Debug, Error)]
#[error("{}: {problem}", path.display())]
pub struct ShardError {
    path: PathBuf,
    problem: Problem,
}

impl ShardError {
    pub(crate) fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

/// A column of a table, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its type in words: "string", "list of strings", "number".
    pub type_name: String,
}

impl fmt::Display for ColumnInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The first row of a table without a header gives long names.
        const SHOWN: usize = 40;
        match self.name.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}… ({})", &self.name[..end], self.type_name),
            None => write!(f, "{} ({})", self.name, self.type_name),
        }
    }
}

/// What is wrong with a file.
#[derive(Debug, Error)]
pub enum Problem {
    /// The system cannot open or read it.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Zero bytes, or white space alone.
    #[error("the file is empty")]
    Empty,
    /// Neither its name nor its content tells the format.
    #[error(
        "unknown format: neither the name nor the content tells how to read it; known are {}",
        crate::format::KNOWN_NAMES
    )]
    UnknownFormat,
    /// Named as Parquet, but it is something else.
    #[error("not a Parquet file: it does not begin with PAR1{hint}")]
    NotParquet {
        /// What it seems to be.
        hint: &'static str,
    },
    /// Parquet whose end is missing.
    #[error("the Parquet file is cut off: its end is missing; copy or download it again")]
    TruncatedParquet,
    /// The Parquet library's error, or its panic.
    #[error("broken Parquet file: {0}")]
    Parquet(String),
    /// Parquet in the one compression that the Parquet library lacks.
    #[error(
        "the Parquet file is compressed with LZO, which cannot be read: write it again with zstd or snappy"
    )]
    Lzo,
    /// Text in UTF-16.
    #[error("the text is UTF-16: save it as UTF-8, as by 'iconv -f UTF-16 -t UTF-8'")]
    Utf16,
    /// Text that another program than gzip has packed.
    #[error("the file is packed with {packer}: unpack it first, as by '{command}'")]
    Packed {
        /// The program's name.
        packer: &'static str,
        /// The command that unpacks to the standard output.
        command: &'static str,
    },
    /// No text at all.
    #[error("this is no text but binary data, or a damaged file: captions must be text in UTF-8")]
    Binary,
    /// JSON that breaks off or is not JSON.
    #[error("broken JSON near byte {byte}: {reason}")]
    Json {
        /// Bytes read before the error was seen.
        byte: u64,
        /// What was expected.
        reason: &'static str,
    },
    /// JSON of another shape than the known ones.
    #[error(
        "no captions in this JSON: expected a list of objects, or COCO's object with a list named \"annotations\""
    )]
    JsonShape,
    /// No JSON object could be read to learn the fields from.
    #[error("no JSON object in the first {looked_at} records")]
    NoRecords {
        /// Number of records that were looked at.
        looked_at: usize,
    },
    /// No column has a known name.
    #[error("no caption column found: name it with --caption-column; {}{}", listed(columns), headerless(*no_header))]
    NoCaptionColumn {
        /// What the file has.
        columns: Vec<ColumnInfo>,
        /// A text table whose first row may be data.
        no_header: bool,
    },
    /// Several columns have equally good names.
    #[error("{} could each be the {role} column: choose one with {}; {}", candidates.join(" and "), role.flag(), listed(columns))]
    AmbiguousColumn {
        /// Which column was looked for.
        role: Role,
        /// Names that fit equally well.
        candidates: Vec<String>,
        /// What the file has.
        columns: Vec<ColumnInfo>,
    },
    /// The column that was named does not exist.
    #[error("no column named {name:?} ({}); {}", role.flag(), listed(columns))]
    NoSuchColumn {
        /// Which column was looked for.
        role: Role,
        /// The name that was given.
        name: String,
        /// What the file has.
        columns: Vec<ColumnInfo>,
    },
    /// The column exists but cannot hold captions or image names.
    #[error("the {role} column {column}: {}; choose another with {}; {}", role.needs(), role.flag(), listed(columns))]
    WrongType {
        /// Which column was looked for.
        role: Role,
        /// The column and its type.
        column: ColumnInfo,
        /// What the file has.
        columns: Vec<ColumnInfo>,
    },
    /// Samples are wanted with images, and nothing in the file tells them.
    #[error("no image column found: name it with {}, or with {}; {}", Role::ImageSource.flag(), Role::Url.flag(), listed(columns))]
    NoImageColumn {
        /// What the file has.
        columns: Vec<ColumnInfo>,
    },
    /// Images are looked for in plain text.
    #[error(
        "plain text has no images, every line is a caption: give a file that has both, such as Parquet, CSV or a WebDataset tar"
    )]
    NoImagesInText,
    /// Both a column of images and one of addresses are named.
    #[error("{} and {} exclude each other: name one of them", Role::ImageSource.flag(), Role::Url.flag())]
    TwoImageColumns,
    /// COCO's list of images contradicts itself.
    #[error("the list \"images\" has two different images with the id {id}: correct it or leave one out")]
    ImageListedTwice {
        /// Their id.
        id: String,
    },
    /// Named as a tar, but it is something else, or it is damaged.
    #[error("{}: {reason}", broken_tar(*row))]
    Tar {
        /// The sample that was begun or would follow, from 1.
        row: u64,
        /// What is wrong with the member's header.
        reason: String,
    },
    /// A tar breaks off within a member.
    #[error(
        "the tar is cut off in sample {row} ({member}): copy or download it again; the samples before it are whole"
    )]
    TruncatedTar {
        /// The sample's number, from 1.
        row: u64,
        /// The member's name, or what it would be.
        member: String,
    },
    /// A tar that ends with a whole member, but without the mark of the end.
    #[error(
        "the tar has no mark of its end behind sample {row}: it is cut off, or was never closed; copy or download it again, or write it anew"
    )]
    TarWithoutEnd {
        /// The last sample's number.
        row: u64,
    },
    /// The first line of a CSV or TSV file has no end, or none that is in sight.
    #[error(
        "the first line is over {} MiB: this is no table, or its lines end in carriage returns alone, which 'tr \"\\r\" \"\\n\"' mends",
        MAX_RECORD_BYTES >> 20
    )]
    FirstLineTooLong,
    /// The first line of a CSV or TSV file has more fields than a table of captions can have.
    #[error(
        "the first line has {count} columns, but a table of captions has at most {MAX_COLUMNS}: leave some out"
    )]
    TooManyColumns {
        /// Number of columns.
        count: usize,
    },
    /// A record of a CSV or TSV file is too long to be read.
    #[error(
        "the record that begins on line {line} is over {} MiB: shorten it or leave it out; those before it are read",
        MAX_RECORD_BYTES >> 20
    )]
    RecordTooLong {
        /// Where the record begins.
        line: u64,
    },
    /// A quoted field of a CSV or TSV file has no end.
    #[error(
        "the quote opened on line {line} is never closed: the rest of the file would be one field; close it or double it"
    )]
    OpenQuote {
        /// Where the record begins.
        line: u64,
    },
}

/// The columns that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The caption column.
    Caption,
    /// The column by which images are known where captions alone are read.
    Image,
    /// The same where samples are read.
    ImageId,
    /// The column of a sample's image: the image itself, or where it is.
    ImageSource,
    /// The column of a sample's image's address.
    Url,
    /// The column of a sample's split.
    Split,
}

impl Role {
    /// The flag that names this column.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Caption => "--caption-column",
            Self::Image | Self::ImageSource => "--image-column",
            Self::ImageId => "--image-id-column",
            Self::Url => "--url-column",
            Self::Split => "--split-column",
        }
    }

    fn needs(self) -> &'static str {
        match self {
            Self::Caption => "captions must be text or lists of text",
            Self::Image | Self::ImageId => "images must be named by text or numbers",
            Self::ImageSource => "images must be bytes, structs of bytes and path, names or addresses",
            Self::Url => "addresses must be text",
            Self::Split => "splits must be named by text or numbers",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caption => "caption",
            Self::Image | Self::ImageSource => "image",
            Self::ImageId => "image id",
            Self::Url => "address",
            Self::Split => "split",
        })
    }
}

fn listed(columns: &[ColumnInfo]) -> String {
    const SHOWN: usize = 40;
    let mut names: Vec<String> = columns.iter().take(SHOWN).map(ColumnInfo::to_string).collect();
    if columns.len() > SHOWN {
        names.push(format!("and {} more", columns.len() - SHOWN));
    }
    format!("the columns are: {}", names.join(", "))
}

fn broken_tar(row: u64) -> String {
    if row <= 1 { "not a tar file".to_owned() } else { format!("the tar is damaged before sample {row}") }
}

fn headerless(no_header: bool) -> &'static str {
    if no_header { " (if the first row is data, give the column's number, 1 for the first)" } else { "" }
}
