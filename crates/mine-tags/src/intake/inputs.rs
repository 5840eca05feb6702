//! The books of one file.

use caption_corpus::{Shard, SkipReason, Skipped};
use serde::Serialize;

use super::Batch;

/// One file, as the record of a run shows it.
#[derive(Debug, Serialize)]
pub struct InputRecord {
    pub path: String,
    pub format: &'static str,
    pub bytes: u64,
    #[serde(flatten)]
    pub columns: Columns,
    /// Rows read, those without a caption included.
    pub rows: u64,
    pub captions: u64,
    pub skipped: Vec<SkippedRecord>,
    /// Samples whose image cannot be used; only where images are read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_image: Vec<SkippedRecord>,
    /// Why the file could not be read, or not to its end.
    pub error: Option<String>,
    /// What the rows are called in messages: row, line, record.
    #[serde(skip)]
    pub row_word: &'static str,
    #[serde(skip)]
    pub tally: Skipped,
    #[serde(skip)]
    pub imageless: Skipped,
}

/// The columns that were read.
#[derive(Debug, Default, Serialize)]
pub struct Columns {
    pub caption_column: Option<String>,
    pub image_column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_id_column: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct SkippedRecord {
    pub reason: &'static str,
    pub count: u64,
    pub first_rows: Vec<u64>,
}

impl Columns {
    pub fn new(caption: Option<&str>, image: Option<&str>, image_id: Option<&str>) -> Self {
        let owned = |name: Option<&str>| name.map(str::to_owned);
        Self { caption_column: owned(caption), image_column: owned(image), image_id_column: owned(image_id) }
    }
}

impl InputRecord {
    pub fn new(shard: &Shard) -> Self {
        Self {
            path: shard.path.display().to_string(),
            format: shard.format.as_str(),
            bytes: shard.bytes,
            columns: Columns::default(),
            rows: 0,
            captions: 0,
            skipped: Vec::new(),
            without_image: Vec::new(),
            error: None,
            row_word: shard.format.row_word(),
            tally: Skipped::default(),
            imageless: Skipped::default(),
        }
    }

    /// Counts a batch of the file.
    pub fn add(&mut self, batch: &impl Batch) {
        self.rows += batch.rows();
        self.captions += batch.captions().len() as u64;
        self.tally.merge(batch.captions().skipped());
        if let Some(imageless) = batch.without_image() {
            self.imageless.merge(imageless);
        }
    }

    /// Fills the lists of rows once all are known.
    pub fn close(&mut self) {
        self.skipped = self.tally.iter().map(record).collect();
        self.without_image = self.imageless.iter().map(record).collect();
    }
}

fn record((reason, count, rows): (SkipReason, u64, &[u64])) -> SkippedRecord {
    SkippedRecord { reason: reason.as_str(), count, first_rows: rows.to_vec() }
}
