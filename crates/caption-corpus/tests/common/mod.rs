//! Small files of every kind, and what is read from them.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod samples;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use caption_corpus::{ColumnChoice, Corpus, SkipReason, Skipped};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

pub struct Folder(pub TempDir);

/// Captions with their rows and images, what was skipped, and the error at the end.
#[derive(Debug, Default)]
pub struct Read {
    pub captions: Vec<(u64, String, Option<String>)>,
    pub skipped: Skipped,
    pub rows: u64,
    pub error: Option<String>,
}

impl Folder {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes columns as Parquet with so many rows a row group.
    pub fn parquet(&self, name: &str, columns: Vec<(&str, ArrayRef)>, group: usize) -> PathBuf {
        self.compressed_parquet(name, columns, group, Compression::UNCOMPRESSED)
    }

    pub fn compressed_parquet(
        &self,
        name: &str,
        columns: Vec<(&str, ArrayRef)>,
        group: usize,
        compression: Compression,
    ) -> PathBuf {
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, array)| (name, array, true)),
        )
        .unwrap();
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(group))
            .set_compression(compression)
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        self.write(name, writer.into_inner().unwrap())
    }
}

pub fn array(array: impl arrow::array::Array + 'static) -> ArrayRef {
    Arc::new(array)
}

pub fn choice(caption: Option<&str>, image: Option<&str>) -> ColumnChoice {
    ColumnChoice { caption: caption.map(str::to_owned), image: image.map(str::to_owned) }
}

pub fn read(path: &std::path::Path) -> Read {
    read_with(path, &ColumnChoice::default())
}

pub fn read_with(path: &std::path::Path, choice: &ColumnChoice) -> Read {
    let corpus = Corpus::open([path], choice).unwrap();
    assert_eq!(corpus.shards().len(), 1);
    let mut result = Read::default();
    let reader = match corpus.shards()[0].open() {
        Ok(reader) => reader,
        Err(error) => return Read { error: Some(error.to_string()), ..result },
    };
    for batch in reader {
        match batch {
            Ok(batch) => {
                assert!(result.error.is_none(), "a batch after an error");
                result.rows += batch.rows();
                result.skipped.merge(batch.skipped());
                let owned =
                    batch.iter().map(|row| (row.row, row.caption.to_owned(), row.image.map(str::to_owned)));
                result.captions.extend(owned);
            }
            Err(error) => result.error = Some(error.to_string()),
        }
    }
    result
}

impl Read {
    /// The captions alone; fails the test if the file ended with an error.
    pub fn texts(&self) -> Vec<&str> {
        assert_eq!(self.error, None);
        self.captions.iter().map(|(_, caption, _)| caption.as_str()).collect()
    }

    pub fn images(&self) -> Vec<&str> {
        self.captions.iter().map(|(_, _, image)| image.as_deref().unwrap_or("-")).collect()
    }

    pub fn row_numbers(&self) -> Vec<u64> {
        self.captions.iter().map(|&(row, _, _)| row).collect()
    }

    pub fn skips(&self) -> Vec<(SkipReason, u64, Vec<u64>)> {
        self.skipped.iter().map(|(reason, count, rows)| (reason, count, rows.to_vec())).collect()
    }

    pub fn error(&self) -> &str {
        self.error.as_deref().expect("an error")
    }
}
