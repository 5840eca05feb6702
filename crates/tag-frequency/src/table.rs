//! The ranked table and its files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use polars::prelude::*;
use polars_io::SerWriter;
use polars_io::csv::write::CsvWriter;
use polars_io::parquet::write::{KeyValueMetadata, ParquetWriter};
use polars_parquet::write::schema_to_metadata_key;
use thiserror::Error;

use crate::ranking::RankedTag;

/// What parts the examples of a tag in CSV files, which know no lists.
const EXAMPLE_SEPARATOR: &str = " | ";

/// Ranked tags as a table, one row a tag, best rank first.
///
/// | column | type | |
/// |---|---|---|
/// | `name` | string | the tag's name |
/// | `kind` | string | `object`, `scene`, `action` or `attribute` |
/// | `mentions` | u64 | how often captions say it |
/// | `captions` | u64 | captions that mention it |
/// | `images` | u64 | images that any caption mentions it for |
/// | `rank` | u32 | from 1, see [`RankedTag::rank`] |
/// | `examples` | list of strings | up to three captions, long ones cut to the words around the tag; in CSV one string, parted by ` \| ` |
#[derive(Clone, Debug)]
pub struct TagTable {
    frame: DataFrame,
}

/// A table that could not be computed or written.
#[derive(Debug, Error)]
pub enum TableError {
    /// The table library failed.
    #[error("cannot compute the tag table: {0}")]
    Compute(#[from] PolarsError),
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl TagTable {
    /// A table of tags in the order of their ranks, as [`Ranking::tags`](crate::Ranking::tags).
    ///
    /// # Errors
    /// [`TableError::Compute`] if the table library fails.
    pub fn new(tags: &[RankedTag]) -> Result<Self, TableError> {
        let names: StringChunked = tags.iter().map(|tag| Some(tag.tag.name.as_str())).collect();
        let kinds: StringChunked = tags.iter().map(|tag| Some(tag.tag.kind.as_str())).collect();
        let ranks: UInt32Chunked = tags.iter().map(|tag| Some(tag.rank)).collect();
        let counts = |name: &str, count: fn(&RankedTag) -> u64| {
            let counts: UInt64Chunked = tags.iter().map(|tag| Some(count(tag))).collect();
            counts.with_name(name.into()).into_column()
        };
        let columns = vec![
            names.with_name("name".into()).into_column(),
            kinds.with_name("kind".into()).into_column(),
            counts("mentions", |tag| tag.mentions),
            counts("captions", |tag| tag.captions),
            counts("images", |tag| tag.images),
            ranks.with_name("rank".into()).into_column(),
            examples(tags),
        ];
        Ok(TagTable { frame: DataFrame::new(tags.len(), columns)? })
    }

    /// Number of tags.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// Whether there are no tags.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The table as a polars data frame.
    pub fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// The first `count` tags, or all if there are fewer.
    #[must_use]
    pub fn top(&self, count: usize) -> TagTable {
        TagTable { frame: self.frame.head(Some(count)) }
    }

    /// Writes the table as a Parquet file, compressed with Zstandard, and waits until it lies on
    /// the disk. Equal tables give equal files.
    ///
    /// # Errors
    /// [`TableError::Write`], which names the path; part of the file may be left there.
    pub fn write_parquet(&self, path: &Path) -> Result<(), TableError> {
        let mut frame = self.frame.clone();
        // Left to itself, polars notes its in-memory types in the file. They make readers give
        // lists of string views, which pandas, for one, cannot take.
        let types = frame.schema().to_arrow(CompatLevel::oldest());
        let metadata = KeyValueMetadata::Static(vec![schema_to_metadata_key(&types)]);
        write_file(path, |file| {
            let writer = ParquetWriter::new(file).with_key_value_metadata(Some(metadata));
            writer.finish(&mut frame).map(|_bytes| ())
        })
    }

    /// Writes the table as a CSV file with a header, in UTF-8, and waits until it lies on the
    /// disk. Strings with commas, quotes or line breaks are quoted.
    ///
    /// # Errors
    /// [`TableError::Write`], which names the path; part of the file may be left there.
    pub fn write_csv(&self, path: &Path) -> Result<(), TableError> {
        let mut frame = self.frame.clone();
        let joined = joined_examples(&frame)?;
        frame.with_column(joined)?;
        write_file(path, |file| CsvWriter::new(file).finish(&mut frame))
    }
}

fn examples(tags: &[RankedTag]) -> Column {
    let total = tags.iter().map(|tag| tag.examples.len()).sum();
    let mut lists = ListStringChunkedBuilder::new("examples".into(), tags.len(), total);
    for tag in tags {
        lists.append_values_iter(tag.examples.iter().map(AsRef::as_ref));
    }
    lists.finish().into_column()
}

fn joined_examples(frame: &DataFrame) -> PolarsResult<Column> {
    let mut joined = StringChunkedBuilder::new("examples".into(), frame.height());
    for examples in frame.column("examples")?.list()?.series_iter() {
        let examples = examples.unwrap_or_default();
        let texts: Vec<&str> = examples.str()?.iter().flatten().collect();
        joined.append_value(texts.join(EXAMPLE_SEPARATOR));
    }
    Ok(joined.finish().into_column())
}

fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> PolarsResult<()>,
) -> Result<(), TableError> {
    let written = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        write(&mut file).map_err(io::Error::other)?;
        file.flush()?;
        file.get_ref().sync_all()
    };
    written().map_err(|source| TableError::Write { path: path.to_owned(), source })
}
