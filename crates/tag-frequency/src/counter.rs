//! Counting on every core.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::caption::{Caption, Mentions};
use crate::counts::TagCounts;

/// Captions that a thread takes at a time: about a millisecond of parsing.
const CHUNK: usize = 32;

/// Counts batches of captions on every thread of the current rayon pool.
///
/// Each thread counts into counts of its own, which are merged once, at the end: no thread waits
/// for another. Each also has a state of its own of type `S`, a parser's memory for instance.
///
/// ```
/// use tag_frequency::{Caption, Image, TagCounter};
/// use tag_vocabulary::TagKind;
///
/// let batch = ["a dog", "a dog runs"].map(|text| Caption { text, image: Image::Own });
/// let counter = TagCounter::new(|| ());
/// counter.count(&batch, |(), caption, mentions| {
///     if let Some(start) = caption.text.find("dog") {
///         let start = start as u32;
///         mentions.push("dog", TagKind::Object, [start..start + 3]);
///     }
/// });
/// let ranking = counter.finish().rank();
/// assert_eq!(ranking.tags[0].captions, 2);
/// ```
#[derive(Debug)]
pub struct TagCounter<S, I> {
    new_state: I,
    /// Workers that no thread is using. There are never more than threads that count.
    idle: Mutex<Vec<Worker<S>>>,
}

#[derive(Debug)]
struct Worker<S> {
    state: S,
    mentions: Mentions,
    counts: TagCounts,
}

impl<S, I> TagCounter<S, I>
where
    S: Send,
    I: Fn() -> S + Sync,
{
    /// A counter whose threads get their states from `new_state`.
    pub fn new(new_state: I) -> Self {
        TagCounter { new_state, idle: Mutex::new(Vec::new()) }
    }

    /// Counts a batch. `find_tags` adds a caption's tags to the empty [`Mentions`] that it is
    /// given; they must depend on the caption's text alone.
    ///
    /// Batches of some thousand captions keep all threads busy. A panic in `find_tags` is passed
    /// on, and leaves counts behind that lack captions.
    pub fn count<F>(&self, batch: &[Caption<'_>], find_tags: F)
    where
        F: Fn(&mut S, &Caption<'_>, &mut Mentions) + Sync,
    {
        batch.par_chunks(CHUNK).for_each(|chunk| {
            let mut worker = self.take_worker();
            for caption in chunk {
                worker.mentions.clear();
                find_tags(&mut worker.state, caption, &mut worker.mentions);
                worker.counts.add(caption, &worker.mentions);
            }
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        });
    }

    /// The counts of all batches. They do not depend on the batches, their order or the threads.
    pub fn finish(self) -> TagCounts {
        let workers = self.idle.into_inner().unwrap_or_else(PoisonError::into_inner);
        workers.into_par_iter().map(|worker| worker.counts).reduce(TagCounts::default, TagCounts::merge)
    }

    fn take_worker(&self) -> Worker<S> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Worker {
            state: (self.new_state)(),
            mentions: Mentions::default(),
            counts: TagCounts::default(),
        })
    }
}
