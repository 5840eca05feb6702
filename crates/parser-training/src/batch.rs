//! Sentences as the network's input tensors.

use std::collections::HashMap;

use candle_core::{Device, Result, Tensor};
use caption_parser::model::{
    FeatureSpace, MAX_PIECES, UNKNOWN_FORM, WordFeatures, distance_bucket, root_bucket,
};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::targets::Answers;
use crate::treebank::Example;

/// A padded batch: `rows` sentences of `length` words at most, over its distinct words.
pub struct Batch {
    pub rows: usize,
    pub length: usize,
    /// Real words in the batch.
    pub words: usize,
    pub pieces: Tensor,
    pub piece_weights: Tensor,
    pub forms: Tensor,
    pub affixes: Tensor,
    pub shapes: Tensor,
    /// For each position the row of its word.
    pub positions: Tensor,
    /// `[rows * length, 1]`, 1 for a word, 0 for padding.
    pub mask: Tensor,
    pub distances: Tensor,
    pub forbidden: Tensor,
    pub answers: Answers,
}

/// Cuts the examples into batches of about `words` words of like length, in random order.
pub fn shuffled_batches<'e>(
    examples: &[&'e Example],
    words: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<Vec<&'e Example>> {
    let mut order: Vec<(usize, &Example)> =
        examples.iter().map(|&example| (example.len() * 4 + rng.random_range(0..8), example)).collect();
    order.shuffle(rng);
    order.sort_by_key(|&(key, _)| key);
    let mut batches = cut(order.into_iter().map(|(_, example)| example), words, |example| example.len());
    batches.shuffle(rng);
    batches
}

/// Cuts sentences that come by their length, more or less, into batches of at most `words` words,
/// padding included; a longer sentence is a batch of its own.
pub fn cut<T: Copy>(
    sentences: impl IntoIterator<Item = T>,
    words: usize,
    length: impl Fn(T) -> usize,
) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut longest = 0;
    for sentence in sentences {
        longest = longest.max(length(sentence));
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * longest <= words => batch.push(sentence),
            _ => {
                longest = length(sentence);
                batches.push(vec![sentence]);
            }
        }
    }
    batches
}

/// Distinct words of a batch and their features, in lists that become tensors.
#[derive(Default)]
struct Words<'e> {
    rows: HashMap<(&'e str, bool), u32>,
    pieces: Vec<u32>,
    piece_weights: Vec<f32>,
    forms: Vec<u32>,
    affixes: Vec<u32>,
    shapes: Vec<u32>,
}

impl<'e> Words<'e> {
    /// The word's row. A dropped word keeps its pieces and affixes but not its own row of the
    /// form table, so that the network learns to do without it.
    fn row(
        &mut self,
        form: &'e str,
        dropped: bool,
        space: &FeatureSpace,
        features: &mut WordFeatures,
    ) -> u32 {
        let next = self.forms.len() as u32;
        *self.rows.entry((form, dropped)).or_insert_with(|| {
            space.extract(form, features);
            let weight = 1.0 / features.pieces.len().max(1) as f32;
            for piece in 0..MAX_PIECES {
                self.pieces.push(features.pieces.get(piece).copied().unwrap_or(0));
                self.piece_weights.push(if piece < features.pieces.len() { weight } else { 0.0 });
            }
            self.forms.push(if dropped { UNKNOWN_FORM } else { features.form });
            self.affixes.extend(features.affixes);
            self.shapes.push(features.shape);
            next
        })
    }
}

impl Batch {
    /// Builds a batch; words lose their form's row with probability `word_dropout`. Sentences
    /// without annotation have no targets.
    pub fn new(
        examples: &[&Example],
        space: &FeatureSpace,
        word_dropout: f64,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self> {
        let rows = examples.len();
        let length = examples.iter().map(|example| example.len()).max().unwrap_or(0);
        let count = rows * length;
        let (mut words, mut features) = (Words::default(), WordFeatures::default());
        let (mut positions, mut mask) = (vec![0; count], vec![0.0f32; count]);
        for (row, example) in examples.iter().enumerate() {
            for (index, form) in example.forms.iter().enumerate() {
                let at = row * length + index;
                let dropped = word_dropout > 0.0 && rng.random_bool(word_dropout);
                positions[at] = words.row(form, dropped, space, &mut features);
                mask[at] = 1.0;
            }
        }
        let device = &Device::Cpu;
        let (distances, forbidden) = arc_constants(examples, length);
        let kinds = words.forms.len();
        Ok(Self {
            rows,
            length,
            words: examples.iter().map(|example| example.len()).sum(),
            pieces: Tensor::new(words.pieces, device)?,
            piece_weights: Tensor::from_vec(words.piece_weights, (kinds, MAX_PIECES, 1), device)?,
            forms: Tensor::new(words.forms, device)?,
            affixes: Tensor::new(words.affixes, device)?,
            shapes: Tensor::new(words.shapes, device)?,
            positions: Tensor::new(positions, device)?,
            mask: Tensor::from_vec(mask, (count, 1), device)?,
            distances: Tensor::from_vec(distances, (rows, length, length + 1), device)?,
            forbidden: Tensor::from_vec(forbidden, (rows, length, length + 1), device)?,
            answers: Answers::new(examples, length)?,
        })
    }
}

/// Distance buckets and a mask of impossible heads (the word itself, padding) for every arc.
fn arc_constants(examples: &[&Example], length: usize) -> (Vec<u32>, Vec<f32>) {
    let mut distances = Vec::with_capacity(examples.len() * length * (length + 1));
    let mut forbidden = Vec::with_capacity(distances.capacity());
    for example in examples {
        for dependent in 0..length {
            distances.push(root_bucket() as u32);
            forbidden.push(0.0);
            for head in 0..length {
                distances.push(distance_bucket(dependent, head) as u32);
                forbidden.push(if head == dependent || head >= example.len() { -1e9 } else { 0.0 });
            }
        }
    }
    (distances, forbidden)
}
