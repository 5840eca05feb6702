//! The parser's network at run time: the encoder, then the heads, a sentence at a time.
//!
//! Everything that could round differently on another machine is integer arithmetic or f32
//! operations in a fixed order, so a caption parses to the same bytes everywhere.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::encoder::Encoder;
use crate::features::WordFeatures;
use crate::heads::Heads;
use crate::kernel::packed::Packed16;
use crate::kernel::{Inputs8, Lanes, Simd, Task, Vectors};
use crate::model::{ModelError, NetworkSizes, Tensors};
use crate::tree::Arborescence;
use crate::words::Words;
use crate::{DependencyRelation, Upos};

/// The learned weights.
pub(crate) struct Network {
    /// Tells the network apart from all others of this process.
    id: u64,
    simd: Simd,
    encoder: Encoder,
    heads: Heads,
}

/// Working memory of the network, reused from sentence to sentence, and its results. Buffers only
/// grow: what lies beyond the sentence at hand is of earlier ones.
#[derive(Default)]
pub(crate) struct Activations {
    pub(crate) words: Words,
    pub(crate) features: WordFeatures,
    /// The sentence's words by their place in `words`.
    pub(crate) places: Vec<u32>,
    /// Vectors of the sentence's words: behind the last layer what documents keep.
    pub(crate) x: Vec<Lanes<f32>>,
    /// The same as inputs of products, with a row of zeros before and behind for the window.
    pub(crate) window: Inputs8,
    /// Inputs of 16 bits: of a new word's products, the words as dependents of arcs, and others.
    pub(crate) q: Vec<i16>,
    pub(crate) dependents: Vec<i16>,
    pub(crate) queries: Vec<i16>,
    /// Sums of products; the first heads' stay in `sums` until relations are found.
    pub(crate) sums: Vec<Lanes<i32>>,
    pub(crate) more_sums: Vec<Lanes<i32>>,
    pub(crate) hidden: Vec<Lanes<f32>>,
    pub(crate) keys: Packed16,
    /// Scores of every word, a row, for every head: column 0 is the root, 1 + j word j.
    pub(crate) arcs: Vec<Lanes<i32>>,
    pub(crate) trees: Arborescence,
    /// Part of speech of every word.
    pub(crate) upos: Vec<Upos>,
    /// Head of every word, its own index for the root.
    pub(crate) heads: Vec<u32>,
    /// Relation of every word to its head.
    pub(crate) relations: Vec<DependencyRelation>,
}

impl Network {
    pub(crate) fn read(tensors: &Tensors<'_>) -> Result<Self, ModelError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let NetworkSizes { width, head, layers, pieces } = NetworkSizes::read(tensors)?;
        Ok(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            simd: Simd::best(),
            encoder: Encoder::read(tensors, width, layers, pieces)?,
            heads: Heads::read(tensors, width, head)?,
        })
    }

    pub(crate) fn width(&self) -> usize {
        self.encoder.width()
    }

    pub(crate) fn simd(&self) -> Simd {
        self.simd
    }

    pub(crate) fn set_simd(&mut self, simd: Simd) {
        self.simd = simd;
    }

    /// Tags a sentence of at most [`crate::sentences::LONGEST`] words and finds its tree.
    pub(crate) fn annotate<'t>(&self, words: impl ExactSizeIterator<Item = &'t str>, act: &mut Activations) {
        self.simd.run(Annotate { network: self, words, act });
    }
}

struct Annotate<'n, W> {
    network: &'n Network,
    words: W,
    act: &'n mut Activations,
}

impl<'t, W: ExactSizeIterator<Item = &'t str>> Task for Annotate<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, v: V) {
        let Self { network: Network { encoder, heads, id, .. }, words, act } = self;
        let count = words.len();
        encoder.look_up(*id, words, v, act);
        encoder.encode(count, heads.input_scale(), v, act);
        heads.annotate(count, encoder.width(), v, act);
    }
}

/// The first `length` values of a buffer that only grows.
pub(crate) fn sized<T: Copy + Default>(buffer: &mut Vec<T>, length: usize) -> &mut [T] {
    if buffer.len() < length {
        buffer.resize(length, T::default());
    }
    &mut buffer[..length]
}

#[cfg(test)]
mod tests;
