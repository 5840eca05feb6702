//! Triplets in the order of a run, batch by batch.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::ReadOptions;
use super::source::SourceFile;
use super::window::{WindowShuffle, shuffle_parts};
use super::workers::{Part, Stream};
use crate::{Triplet, TripletError};

/// Gives triplets batch by batch, the last of which may be smaller.
///
/// After an error there is nothing more; what came before it is given first.
pub struct Batches {
    triplets: Order,
    batch: NonZeroUsize,
    position: u64,
    failure: Option<TripletError>,
}

enum Order {
    Stored(Stream),
    Shuffled(WindowShuffle<Stream, Triplet, TripletError>),
    /// After an error.
    Over,
}

impl Batches {
    pub(super) fn start(files: Vec<Arc<SourceFile>>, options: &ReadOptions) -> io::Result<Self> {
        let mut parts = Vec::new();
        for file in files {
            parts.extend((0..file.parts.len()).map(|number| Part { file: file.clone(), number }));
        }
        let &ReadOptions { seed, buffer, batch, workers, start_at, .. } = options;
        let mut failure = None;
        let triplets = match seed {
            None => Order::Stored(start_stream(parts, start_at, workers)?),
            Some(seed) => {
                shuffle_parts(&mut parts, seed);
                let window = start_at / buffer.get() as u64;
                let begin = window * buffer.get() as u64;
                let stream = start_stream(parts, begin, workers)?;
                let mut shuffled = WindowShuffle::new(stream, seed, buffer, window);
                for _ in begin..start_at {
                    match shuffled.next() {
                        Some(Ok(_)) => {}
                        Some(Err(error)) => failure = Some(error),
                        None => break,
                    }
                }
                Order::Shuffled(shuffled)
            }
        };
        Ok(Self { triplets, batch, position: start_at, failure })
    }

    /// How many triplets of this order have been given, with those that
    /// [`ReadOptions::start_at`] passed over. A reader that starts there gives the rest.
    pub fn position(&self) -> u64 {
        self.position
    }
}

/// Passes over whole parts without reading them.
fn start_stream(mut parts: Vec<Part>, mut skip: u64, workers: NonZeroUsize) -> io::Result<Stream> {
    let unread = parts.iter().take_while(|part| {
        let samples = part.file.parts[part.number];
        let passed = samples <= skip;
        if passed {
            skip -= samples;
        }
        passed
    });
    let unread = unread.count();
    parts.drain(..unread);
    Stream::start(parts, skip, workers)
}

impl Iterator for Batches {
    type Item = Result<Vec<Triplet>, TripletError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Vec::new();
        while self.failure.is_none() && batch.len() < self.batch.get() {
            let next = match &mut self.triplets {
                Order::Stored(triplets) => triplets.next(),
                Order::Shuffled(triplets) => triplets.next(),
                Order::Over => None,
            };
            match next {
                Some(Ok(triplet)) => batch.push(triplet),
                Some(Err(error)) => self.failure = Some(error),
                None => break,
            }
        }
        if batch.is_empty() {
            let error = self.failure.take()?;
            self.triplets = Order::Over;
            return Some(Err(error));
        }
        self.position += batch.len() as u64;
        Some(Ok(batch))
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("position", &self.position).finish_non_exhaustive()
    }
}
