//! Threads that read parts of files, and the order in which their triplets come.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::vec;

use super::source::SourceFile;
use crate::{Triplet, TripletError};

/// A part of a file.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) file: Arc<SourceFile>,
    pub(super) number: usize,
}

type Read = Result<Vec<Triplet>, TripletError>;

/// The triplets of parts, one part after the other.
///
/// Of `n` threads each reads every `n`th part, and each has its own channel. Taking from them in
/// turn gives the parts in order, however many threads there are and however fast.
pub(super) struct Stream {
    workers: Vec<(Receiver<Read>, JoinHandle<()>)>,
    next_worker: usize,
    current: vec::IntoIter<Triplet>,
    /// Triplets at the start that are not wanted.
    skip: u64,
    is_over: bool,
}

impl Stream {
    /// Begins to read. The first `skip` triplets are passed over.
    pub(super) fn start(parts: Vec<Part>, skip: u64, threads: NonZeroUsize) -> io::Result<Self> {
        let threads = threads.get().min(parts.len());
        let parts = Arc::new(parts);
        let workers = (0..threads)
            .map(|worker| {
                // One part waits, one is being read.
                let (sender, receiver) = sync_channel(1);
                let parts = parts.clone();
                let work = move || read_parts(parts.iter().skip(worker).step_by(threads), &sender);
                let thread = thread::Builder::new().name("read-triplets".to_owned()).spawn(work)?;
                Ok((receiver, thread))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { workers, next_worker: 0, current: Vec::new().into_iter(), skip, is_over: false })
    }

    /// The next part; none at the end.
    fn next_part(&mut self) -> Option<Read> {
        let (receiver, _) = self.workers.get(self.next_worker)?;
        // A thread without parts left has hung up, and with it all those whose turn is later.
        let part = receiver.recv().ok()?;
        self.next_worker = (self.next_worker + 1) % self.workers.len();
        Some(part)
    }
}

/// Reads parts until there are no more, one of them fails, or nobody wants them.
fn read_parts<'a>(parts: impl Iterator<Item = &'a Part>, sender: &SyncSender<Read>) {
    for part in parts {
        let read = part.file.read_part(part.number);
        let failed = read.is_err();
        if sender.send(read).is_err() || failed {
            return;
        }
    }
}

impl Iterator for Stream {
    type Item = Result<Triplet, TripletError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            for triplet in self.current.by_ref() {
                if self.skip == 0 {
                    return Some(Ok(triplet));
                }
                self.skip -= 1;
            }
            match self.next_part() {
                Some(Ok(triplets)) => self.current = triplets.into_iter(),
                Some(Err(error)) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
                None => self.is_over = true,
            }
        }
        None
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        for (receiver, thread) in self.workers.drain(..) {
            // Whoever waits to hand over a part now fails to, and ends.
            drop(receiver);
            // It catches panics of its own.
            thread.join().ok();
        }
    }
}
