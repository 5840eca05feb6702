//! The few captions with the smallest keys: samples that do not depend on any order.

use std::sync::Arc;

use crate::hash::{Purpose, hash};

/// A caption's place in a sample. Captions that are easy to read come before long ones, and
/// chance, in the form of a stable hash, decides among equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SampleKey {
    is_long: bool,
    hash: u64,
}

impl SampleKey {
    pub fn new(text: &str, readable_bytes: usize, purpose: Purpose) -> Self {
        SampleKey { is_long: text.len() > readable_bytes, hash: hash(text, purpose) }
    }

    /// The key of the same caption in a sample of its own, so that one lucky caption does not
    /// come first in all of them.
    pub fn salted(self, salt: u64) -> Self {
        SampleKey { hash: self.hash ^ salt, ..self }
    }
}

/// At most `N` captions of different texts, those with the smallest keys of all that were
/// offered, and a value for each.
#[derive(Debug)]
pub(crate) struct Smallest<T, const N: usize> {
    /// Sorted by key.
    held: Vec<(SampleKey, Arc<str>, T)>,
}

impl<T, const N: usize> Default for Smallest<T, N> {
    fn default() -> Self {
        Smallest { held: Vec::new() }
    }
}

impl<T, const N: usize> Smallest<T, N> {
    /// Whether [`Self::offer`] would take a caption of this key, unless it has its text already.
    pub fn wants(&self, key: SampleKey) -> bool {
        self.held.len() < N || self.held.last().is_some_and(|(largest, ..)| key < *largest)
    }

    /// Takes the caption if its key is among the smallest and its text is new.
    pub fn offer(&mut self, key: SampleKey, text: &Arc<str>, value: impl FnOnce() -> T) {
        // Different texts with one hash are ordered by text, so that order never matters.
        let place = self.held.binary_search_by(|(other, other_text, _)| {
            other.cmp(&key).then_with(|| other_text.as_ref().cmp(text))
        });
        let Err(place) = place else { return };
        if place >= N {
            return;
        }
        self.held.truncate(N - 1);
        // One tag in two is seen once: no room for more than it needs.
        self.held.reserve_exact(1);
        self.held.insert(place, (key, Arc::clone(text), value()));
    }

    /// Adds another sample of the same kind.
    pub fn extend<U>(&mut self, other: Smallest<U, N>, mut convert: impl FnMut(U) -> T) {
        for (key, text, value) in other.held {
            self.offer(key, &text, || convert(value));
        }
    }

    /// The captions and their values, smallest key first.
    pub fn into_iter(self) -> impl Iterator<Item = (Arc<str>, T)> {
        self.held.into_iter().map(|(_, text, value)| (text, value))
    }
}
