//! Threads that read the files and queue what they give.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, ScopedJoinHandle};

use caption_corpus::ShardError;

use super::{Batch, Columns};

/// Batches that wait for the parser, at most: a few megabytes of text.
const QUEUED: usize = 8;

/// What gives a file's captions.
pub trait FileReader: Iterator<Item = Result<Self::Batch, ShardError>> {
    type Batch: Batch;

    /// How much of the file has been read, from 0 to 1.
    fn fraction(&self) -> f64;
    fn columns(&self) -> Columns;
}

/// What happens while the files are read, in no particular order among files if several are read
/// at once.
pub enum Event<B> {
    /// A file was opened, with these columns.
    Opened { file: usize, columns: Columns },
    /// Captions of a file, of which `fraction` has been read now.
    Batch { file: usize, batch: B, fraction: f64 },
    /// A file cannot be read, or not any further.
    Failed { file: usize, problem: String },
}

/// Reads so many files by some threads of their own and hands what they give to `consume`, which
/// returns early to stop the reading. One reader gives the files in their order.
pub fn read_all<R: FileReader, T>(
    files: usize,
    readers: usize,
    open: &(impl Fn(usize) -> Result<R, String> + Sync),
    consume: impl FnOnce(Receiver<Event<R::Batch>>) -> T,
) -> T {
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(QUEUED);
        let threads: Vec<ScopedJoinHandle<'_, ()>> = (0..readers.clamp(1, files.max(1)))
            .map(|_| {
                let (sender, next, stopped) = (sender.clone(), &next, &stopped);
                scope.spawn(move || {
                    loop {
                        let file = next.fetch_add(1, Ordering::Relaxed);
                        let is_over = file >= files || stopped.load(Ordering::Relaxed);
                        if is_over || read(file, open(file), &sender).is_err() {
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

fn read<R: FileReader>(
    file: usize,
    opened: Result<R, String>,
    queue: &SyncSender<Event<R::Batch>>,
) -> Result<(), Unheard> {
    let send = |event| queue.send(event).map_err(|_| Unheard);
    let mut reader = match opened {
        Ok(reader) => reader,
        Err(problem) => return send(Event::Failed { file, problem }),
    };
    send(Event::Opened { file, columns: reader.columns() })?;
    while let Some(batch) = reader.next() {
        match batch {
            Ok(batch) => send(Event::Batch { file, batch, fraction: reader.fraction() })?,
            Err(error) => return send(Event::Failed { file, problem: error.problem().to_string() }),
        }
    }
    Ok(())
}
