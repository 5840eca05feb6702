//! A few thousand captions in one piece of memory.

use crate::samples::{Image, SampleBatch, SampleRows};
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

/// A piece of a batch's text: where it begins and ends.
pub(crate) type Span = (u32, u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    row: u64,
    caption: Span,
    image: Option<Span>,
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
        let text = |span| self.text(span);
        CaptionRow { row: entry.row, caption: text(entry.caption), image: entry.image.map(text) }
    }

    /// The text of a span of this batch.
    pub(crate) fn text(&self, (start, end): Span) -> &str {
        &self.text[start as usize..end as usize]
    }

    /// Keeps a name, an address or a split.
    fn push_reference(&mut self, bytes: &[u8]) -> Result<Span, SkipReason> {
        usable(bytes).map(|text| self.push_text(text))
    }

    fn push_text(&mut self, text: &str) -> Span {
        // A batch is closed at a megabyte and no caption or record is over sixteen.
        let start = self.text.len() as u32;
        self.text.push_str(text);
        (start, self.text.len() as u32)
    }
}

/// Fills a [`CaptionBatch`] or a [`SampleBatch`] row by row.
#[derive(Default)]
pub(crate) struct BatchBuilder {
    captions: CaptionBatch,
    /// What samples have beside captions; `None` if captions alone are wanted.
    samples: Option<SampleRows>,
}

impl BatchBuilder {
    /// A builder of samples.
    pub fn of_samples() -> Self {
        Self { samples: Some(SampleRows::default()), ..Self::default() }
    }

    /// Whether the batch should be given away before another row is begun.
    pub fn is_full(&self) -> bool {
        self.captions.rows >= BATCH_ROWS
            || self.captions.entries.len() as u64 >= BATCH_ROWS
            || self.captions.text.len() >= BATCH_BYTES
            || self.samples.as_ref().is_some_and(SampleRows::is_full)
    }

    /// Begins a row. Its captions follow through the returned writer.
    pub fn begin_row(&mut self, row: u64) -> RowWriter<'_> {
        self.captions.rows += 1;
        let first = self.captions.entries.len();
        if let Some(samples) = &mut self.samples {
            samples.begin_row(row, first);
        }
        RowWriter { batch: &mut self.captions, samples: self.samples.as_mut(), row, image: None }
    }

    /// Counts a row that gives no caption.
    pub fn skip_row(&mut self, row: u64, reason: SkipReason) {
        self.begin_row(row).skip(reason);
    }

    /// The captions, unless nothing at all was read.
    pub fn finish(self) -> Option<CaptionBatch> {
        (self.captions.rows > 0).then_some(self.captions)
    }

    /// The samples, unless nothing at all was read.
    pub fn finish_samples(self) -> Option<SampleBatch> {
        let Self { captions, samples } = self;
        (captions.rows > 0).then(|| SampleBatch::new(captions, samples.unwrap_or_default()))
    }
}

/// Adds what one row has. What samples alone have is dropped where captions alone are wanted.
pub(crate) struct RowWriter<'b> {
    batch: &'b mut CaptionBatch,
    samples: Option<&'b mut SampleRows>,
    row: u64,
    image: Option<Span>,
}

impl RowWriter<'_> {
    /// Sets the name by which the row's image is known; an empty one is none.
    pub fn image(&mut self, image: &str) {
        if !image.is_empty() && image.len() <= MAX_CAPTION_BYTES {
            self.image = Some(self.batch.push_text(image));
            if let Some(samples) = &mut self.samples {
                samples.id(self.image);
            }
        }
    }

    /// Says where the row's image is: a file's name or an address. What begins as a web address
    /// is one whatever column it stands in.
    pub fn reference(&mut self, bytes: &[u8], is_url: bool) {
        let Some(samples) = &mut self.samples else { return };
        match self.batch.push_reference(bytes) {
            Ok(span) if is_url || is_web_address(self.batch.text(span)) => samples.image(Image::Url(span)),
            Ok(span) => samples.image(Image::Name(span)),
            Err(reason) => samples.no_image(reason),
        }
    }

    /// Gives the image itself: `None` if its bytes were not asked for.
    pub fn embedded(&mut self, data: Option<&[u8]>, path: Option<&[u8]>) {
        let Some(samples) = &mut self.samples else { return };
        let path = path.and_then(|path| self.batch.push_reference(path).ok());
        samples.embedded(data, path);
    }

    /// Counts the row as one without a usable image.
    pub fn no_image(&mut self, reason: SkipReason) {
        if let Some(samples) = &mut self.samples {
            samples.no_image(reason);
        }
    }

    /// Sets the split that the row belongs to; an empty one is none.
    pub fn split(&mut self, split: &str) {
        if let Some(samples) = &mut self.samples {
            let split = self.batch.push_reference(split.as_bytes());
            samples.split(split.ok());
        }
    }

    /// Adds a caption, or counts it as skipped.
    pub fn caption(&mut self, bytes: &[u8]) {
        match usable(bytes) {
            Ok(text) => {
                let caption = self.batch.push_text(text);
                self.batch.entries.push(Entry { row: self.row, caption, image: self.image });
            }
            Err(reason) => self.skip(reason),
        }
    }

    /// Counts a caption that is not there or cannot be used.
    pub fn skip(&mut self, reason: SkipReason) {
        self.batch.skipped.add(reason, self.row);
    }
}

/// Text without white space around it, if there is any.
fn usable(bytes: &[u8]) -> Result<&str, SkipReason> {
    if bytes.len() > MAX_CAPTION_BYTES {
        return Err(SkipReason::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SkipReason::NotUtf8)?.trim();
    if text.is_empty() { Err(SkipReason::Empty) } else { Ok(text) }
}

fn is_web_address(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(scheme))
    })
}
