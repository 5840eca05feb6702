//! A shuffle that holds a bounded number of items and can start anywhere.

use std::num::NonZeroUsize;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Shuffles each window of `size` items that follow each other.
///
/// Since windows do not depend on each other, a shuffle can begin at any of them without what came
/// before. While a window is given, its slots are filled with the next one's items, so that no
/// more than `size` are held and none is waited for at a window's start.
pub(super) struct WindowShuffle<I, T, E> {
    items: I,
    seed: u64,
    /// Number of the window that is being given.
    window: u64,
    slots: Vec<Option<T>>,
    /// The slots in the order in which they are given.
    order: Vec<usize>,
    given: usize,
    /// Items of the next window that are in their slots.
    arrived: usize,
    failure: Option<E>,
}

impl<I: Iterator<Item = Result<T, E>>, T, E> WindowShuffle<I, T, E> {
    /// `items` begin at the first of window number `window`.
    pub(super) fn new(items: I, seed: u64, size: NonZeroUsize, window: u64) -> Self {
        let mut shuffle = Self {
            items,
            seed,
            window,
            slots: Vec::new(),
            order: Vec::new(),
            given: 0,
            arrived: 0,
            failure: None,
        };
        while shuffle.slots.len() < size.get()
            && let Some(item) = shuffle.pull()
        {
            shuffle.slots.push(Some(item));
        }
        shuffle.order = (0..shuffle.slots.len()).collect();
        shuffle.order.shuffle(&mut generator(seed, window));
        shuffle
    }

    /// The next item; none at the end, or if there was an error, which is kept.
    fn pull(&mut self) -> Option<T> {
        if self.failure.is_some() {
            return None;
        }
        match self.items.next()? {
            Ok(item) => Some(item),
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }

    /// Goes on to the next window. The `n`th item of it lies where the `n`th one of the last
    /// window was given from.
    fn next_window(&mut self) {
        self.window += 1;
        self.order.truncate(self.arrived);
        self.order.shuffle(&mut generator(self.seed, self.window));
        (self.given, self.arrived) = (0, 0);
    }
}

impl<I: Iterator<Item = Result<T, E>>, T, E> Iterator for WindowShuffle<I, T, E> {
    type Item = Result<T, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.given == self.order.len() {
            // What has arrived since the error would be shuffled otherwise than without it.
            if let Some(error) = self.failure.take() {
                self.order.clear();
                (self.given, self.arrived) = (0, 0);
                return Some(Err(error));
            }
            self.next_window();
        }
        let slot = *self.order.get(self.given)?;
        self.given += 1;
        let item = self.slots[slot].take();
        if let Some(next) = self.pull() {
            self.slots[slot] = Some(next);
            self.arrived += 1;
        }
        item.map(Ok)
    }
}

/// The generator of a window. That of the parts' order is apart from all of them.
fn generator(seed: u64, window: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(window.wrapping_add(1));
    generator
}

/// Shuffles the parts of files by a seed.
pub(super) fn shuffle_parts<T>(parts: &mut [T], seed: u64) {
    parts.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
}
