//! Some samples in one piece of memory.

use crate::batch::Span;
use crate::{CaptionBatch, SkipReason, Skipped};

/// The largest image that is read, in bytes. A larger one counts as
/// [`SkipReason::TooLong`] in [`SampleBatch::without_image`].
pub const MAX_IMAGE_BYTES: usize = 1 << 28;

/// A batch is full at so many bytes of images.
const BATCH_IMAGE_BYTES: usize = 8 << 20;

/// What a row says of its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageRef<'b> {
    /// Nothing, or nothing that can be used: see [`SampleBatch::without_image`].
    None,
    /// A file's name or path.
    Name(&'b str),
    /// A web address.
    Url(&'b str),
    /// The image stands in the file itself.
    Bytes {
        /// The encoded image; `None` if [`SampleChoice::wants_bytes`](crate::SampleChoice) is not
        /// set. Then it is not known either whether there are bytes in this row of a Parquet file.
        data: Option<&'b [u8]>,
        /// The file's name that stands with it: of a tar's member, of Hugging Face's struct.
        path: Option<&'b str>,
    },
}

/// An image with its captions, and where they stand.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'b> {
    /// Place in the file, from 1, as [`CaptionRow::row`](crate::CaptionRow::row).
    pub row: u64,
    /// What the image is known by: the value of the id column, the key of a tar's sample.
    pub id: Option<&'b str>,
    /// The image, or where it is.
    pub image: ImageRef<'b>,
    /// The captions; never none.
    pub captions: SampleCaptions<'b>,
    /// The value of the split column.
    pub split: Option<&'b str>,
}

/// The captions of one sample, without white space around them; none is empty.
#[derive(Clone, Copy, Debug)]
pub struct SampleCaptions<'b> {
    batch: &'b CaptionBatch,
    first: usize,
    end: usize,
}

impl<'b> SampleCaptions<'b> {
    /// Number of captions: 1 or more.
    #[allow(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.end - self.first
    }

    /// The captions in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'b str> + use<'b> {
        let batch = self.batch;
        (self.first..self.end).map(|index| batch.get(index).map_or("", |row| row.caption))
    }
}

/// Samples of consecutive rows of one shard, at most a few thousand, and about a megabyte of text
/// and eight of images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleBatch {
    captions: CaptionBatch,
    rows: Vec<Row>,
    bytes: Vec<u8>,
    without_image: Skipped,
}

/// A row; texts are spans of the captions' batch.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    row: u64,
    /// Positions of its captions: the first, and the one behind the last.
    captions: (usize, usize),
    id: Option<Span>,
    image: Image,
    split: Option<Span>,
}

/// An image of a [`Row`]: spans of text, and a span of the batch's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Image {
    /// The file has nowhere to say it.
    Unsaid,
    Unusable(SkipReason),
    Name(Span),
    Url(Span),
    Bytes {
        data: Option<(usize, usize)>,
        path: Option<Span>,
    },
}

impl SampleBatch {
    pub(crate) fn new(captions: CaptionBatch, mut samples: SampleRows) -> Self {
        samples.close_row(captions.len());
        let SampleRows { rows, bytes, without_image, .. } = samples;
        Self { captions, rows, bytes, without_image }
    }

    /// Number of samples. Rows without a caption are none.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no sample; rows may have been skipped all the same.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The sample at a position below [`len`](Self::len).
    pub fn get(&self, index: usize) -> Option<Sample<'_>> {
        self.rows.get(index).map(|row| self.sample(row))
    }

    /// The samples in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Sample<'_>> {
        self.rows.iter().map(|row| self.sample(row))
    }

    /// The captions of all samples, as [`Shard::open`](crate::Shard::open) gives them.
    pub fn captions(&self) -> &CaptionBatch {
        &self.captions
    }

    /// Captions that were skipped between and around these samples.
    pub fn skipped(&self) -> &Skipped {
        self.captions.skipped()
    }

    /// Samples whose image is [`ImageRef::None`] though the file has a place for images, with the
    /// reasons: no value ([`Null`](SkipReason::Null)), no bytes ([`Empty`](SkipReason::Empty)), …
    pub fn without_image(&self) -> &Skipped {
        &self.without_image
    }

    /// Rows of the file that were read for this batch, those that gave no sample included.
    pub fn rows(&self) -> u64 {
        self.captions.rows()
    }

    fn sample(&self, row: &Row) -> Sample<'_> {
        let text = |span| self.captions.text(span);
        let image = match row.image {
            Image::Unsaid | Image::Unusable(_) => ImageRef::None,
            Image::Name(name) => ImageRef::Name(text(name)),
            Image::Url(url) => ImageRef::Url(text(url)),
            Image::Bytes { data, path } => ImageRef::Bytes {
                data: data.map(|(start, end)| &self.bytes[start..end]),
                path: path.map(text),
            },
        };
        let (first, end) = row.captions;
        let captions = SampleCaptions { batch: &self.captions, first, end };
        Sample { row: row.row, id: row.id.map(text), image, captions, split: row.split.map(text) }
    }
}

/// What the rows of a growing batch have beside captions.
#[derive(Default)]
pub(crate) struct SampleRows {
    rows: Vec<Row>,
    /// The row that is being written.
    open: Option<Row>,
    bytes: Vec<u8>,
    without_image: Skipped,
}

impl SampleRows {
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BATCH_IMAGE_BYTES
    }

    /// Begins a row whose first caption will stand at this position.
    pub fn begin_row(&mut self, row: u64, first: usize) {
        self.close_row(first);
        self.open = Some(Row { row, captions: (first, first), id: None, image: Image::Unsaid, split: None });
    }

    pub fn id(&mut self, id: Option<Span>) {
        if let Some(row) = &mut self.open {
            row.id = id;
        }
    }

    pub fn split(&mut self, split: Option<Span>) {
        if let Some(row) = &mut self.open {
            row.split = split;
        }
    }

    pub fn image(&mut self, image: Image) {
        if let Some(row) = &mut self.open {
            row.image = image;
        }
    }

    pub fn no_image(&mut self, reason: SkipReason) {
        self.image(Image::Unusable(reason));
    }

    pub fn embedded(&mut self, data: Option<&[u8]>, path: Option<Span>) {
        match data {
            None => self.image(Image::Bytes { data: None, path }),
            Some([]) => self.no_image(SkipReason::Empty),
            Some(data) if data.len() > MAX_IMAGE_BYTES => self.no_image(SkipReason::TooLong),
            Some(data) => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(data);
                self.image(Image::Bytes { data: Some((start, self.bytes.len())), path });
            }
        }
    }

    /// Ends the row before the caption at this position. One without captions is no sample.
    fn close_row(&mut self, end: usize) {
        let Some(mut row) = self.open.take() else { return };
        row.captions.1 = end;
        if row.captions.0 < end {
            if let Image::Unusable(reason) = row.image {
                self.without_image.add(reason, row.row);
            }
            self.rows.push(row);
        } else if let Image::Bytes { data: Some((start, _)), .. } = row.image {
            self.bytes.truncate(start);
        }
    }
}
