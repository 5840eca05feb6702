//! All captions of all files, counted on all cores.

use std::sync::Mutex;

use anyhow::{Context, Result};
use caption_corpus::{CaptionBatch, CaptionRow, Shard};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tag_frequency::{Caption, Image, TagCounter, TagCounts};

use crate::intake::{InputRecord, Intake, Progress, read_all, readers};
use crate::interrupt::Interrupt;
use crate::tagging::{SafeTagger, Stages, Unparsed};

/// What all files gave.
pub struct Counted {
    pub counts: TagCounts,
    pub inputs: Vec<InputRecord>,
    pub unparsed: Unparsed,
}

/// Reads and counts everything; `None` if it was interrupted.
pub fn count(
    shards: &[Shard],
    stages: Stages,
    threads: usize,
    progress: Progress,
    interrupt: &Interrupt,
) -> Result<Option<Counted>> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    let unparsed = Mutex::new(Unparsed::default());
    let counter = TagCounter::new(|| SafeTagger::new(stages, &unparsed));
    let mut intake = Intake { inputs: shards.iter().map(InputRecord::new).collect(), progress };
    // Written so that names that are not UTF-8 stay apart.
    let names: Vec<String> = shards.iter().map(|shard| format!("{:?}", shard.path)).collect();
    let open = |file: usize| shards[file].open().map_err(|error| error.problem().to_string());
    let finished = read_all(shards.len(), readers(threads), &open, |events| {
        while let Some(batches) = intake.take(&events, interrupt) {
            let captions = captions(&batches, &names);
            pool.install(|| {
                counter.count(&captions, |tagger, caption, mentions| {
                    for mention in tagger.mentions(caption.text) {
                        let spans = mention.spans().map(|span| span.start as u32..span.end as u32);
                        mentions.push(&mention.name, mention.kind, spans);
                    }
                });
            });
        }
        !interrupt.is_requested()
    });
    let inputs = intake.close();
    let counts = finished.then(|| finish(counter, &pool));
    let unparsed = unparsed.into_inner().unwrap_or_default();
    Ok(counts.map(|counts| Counted { counts, inputs, unparsed }))
}

fn finish<S: Send, I: Fn() -> S + Sync + Send>(counter: TagCounter<S, I>, pool: &ThreadPool) -> TagCounts {
    pool.install(|| counter.finish())
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
