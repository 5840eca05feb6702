//! Threads that read the files and queue the captions.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, ScopedJoinHandle};

use caption_corpus::{CaptionBatch, Shard, ShardError};

/// Batches that wait for the parser, at most: a few megabytes.
const QUEUED: usize = 8;
/// One thread reads for so many that parse.
const PARSERS_PER_READER: usize = 8;

/// What happens while the files are read, in no particular order among files.
pub enum Event {
    /// A file was opened, with these caption and image columns.
    Opened { file: usize, caption_column: Option<String>, image_column: Option<String> },
    /// Captions of a file, of which `fraction` has been read now.
    Batch { file: usize, batch: CaptionBatch, fraction: f64 },
    /// A file cannot be read, or not any further.
    Failed { file: usize, error: ShardError },
}

/// Reads all files on threads of their own and hands what they give to `consume`, which returns
/// early to stop the reading.
pub fn read_all<T>(shards: &[Shard], parsers: usize, consume: impl FnOnce(Receiver<Event>) -> T) -> T {
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let readers = (parsers / PARSERS_PER_READER).clamp(1, shards.len().max(1));
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(QUEUED);
        let threads: Vec<ScopedJoinHandle<'_, ()>> = (0..readers)
            .map(|_| {
                let (sender, next, stopped) = (sender.clone(), &next, &stopped);
                scope.spawn(move || {
                    loop {
                        let file = next.fetch_add(1, Ordering::Relaxed);
                        let Some(shard) = shards.get(file) else { return };
                        if stopped.load(Ordering::Relaxed) || read(file, shard, &sender).is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        let result = consume(receiver);
        // The receiver is gone: whoever still reads sees that at the next batch.
        stopped.store(true, Ordering::Relaxed);
        for thread in threads {
            if let Err(panic) = thread.join() {
                resume_unwind(panic);
            }
        }
        result
    })
}

/// Nobody listens any more.
struct Unheard;

fn read(file: usize, shard: &Shard, queue: &SyncSender<Event>) -> Result<(), Unheard> {
    let send = |event| queue.send(event).map_err(|_| Unheard);
    let mut reader = match shard.open() {
        Ok(reader) => reader,
        Err(error) => return send(Event::Failed { file, error }),
    };
    let owned = |name: Option<&str>| name.map(str::to_owned);
    let (caption_column, image_column) = (owned(reader.caption_column()), owned(reader.image_column()));
    send(Event::Opened { file, caption_column, image_column })?;
    while let Some(batch) = reader.next() {
        match batch {
            Ok(batch) => send(Event::Batch { file, batch, fraction: reader.progress() })?,
            Err(error) => return send(Event::Failed { file, error }),
        }
    }
    Ok(())
}
