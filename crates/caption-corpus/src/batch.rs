//! A few thousand captions in one piece of memory.

use crate::{SkipReason, Skipped};

/// The longest caption that is read, in bytes. A longer one is skipped as
/// [`SkipReason::TooLong`].
pub const MAX_CAPTION_BYTES: usize = 1 << 20;

/// A batch is full at so many captions and skipped rows …
const BATCH_ROWS: u64 = 2048;
/// … or at so many bytes of text.
const BATCH_BYTES: usize = 1 << 20;

/// A caption and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptionRow<'b> {
    /// Place in the file, from 1: the row of a Parquet table, the line of a text file (that on
    /// which the record begins), the element of a JSON list. All captions of a list share it.
    pub row: u64,
    /// The caption without white space around it; never empty.
    pub caption: &'b str,
    /// The image's name, number or address. `None`: the file does not say, and the row is an
    /// image of its own.
    pub image: Option<&'b str>,
}

/// Captions of consecutive rows of one shard, at most a few thousand and about a megabyte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptionBatch {
    text: String,
    entries: Vec<Entry>,
    skipped: Skipped,
    rows: u64,
}

/// Spans of `text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    row: u64,
    caption: (u32, u32),
    image: Option<(u32, u32)>,
}

impl CaptionBatch {
    /// Number of captions.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no caption; rows may have been skipped all the same.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The caption at a position below [`len`](Self::len).
    pub fn get(&self, index: usize) -> Option<CaptionRow<'_>> {
        self.entries.get(index).map(|entry| self.row(entry))
    }

    /// The captions in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = CaptionRow<'_>> {
        self.entries.iter().map(|entry| self.row(entry))
    }

    /// What was skipped between and around these captions.
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Rows of the file that were read for this batch, those that gave no caption included.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn row(&self, entry: &Entry) -> CaptionRow<'_> {
        let text = |(start, end): (u32, u32)| &self.text[start as usize..end as usize];
        CaptionRow { row: entry.row, caption: text(entry.caption), image: entry.image.map(text) }
    }

    fn push_text(&mut self, text: &str) -> (u32, u32) {
        // A batch is closed at a megabyte and no caption or record is over sixteen.
        let start = self.text.len() as u32;
        self.text.push_str(text);
        (start, self.text.len() as u32)
    }
}

/// Fills a [`CaptionBatch`] row by row.
#[derive(Default)]
pub(crate) struct BatchBuilder {
    batch: CaptionBatch,
}

impl BatchBuilder {
    /// Whether the batch should be given away before another row is begun.
    pub fn is_full(&self) -> bool {
        self.batch.rows >= BATCH_ROWS
            || self.batch.entries.len() as u64 >= BATCH_ROWS
            || self.batch.text.len() >= BATCH_BYTES
    }

    /// Begins a row. Its captions follow through the returned writer.
    pub fn begin_row(&mut self, row: u64) -> RowWriter<'_> {
        self.batch.rows += 1;
        RowWriter { batch: &mut self.batch, row, image: None }
    }

    /// Counts a row that gives no caption.
    pub fn skip_row(&mut self, row: u64, reason: SkipReason) {
        self.begin_row(row).skip(reason);
    }

    /// The batch, unless nothing at all was read into it.
    pub fn finish(self) -> Option<CaptionBatch> {
        (self.batch.rows > 0).then_some(self.batch)
    }
}

/// Adds the captions of one row.
pub(crate) struct RowWriter<'b> {
    batch: &'b mut CaptionBatch,
    row: u64,
    image: Option<(u32, u32)>,
}

impl RowWriter<'_> {
    /// Sets the row's image; an empty name is none.
    pub fn image(&mut self, image: &str) {
        if !image.is_empty() && image.len() <= MAX_CAPTION_BYTES {
            self.image = Some(self.batch.push_text(image));
        }
    }

    /// Adds a caption, or counts it as skipped.
    pub fn caption(&mut self, bytes: &[u8]) {
        if bytes.len() > MAX_CAPTION_BYTES {
            return self.skip(SkipReason::TooLong);
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return self.skip(SkipReason::NotUtf8);
        };
        let text = text.trim();
        if text.is_empty() {
            return self.skip(SkipReason::Empty);
        }
        let caption = self.batch.push_text(text);
        self.batch.entries.push(Entry { row: self.row, caption, image: self.image });
    }

    /// Counts a caption that is not there or cannot be used.
    pub fn skip(&mut self, reason: SkipReason) {
        self.batch.skipped.add(reason, self.row);
    }
}
