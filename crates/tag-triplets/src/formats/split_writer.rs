//! What all formats share: checks, and when a shard and a part are full.

use std::num::NonZeroU64;
use std::path::PathBuf;

use super::check::{self, ImageKind, content_bytes};
use super::index::{self, Index, IndexedFile, IndexedPart, Span};
use super::output::sync_folder;
use super::{Format, TripletWriter, WriterOptions, WrittenFile};
use crate::{Provenance, Triplet, TripletError};

/// A part ends at whichever is met first. Large enough to pack well, small enough that a reader
/// can hold some for each of its threads.
const PART_SAMPLES: u64 = 4096;
const PART_BYTES: u64 = 16 << 20;

/// What is being written.
pub(super) struct Split {
    pub(super) directory: PathBuf,
    pub(super) name: String,
    pub(super) options: WriterOptions,
    pub(super) provenance: Provenance,
}

impl Split {
    /// How images are given if there is none to say it.
    fn images(&self) -> ImageKind {
        self.options.images.unwrap_or(ImageKind::Path)
    }

    /// Whether it is meant to be one file, whose name then needs no number.
    pub(super) fn is_one_file(&self) -> bool {
        self.options.samples_per_shard.is_none() && self.options.bytes_per_shard.is_none()
    }
}

/// What was written of a split so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) samples: u64,
    pub(super) captions: u64,
}

/// A file in the making.
pub(super) trait Shard: Send + Sized {
    const FORMAT: Format;

    /// The file's name below the split's folder.
    fn name(split: &Split, number: usize) -> String;
    fn create(split: &Split, name: &str, images: ImageKind) -> Result<Self, TripletError>;
    /// Adds a triplet; `before` is what the whole split had until then.
    fn add(&mut self, triplet: &Triplet, before: Written) -> Result<(), TripletError>;
    /// Ends a part.
    fn end_part(&mut self) -> Result<(), TripletError>;
    /// Ends the file, the last part of which has been ended.
    fn finish(self) -> Result<Finished, TripletError>;
}

/// A file that is complete.
pub(super) struct Finished {
    pub(super) bytes: u64,
    /// Where its parts are; none if the file itself says so.
    pub(super) parts: Vec<Span>,
    /// For COCO: where the parts' annotations are.
    pub(super) annotations: Vec<Span>,
}

/// The writer of every format.
pub(super) struct SplitWriter<S> {
    split: Split,
    shard: Option<Open<S>>,
    images: Option<ImageKind>,
    written: Written,
    files: Vec<IndexedFile>,
    results: Vec<WrittenFile>,
}

/// A shard in the making, and how full it is.
struct Open<S> {
    shard: S,
    name: String,
    size: Size,
    part: Size,
    /// Triplets in each part that has ended.
    parts: Vec<u64>,
}

#[derive(Clone, Copy, Default)]
struct Size {
    samples: u64,
    bytes: u64,
}

impl Size {
    /// Whether something of so many bytes must go elsewhere.
    fn is_full(self, samples: Option<u64>, bytes: Option<u64>, more: u64) -> bool {
        self.samples > 0
            && (samples.is_some_and(|most| self.samples >= most)
                || bytes.is_some_and(|most| self.bytes.saturating_add(more) > most))
    }

    fn add(&mut self, bytes: u64) {
        self.samples += 1;
        self.bytes += bytes;
    }
}

impl<S: Shard> SplitWriter<S> {
    pub(super) fn new(split: Split) -> Self {
        let (files, results) = (Vec::new(), Vec::new());
        Self { split, shard: None, images: None, written: Written::default(), files, results }
    }

    pub(super) fn split(&self) -> &Split {
        &self.split
    }

    /// Number of triplets so far.
    pub(super) fn samples(&self) -> u64 {
        self.written.samples
    }

    /// How the split's images are given, which the first of them decides.
    fn image_kind(&self, triplet: &Triplet) -> Result<ImageKind, TripletError> {
        let found = ImageKind::of(&triplet.image);
        match self.images {
            Some(expected) if expected != found => Err(TripletError::MixedImages {
                image_id: triplet.image_id.clone(),
                found: found.describe(),
                expected: expected.describe(),
            }),
            _ => Ok(found),
        }
    }

    fn open_shard(&self, images: ImageKind) -> Result<Open<S>, TripletError> {
        let name = S::name(&self.split, self.files.len());
        let shard = S::create(&self.split, &name, images)?;
        Ok(Open { shard, name, size: Size::default(), part: Size::default(), parts: Vec::new() })
    }

    fn close_shard(&mut self, mut open: Open<S>) -> Result<(), TripletError> {
        open.end_part()?;
        let Finished { bytes, parts, annotations } = open.shard.finish()?;
        let mut annotations = annotations.into_iter();
        let parts = open.parts.into_iter().zip(parts);
        let parts =
            parts.map(|(samples, span)| IndexedPart { samples, span, annotations: annotations.next() });
        self.files.push(IndexedFile { path: open.name.clone(), bytes, parts: parts.collect() });
        self.results.push(WrittenFile { path: open.name, samples: open.size.samples, bytes, left_out: 0 });
        Ok(())
    }

    fn write_index(&mut self) -> Result<(), TripletError> {
        let index = Index {
            what: index::WHAT.to_owned(),
            version: index::VERSION,
            format: S::FORMAT,
            split: self.split.name.clone(),
            images: self.images.unwrap_or(self.split.images()),
            provenance: self.split.provenance.clone(),
            files: std::mem::take(&mut self.files),
        };
        self.results.push(index.write(&self.split.directory)?);
        Ok(())
    }
}

impl<S: Shard> Open<S> {
    fn end_part(&mut self) -> Result<(), TripletError> {
        if self.part.samples > 0 {
            self.shard.end_part()?;
            self.parts.push(self.part.samples);
            self.part = Size::default();
        }
        Ok(())
    }
}

impl<S: Shard> TripletWriter for SplitWriter<S> {
    fn write(&mut self, triplet: &Triplet) -> Result<(), TripletError> {
        check::check(triplet, self.split.provenance.vocabulary_size)
            .map_err(|reason| TripletError::InvalidTriplet { image_id: triplet.image_id.clone(), reason })?;
        let images = self.image_kind(triplet)?;
        let bytes = content_bytes(triplet);
        let WriterOptions { samples_per_shard, bytes_per_shard, .. } = self.split.options;
        let (samples_limit, bytes_limit) =
            (samples_per_shard.map(NonZeroU64::get), bytes_per_shard.map(NonZeroU64::get));
        if let Some(full) = self.shard.take_if(|open| open.size.is_full(samples_limit, bytes_limit, bytes)) {
            self.close_shard(full)?;
        }
        let mut open = match self.shard.take() {
            Some(open) => open,
            None => self.open_shard(images)?,
        };
        if open.part.is_full(Some(PART_SAMPLES), Some(PART_BYTES), bytes) {
            open.end_part()?;
        }
        open.shard.add(triplet, self.written)?;
        open.size.add(bytes);
        open.part.add(bytes);
        self.shard = Some(open);
        self.images = Some(images);
        self.written.samples += 1;
        self.written.captions += triplet.captions.len() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<WrittenFile>, TripletError> {
        let last = match self.shard.take() {
            // A split without triplets still is one that can be opened.
            None if self.files.is_empty() => Some(self.open_shard(self.split.images())?),
            last => last,
        };
        if let Some(last) = last {
            self.close_shard(last)?;
        }
        if S::FORMAT != Format::Parquet {
            self.write_index()?;
        }
        sync_folder(&self.split.directory)?;
        Ok(self.results)
    }
}
