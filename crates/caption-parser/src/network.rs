//! The parser's network at run time: word vectors, context layers, and the three heads.
//!
//! Everything that could round differently on another machine is integer arithmetic or f32
//! operations in a fixed order, so a caption parses to the same bytes everywhere.

use std::ops::Range;

use hashbrown::HashMap;

use crate::features::{FeatureSpace, SHAPE_ROWS, WordFeatures};
use crate::kernel::{dot, normalise, quantise};
use crate::model::{
    AFFIX_ROWS, DISTANCES, ModelError, Product, Table, Tensors, distance_bucket, root_bucket,
};
use crate::{DependencyRelation, Upos};

/// Queries and keys of pair scores have 12 bits, so that inner products fit an i32.
const PAIR_LIMIT: f32 = 4095.0;
/// Arc scores are integers of this many steps a unit, so that trees are compared exactly.
const ARC_STEPS: f32 = 4096.0;
/// Distinct words whose vectors are kept; beyond it the cache starts anew.
const CACHED_WORDS: usize = 50_000;
/// Longer words are not kept.
const CACHED_LENGTH: usize = 40;

struct Norm {
    gain: Vec<f32>,
    bias: Vec<f32>,
}

impl Norm {
    fn read(tensors: &Tensors<'_>, name: &str, width: usize) -> Result<Self, ModelError> {
        Ok(Self {
            gain: tensors.floats(&format!("{name}.norm"), width)?,
            bias: tensors.floats(&format!("{name}.norm.bias"), width)?,
        })
    }
}

/// The learned weights.
pub(crate) struct Network {
    width: usize,
    head: usize,
    space: FeatureSpace,
    pieces: Table,
    projection: Product,
    forms: Table,
    affixes: Table,
    shapes: Table,
    word_norm: Norm,
    layers: Vec<(Product, Norm)>,
    upos: Product,
    arc_dependent: Product,
    arc_head: Product,
    arc_bilinear: Product,
    arc_distance: Product,
    arc_root: Vec<f32>,
    /// Scales of queries and keys.
    pair_scales: (f32, f32),
    relation_dependent: Product,
    relation_head: Product,
    relation_root: Vec<f32>,
    relation_distance: Vec<f32>,
    relation: Product,
}

/// Working memory of the network, reused from sentence to sentence.
#[derive(Default)]
pub(crate) struct Activations {
    features: WordFeatures,
    cache: HashMap<Box<str>, u32, foldhash::fast::FixedState>,
    cached: Vec<f32>,
    /// Rows of the sentence's words, `[n, width]`.
    x: Vec<f32>,
    /// The same in i16, with a row of zeros before and behind for the window.
    q: Vec<i16>,
    sums: Vec<i32>,
    out: Vec<f32>,
    hidden: Vec<f32>,
    distances: Vec<f32>,
    queries: Vec<i16>,
    keys: Vec<i16>,
    /// `[n, 1 + n]`: column 0 is the root, 1 + j word j as head.
    pub(crate) arcs: Vec<i32>,
}

impl Network {
    pub(crate) fn read(tensors: &Tensors<'_>) -> Result<Self, ModelError> {
        let number = |name: &str| {
            tensors.note(name)?.parse::<usize>().map_err(|_| ModelError::damaged(name, "not a number"))
        };
        let (width, head, layers) = (number("width")?, number("head")?, number("layers")?);
        let pieces = number("pieces")?;
        if width == 0 || head == 0 || !width.is_multiple_of(16) || !head.is_multiple_of(16) {
            return Err(ModelError::damaged("width", "widths must be multiples of 16"));
        }
        let product = |name: &str, inputs, outputs| Product::read(tensors, name, inputs, outputs);
        let read_layer = |layer: usize| {
            let name = format!("layer{layer}");
            Ok((product(&name, 3 * width, 2 * width)?, Norm::read(tensors, &name, width)?))
        };
        let network = Self {
            width,
            head,
            space: FeatureSpace::new(tensors.bytes("pieces.fst")?, tensors.bytes("forms.fst")?)?,
            pieces: Table::read(tensors, "pieces", pieces)?,
            projection: product("projection", pieces, width)?,
            forms: Table::read(tensors, "forms", width)?,
            affixes: Table::read(tensors, "affixes", width)?,
            shapes: Table::read(tensors, "shapes", width)?,
            word_norm: Norm::read(tensors, "word", width)?,
            layers: (0..layers).map(read_layer).collect::<Result<_, _>>()?,
            upos: product("upos", width, Upos::ALL.len())?,
            arc_dependent: product("arc.dependent", width, head)?,
            arc_head: product("arc.head", width, head)?,
            arc_bilinear: product("arc.bilinear", head, head)?,
            arc_distance: product("arc.distance", head, DISTANCES)?,
            arc_root: tensors.floats("arc.root", head)?,
            pair_scales: (
                tensors.floats("arc.query_scale", 1)?[0].max(f32::MIN_POSITIVE),
                tensors.floats("arc.key_scale", 1)?[0].max(f32::MIN_POSITIVE),
            ),
            relation_dependent: product("relation.dependent", width, head)?,
            relation_head: product("relation.head", width, head)?,
            relation_root: tensors.floats("relation.root", head)?,
            relation_distance: tensors.floats("relation.distance", DISTANCES * head)?,
            relation: product("relation", head, DependencyRelation::ALL.len())?,
        };
        let sizes_fit =
            network.affixes.rows() == AFFIX_ROWS as usize && network.shapes.rows() == SHAPE_ROWS as usize;
        if sizes_fit { Ok(network) } else { Err(ModelError::damaged("affixes", "a table of another size")) }
    }

    /// Runs the encoder over a sentence's words; what follows reads its result.
    pub(crate) fn encode<'t>(&self, words: impl Iterator<Item = &'t str>, act: &mut Activations) {
        act.x.clear();
        let mut count = 0;
        for word in words {
            self.push_word(word, act);
            count += 1;
        }
        for (product, norm) in &self.layers {
            self.quantise_window(product.input_scale, act);
            product.apply(&act.q, self.width, count, &mut act.sums, &mut act.out);
            let width = self.width;
            for (row, both) in act.x.chunks_exact_mut(width).zip(act.out.chunks_exact_mut(product.columns()))
            {
                let (first, second) = both.split_at_mut(width);
                for (first, second) in first.iter_mut().zip(second) {
                    *first = first.max(*second);
                }
                normalise(first, &norm.gain, &norm.bias);
                for (x, context) in row.iter_mut().zip(first) {
                    *x += *context;
                }
            }
        }
    }

    /// Appends a word's vector, from the cache or computed.
    fn push_word(&self, word: &str, act: &mut Activations) {
        if let Some(&row) = act.cache.get(word) {
            let vector = row as usize * self.width..(row as usize + 1) * self.width;
            act.x.extend_from_slice(&act.cached[vector]);
            return;
        }
        let start = act.x.len();
        act.x.resize(start + self.width, 0.0);
        let vector = &mut act.x[start..];
        self.space.extract(word, &mut act.features);
        let features = &act.features;
        let weight = 1.0 / features.pieces.len().max(1) as f32;
        act.hidden.clear();
        act.hidden.resize(self.pieces.width(), 0.0);
        features.pieces.iter().for_each(|&row| self.pieces.add(row, weight, &mut act.hidden));
        Self::linear(&self.projection, &act.hidden, 1, &mut act.q, &mut act.sums, &mut act.out);
        vector.copy_from_slice(&act.out[..self.width]);
        features.affixes.iter().for_each(|&row| self.affixes.add(row, 1.0, vector));
        self.forms.add(features.form, 1.0, vector);
        self.shapes.add(features.shape, 1.0, vector);
        normalise(vector, &self.word_norm.gain, &self.word_norm.bias);
        if word.len() <= CACHED_LENGTH {
            if act.cache.len() >= CACHED_WORDS {
                act.cache.clear();
                act.cached.clear();
            }
            act.cache.insert(word.into(), (act.cached.len() / self.width) as u32);
            act.cached.extend_from_slice(&act.x[start..]);
        }
    }

    fn quantise_window(&self, scale: f32, act: &mut Activations) {
        act.q.clear();
        act.q.resize(act.x.len() + 2 * self.width, 0);
        quantise(&act.x, scale, 32767.0, &mut act.q[self.width..]);
    }

    /// Applies a product to `x`, row by row, into `out`.
    fn linear(
        product: &Product,
        x: &[f32],
        rows: usize,
        q: &mut Vec<i16>,
        sums: &mut Vec<i32>,
        out: &mut Vec<f32>,
    ) {
        q.clear();
        q.resize(x.len(), 0);
        quantise(x, product.input_scale, 32767.0, q);
        product.apply(q, x.len() / rows.max(1), rows, sums, out);
    }

    /// The best part of speech of every word.
    pub(crate) fn upos(&self, act: &mut Activations, mut set: impl FnMut(usize, Upos)) {
        let rows = act.x.len() / self.width;
        Self::linear(&self.upos, &act.x, rows, &mut act.q, &mut act.sums, &mut act.out);
        for (index, row) in act.out.chunks_exact(self.upos.columns()).enumerate() {
            set(index, Upos::ALL[largest(&row[..self.upos.outputs], 0..Upos::ALL.len())]);
        }
    }

    /// Fills `act.arcs` with the scores of every word for every head.
    pub(crate) fn arcs(&self, act: &mut Activations) {
        let rows = act.x.len() / self.width;
        let head = self.head;
        Self::linear(&self.arc_head, &act.x, rows, &mut act.q, &mut act.sums, &mut act.out);
        act.out.iter_mut().for_each(|x| *x = x.max(0.0));
        act.keys.clear();
        act.keys.resize((rows + 1) * head, 0);
        quantise(&self.arc_root, self.pair_scales.1, PAIR_LIMIT, &mut act.keys[..head]);
        quantise(&act.out, self.pair_scales.1, PAIR_LIMIT, &mut act.keys[head..]);
        Self::linear(&self.arc_dependent, &act.x, rows, &mut act.q, &mut act.sums, &mut act.hidden);
        act.hidden.iter_mut().for_each(|x| *x = x.max(0.0));
        Self::linear(&self.arc_distance, &act.hidden, rows, &mut act.q, &mut act.sums, &mut act.distances);
        Self::linear(&self.arc_bilinear, &act.hidden, rows, &mut act.q, &mut act.sums, &mut act.out);
        act.queries.clear();
        act.queries.resize(rows * head, 0);
        quantise(&act.out, self.pair_scales.0, PAIR_LIMIT, &mut act.queries);
        let unit = 1.0 / (self.pair_scales.0 * self.pair_scales.1);
        act.arcs.clear();
        for dependent in 0..rows {
            let query = &act.queries[dependent * head..][..head];
            let distances = &act.distances[dependent * self.arc_distance.columns()..];
            for (column, key) in act.keys.chunks_exact(head).enumerate() {
                let bucket = match column {
                    0 => root_bucket(),
                    _ => distance_bucket(dependent, column - 1),
                };
                let score = dot(query, key) as f32 * unit + distances[bucket];
                act.arcs.push((score * ARC_STEPS) as i32);
            }
        }
    }

    /// The best relation of every word to the head given, `root` for the root alone.
    pub(crate) fn relations(
        &self,
        heads: &[u32],
        act: &mut Activations,
        mut set: impl FnMut(usize, DependencyRelation),
    ) {
        let rows = heads.len();
        let head = self.head;
        Self::linear(&self.relation_head, &act.x, rows, &mut act.q, &mut act.sums, &mut act.out);
        Self::linear(&self.relation_dependent, &act.x, rows, &mut act.q, &mut act.sums, &mut act.hidden);
        for (dependent, row) in act.hidden.chunks_exact_mut(head).enumerate() {
            let of = heads[dependent] as usize;
            let (other, bucket) = match of == dependent {
                true => (&self.relation_root[..], root_bucket()),
                false => (&act.out[of * head..][..head], distance_bucket(dependent, of)),
            };
            let distance = &self.relation_distance[bucket * head..][..head];
            for ((x, other), distance) in row.iter_mut().zip(other).zip(distance) {
                *x = (*x + other + distance).max(0.0);
            }
        }
        Self::linear(&self.relation, &act.hidden, rows, &mut act.q, &mut act.sums, &mut act.out);
        let all = DependencyRelation::ALL;
        for (index, row) in act.out.chunks_exact(self.relation.columns()).enumerate() {
            let relation = match heads[index] as usize == index {
                true => DependencyRelation::Root,
                false => {
                    let root = DependencyRelation::Root as usize;
                    let (before, after) = (largest(row, 0..root), largest(row, root + 1..all.len()));
                    all[if row[after] > row[before] { after } else { before }]
                }
            };
            set(index, relation);
        }
    }
}

/// Index of the largest value in the range, the first of equals.
fn largest(values: &[f32], range: Range<usize>) -> usize {
    let start = range.start;
    range.fold(start, |best, index| if values[index] > values[best] { index } else { best })
}
