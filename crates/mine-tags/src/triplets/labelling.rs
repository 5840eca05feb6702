//! Captions get the ids of their tags, and are put aside until all of an image are known.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use caption_corpus::{ImageRef, Sample, SampleBatch, Shard};
use rayon::prelude::*;
use tag_triplets::plan::{
    DEFAULT_MEMORY, Drafts, Grouped, PlanError, Position, Record, Reference, Spill, StreamSpill, Streamed,
    TaggedCaption,
};
use tag_vocabulary::Vocabulary;

use super::Run;
use super::job::Job;
use super::source::{Images, Source};
use crate::intake::{InputRecord, Intake, Progress, read_all, readers};
use crate::tagging::{SafeTagger, Stages, Unparsed};

/// Samples that a thread takes at a time.
const CHUNK: usize = 64;

/// All captions of a corpus with their tags.
pub struct Labelled {
    pub images: Rows,
    pub inputs: Vec<InputRecord>,
    pub captions: u64,
    /// Captions with a tag of the vocabulary.
    pub tagged: u64,
    pub unparsed: Unparsed,
}

/// The captions in temporary files.
pub enum Rows {
    Grouped(Grouped),
    Streamed(Streamed),
}

impl Rows {
    /// The images with their captions, from the start.
    pub fn drafts(&self) -> Drafts<'_> {
        match self {
            Self::Grouped(rows) => rows.drafts(),
            Self::Streamed(rows) => rows.drafts(),
        }
    }
}

/// Reads and tags everything; `None` if it was interrupted.
///
/// # Errors
/// If the temporary files cannot be written.
pub fn label(source: &Source, job: &Job, stages: Stages, run: &Run) -> Result<Option<Labelled>> {
    let shards = &source.shards;
    let progress = Progress::new(shards.iter().map(|shard| shard.bytes).collect(), run.is_quiet);
    let mut intake = Intake { inputs: shards.iter().map(InputRecord::new).collect(), progress };
    let mut sink = Sink::new(source, run)?;
    let unparsed = Mutex::new(Unparsed::default());
    let labeller =
        Labeller { vocabulary: &job.vocabulary, stages, unparsed: &unparsed, idle: Mutex::default() };
    // Images in the corpus are kept in its order, so it must be read in order.
    let readers = if source.images == Images::Embedded { 1 } else { readers(run.pool.current_num_threads()) };
    let open = |file: usize| source.reader(file, false);
    let mut tagged = 0;
    let finished = read_all(shards.len(), readers, &open, |events| -> Result<bool> {
        while let Some(batches) = intake.take(&events, &run.interrupt) {
            let chunks = chunks(&batches, shards);
            tagged += run.pool.install(|| -> Result<u64, PlanError> {
                let labels: Vec<Labels> = chunks.par_iter().map(|chunk| labeller.label(chunk)).collect();
                sink.add(&chunks, &labels)?;
                Ok(labels.iter().map(Labels::tagged).sum())
            })?;
        }
        Ok(!run.interrupt.is_requested())
    })?;
    let inputs = intake.close();
    if !finished {
        return Ok(None);
    }
    let captions = inputs.iter().map(|input| input.captions).sum();
    let unparsed = unparsed.into_inner().unwrap_or_default();
    Ok(Some(Labelled { images: sink.finish()?, inputs, captions, tagged, unparsed }))
}

/// Adjacent samples of one batch.
struct Chunk<'b> {
    file: u32,
    shard: &'b Shard,
    batch: &'b SampleBatch,
    range: Range<usize>,
}

impl<'b> Chunk<'b> {
    fn samples(&self) -> impl Iterator<Item = Sample<'b>> + use<'b> {
        let batch = self.batch;
        self.range.clone().filter_map(|index| batch.get(index))
    }
}

fn chunks<'b>(batches: &'b [(usize, SampleBatch)], shards: &'b [Shard]) -> Vec<Chunk<'b>> {
    let of_batch = |(file, batch): &'b (usize, SampleBatch)| {
        (0..batch.len()).step_by(CHUNK).map(move |start| Chunk {
            // A corpus of four thousand million files has other problems.
            file: u32::try_from(*file).unwrap_or(u32::MAX),
            shard: &shards[*file],
            batch,
            range: start..(start + CHUNK).min(batch.len()),
        })
    };
    batches.iter().flat_map(of_batch).collect()
}

/// The ids of a chunk's captions, one caption's after the other's.
#[derive(Default)]
struct Labels {
    ids: Vec<u32>,
    /// Where each caption's ids end.
    ends: Vec<usize>,
}

impl Labels {
    /// The ids of each caption.
    fn captions(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.ids[start..*end])
    }

    /// Captions that have any.
    fn tagged(&self) -> u64 {
        self.captions().filter(|ids| !ids.is_empty()).count() as u64
    }
}

struct Labeller<'a> {
    vocabulary: &'a Vocabulary,
    stages: Stages,
    unparsed: &'a Mutex<Unparsed>,
    /// Taggers that no thread is using.
    idle: Mutex<Vec<SafeTagger<'a>>>,
}

impl Labeller<'_> {
    fn label(&self, chunk: &Chunk<'_>) -> Labels {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idler = idle().pop();
        let mut tagger = idler.unwrap_or_else(|| SafeTagger::new(self.stages, self.unparsed));
        let mut labels = Labels::default();
        for caption in chunk.samples().flat_map(|sample| sample.captions.iter()) {
            let mentions = tagger.mentions(caption).iter();
            labels.ids.extend(
                mentions.filter_map(|mention| self.vocabulary.id_of_name(&mention.name, mention.kind)),
            );
            labels.ends.push(labels.ids.len());
        }
        idle().push(tagger);
        labels
    }
}

/// Where captions are put aside.
enum Sink {
    Grouped(Spill),
    Streamed(StreamSpill),
}

impl Sink {
    fn new(source: &Source, run: &Run) -> Result<Self, PlanError> {
        let folder = run.directory.path();
        match source.images {
            Images::Embedded => StreamSpill::create(folder, DEFAULT_MEMORY).map(Self::Streamed),
            Images::Paths | Images::Urls => Spill::create(folder, DEFAULT_MEMORY).map(Self::Grouped),
        }
    }

    fn add(&mut self, chunks: &[Chunk<'_>], labels: &[Labels]) -> Result<(), PlanError> {
        match self {
            Self::Grouped(spill) => chunks
                .par_iter()
                .zip(labels)
                .try_for_each(|(chunk, labels)| with_records(chunk, labels, |records| spill.add(records))),
            Self::Streamed(spill) => chunks.iter().zip(labels).try_for_each(|(chunk, labels)| {
                with_records(chunk, labels, |records| records.iter().try_for_each(|record| spill.add(record)))
            }),
        }
    }

    fn finish(self) -> Result<Rows, PlanError> {
        match self {
            Self::Grouped(spill) => spill.finish().map(Rows::Grouped),
            Self::Streamed(spill) => spill.finish().map(Rows::Streamed),
        }
    }
}

/// Makes records of a chunk's samples.
fn with_records<T>(
    chunk: &Chunk<'_>,
    labels: &Labels,
    put: impl FnOnce(Vec<Record<'_>>) -> Result<T, PlanError>,
) -> Result<T, PlanError> {
    let texts = chunk.samples().flat_map(|sample| sample.captions.iter());
    let captions: Vec<TaggedCaption<'_>> =
        texts.zip(labels.captions()).map(|(text, tags)| TaggedCaption { text, tags }).collect();
    let keys: Vec<Cow<'_, str>> = chunk.samples().map(|sample| key(&sample, chunk.shard)).collect();
    let mut rest = captions.as_slice();
    let records = chunk.samples().zip(&keys).map(|(sample, key)| {
        let (captions, others) = rest.split_at(sample.captions.len());
        rest = others;
        Record {
            key,
            image: reference(&sample.image),
            captions,
            split: sample.split,
            position: Position { file: chunk.file, row: sample.row },
        }
    });
    put(records.collect())
}

/// A row without a name is an image of its own, named by its place. The path that stands with an
/// embedded image is no name: in many corpora all are "image.jpg".
fn key<'b>(sample: &Sample<'b>, shard: &Shard) -> Cow<'b, str> {
    match (sample.id, sample.image) {
        (Some(key), _) | (None, ImageRef::Name(key) | ImageRef::Url(key)) => Cow::Borrowed(key),
        (None, ImageRef::Bytes { .. } | ImageRef::None) => {
            Cow::Owned(format!("{}#{}", shard.path.display(), sample.row))
        }
    }
}

fn reference<'b>(image: &ImageRef<'b>) -> Option<Reference<&'b str>> {
    match *image {
        ImageRef::None => None,
        ImageRef::Name(path) => Some(Reference::Path(path)),
        ImageRef::Url(url) => Some(Reference::Url(url)),
        ImageRef::Bytes { .. } => Some(Reference::Embedded),
    }
}
