//! Working memory of a pair network, and its results.

use crate::kernel::{Inputs8, LANES, Lanes, flat};

/// Working memory of a [`PairNetwork`](super::PairNetwork), reused from sentence to sentence, and
/// what it found. Sentences and pairs no larger than those before cost no allocation.
#[derive(Default)]
pub struct PairMemory {
    /// Tells which network encoded the sentence.
    pub(super) network: u64,
    /// Words of the sentence.
    pub(super) words: usize,
    /// Vectors of the words.
    pub(super) x: Vec<Lanes<f32>>,
    /// The same as inputs of products, with a row of zeros before and behind.
    pub(super) window: Inputs8,
    pub(super) sums: Vec<Lanes<i32>>,
    pub(super) hidden: Vec<Lanes<f32>>,
    /// What all maps of single words make of each word, and blocks of each.
    pub(super) maps: Vec<Lanes<f32>>,
    pub(super) map_blocks: usize,
    /// Classes of words, with whose logits the maps of a word begin.
    pub(super) word_classes: usize,
    /// Pairs that were scored, and their hidden layer as inputs of a product.
    pub(super) pairs: usize,
    pub(super) q: Vec<i16>,
    /// Logits of the pairs.
    pub(super) logits: Vec<Lanes<f32>>,
    pub(super) pair_classes: usize,
}

impl PairMemory {
    /// The logits of a word of the sentence that was [encoded](super::PairNetwork::encode) last,
    /// one a class.
    ///
    /// # Panics
    /// If there is no such word.
    pub fn word_logits(&self, word: usize) -> &[f32] {
        assert!(word < self.words, "word {word} of {}", self.words);
        &flat(&self.maps[word * self.map_blocks..])[..self.word_classes]
    }

    /// The logits of a pair, by its index among those that were
    /// [scored](super::PairNetwork::score) last, one a class.
    ///
    /// # Panics
    /// If there is no such pair.
    pub fn pair_logits(&self, pair: usize) -> &[f32] {
        assert!(pair < self.pairs, "pair {pair} of {}", self.pairs);
        let blocks = self.pair_classes.div_ceil(LANES);
        &flat(&self.logits[pair * blocks..])[..self.pair_classes]
    }
}
