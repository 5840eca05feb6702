//! All captions of all files, counted on all cores.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, Result};
use caption_corpus::{CaptionBatch, CaptionRow, Shard};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tag_frequency::{Caption, Image, Mentions, TagCounter, TagCounts};

use super::progress::Progress;
use super::reading::{Event, read_all};
use super::record::InputRecord;
use crate::crash;
use crate::interrupt::Interrupt;
use crate::tagging::CaptionTagger;

/// How long to wait for captions before another look at whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);
/// Batches that are counted together: enough to keep many cores busy.
const TOGETHER: usize = 8;

/// What all files gave.
pub struct Counted {
    pub counts: TagCounts,
    pub inputs: Vec<InputRecord>,
    pub unparsed: Unparsed,
}

/// Captions that a bug of a later stage kept from being parsed.
#[derive(Debug, Default)]
pub struct Unparsed {
    pub count: u64,
    /// The first that was met, and what happened.
    pub example: Option<String>,
}

/// Makes a thread's tagger.
pub type NewTagger<'a> = dyn Fn() -> CaptionTagger + Sync + 'a;

/// Reads and counts everything; `None` if it was interrupted.
pub fn count(
    shards: &[Shard],
    new_tagger: &NewTagger<'_>,
    threads: usize,
    progress: Progress,
    interrupt: &Interrupt,
) -> Result<Option<Counted>> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    let unparsed = Mutex::new(Unparsed::default());
    let counter = TagCounter::new(|| Some(new_tagger()));
    let mut intake = Intake { inputs: shards.iter().map(InputRecord::new).collect(), progress };
    // Written so that names that are not UTF-8 stay apart.
    let names: Vec<String> = shards.iter().map(|shard| format!("{:?}", shard.path)).collect();
    let finished = read_all(shards, threads, |events| {
        while let Some(batches) = intake.take(&events, interrupt) {
            let captions = captions(&batches, &names);
            pool.install(|| {
                counter.count(&captions, |tagger, caption, mentions| {
                    find_tags(tagger, new_tagger, caption, mentions, &unparsed);
                });
            });
        }
        !interrupt.is_requested()
    });
    intake.progress.finish();
    intake.inputs.iter_mut().for_each(InputRecord::close);
    let unparsed = unparsed.into_inner().unwrap_or_default();
    Ok(finished.then(|| Counted { counts: finish(counter, &pool), inputs: intake.inputs, unparsed }))
}

fn finish<S: Send, I: Fn() -> S + Sync + Send>(counter: TagCounter<S, I>, pool: &ThreadPool) -> TagCounts {
    pool.install(|| counter.finish())
}

/// Adds the tags of a caption. A panic on the way costs this caption's tags alone.
fn find_tags(
    tagger: &mut Option<CaptionTagger>,
    new_tagger: &NewTagger<'_>,
    caption: &Caption<'_>,
    mentions: &mut Mentions,
    unparsed: &Mutex<Unparsed>,
) {
    let found = crash::catch(|| {
        let tagger = tagger.get_or_insert_with(new_tagger);
        for mention in tagger.analyse(caption.text).mentions {
            let spans = mention.spans().map(|span| span.start as u32..span.end as u32);
            mentions.push(&mention.name, mention.kind, spans);
        }
    });
    if let Err(crash) = found {
        // Its memory may be in any state.
        *tagger = None;
        mentions.clear();
        if let Ok(mut unparsed) = unparsed.lock() {
            unparsed.count += 1;
            unparsed.example.get_or_insert_with(|| format!("{:?}: {crash}", caption.text));
        }
    }
}

/// Takes what the readers send and keeps the books.
struct Intake {
    inputs: Vec<InputRecord>,
    progress: Progress,
}

impl Intake {
    /// The next batches with their files; `None` at the end, or if a stop was asked for.
    fn take(
        &mut self,
        events: &Receiver<Event>,
        interrupt: &Interrupt,
    ) -> Option<Vec<(usize, CaptionBatch)>> {
        let mut batches = Vec::new();
        while !interrupt.is_requested() {
            match events.recv_timeout(PATIENCE) {
                Ok(event) => batches.extend(self.note(event)),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return (!batches.is_empty()).then_some(batches),
            }
            while batches.len() < TOGETHER
                && let Ok(event) = events.try_recv()
            {
                batches.extend(self.note(event));
            }
            if !batches.is_empty() {
                return Some(batches);
            }
        }
        None
    }

    fn note(&mut self, event: Event) -> Option<(usize, CaptionBatch)> {
        match event {
            Event::Opened { file, caption_column, image_column } => {
                self.inputs[file].caption_column = caption_column;
                self.inputs[file].image_column = image_column;
                None
            }
            Event::Failed { file, error } => {
                let input = &mut self.inputs[file];
                input.error = Some(error.problem().to_string());
                self.progress.advance(file, input.bytes, 0);
                None
            }
            Event::Batch { file, batch, fraction } => {
                let input = &mut self.inputs[file];
                input.rows += batch.rows();
                input.captions += batch.len() as u64;
                input.tally.merge(batch.skipped());
                self.progress.advance(file, (input.bytes as f64 * fraction) as u64, batch.len());
                Some((file, batch))
            }
        }
    }
}

fn captions<'b>(batches: &'b [(usize, CaptionBatch)], names: &'b [String]) -> Vec<Caption<'b>> {
    let mut captions = Vec::with_capacity(batches.iter().map(|(_, batch)| batch.len()).sum());
    for (file, batch) in batches {
        let shard = &names[*file];
        let row_of = |index: Option<usize>| index.and_then(|index| batch.get(index)).map(|row| row.row);
        captions.extend(batch.iter().enumerate().map(|(index, row)| {
            let shared =
                row_of(index.checked_sub(1)) == Some(row.row) || row_of(Some(index + 1)) == Some(row.row);
            Caption { text: row.caption, image: image(&row, shared, shard) }
        }));
    }
    captions
}

/// Captions of a list describe one image, even if it has no name.
fn image<'b>(row: &CaptionRow<'b>, shared: bool, shard: &'b str) -> Image<'b> {
    match row.image {
        Some(key) => Image::Key(key),
        None if shared => Image::Row { shard, row: row.row },
        None => Image::Own,
    }
}
