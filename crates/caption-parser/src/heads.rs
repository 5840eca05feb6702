//! What is read off the encoded words: parts of speech, arcs and relations.

use crate::kernel::packed::{Packed8, Packed16};
use crate::kernel::rows::{quantise, relu};
use crate::kernel::scalar::Scalar;
use crate::kernel::{LANES, Lanes, Vectors, flat, flat_mut};
use crate::model::{DISTANCES, ModelError, Tensors, distance_bucket, root_bucket};
use crate::network::{Activations, sized};
use crate::weights::{Linear, in_lanes, read_scale};
use crate::{DependencyRelation, Upos};

/// Queries and keys of pair scores have 12 bits, so that inner products fit an i32.
const PAIR_LIMIT: i16 = 4095;
/// Arc scores are integers of this many steps a unit, so that trees are compared exactly.
const ARC_STEPS: f32 = 4096.0;
/// Largest arc score, well within i32.
const MOST_SCORE: f32 = (1 << 30) as f32;
/// Blocks of the part-of-speech scores.
const UPOS: usize = Upos::ALL.len().div_ceil(LANES);

/// The heads' weights.
pub(crate) struct Heads {
    /// Blocks of each of the four parts behind the part of speech.
    head: usize,
    /// Part of speech, arc as dependent, arc as head, relation as dependent, relation as head.
    first: Linear<Packed8>,
    /// Query of the arc, then its preference of distances.
    arc: Linear<Packed16>,
    root_key: Vec<i16>,
    /// Scales of queries and keys.
    pair_scales: (f32, f32),
    relation_root: Vec<Lanes<f32>>,
    /// A row of `head` blocks a distance.
    relation_distance: Vec<Lanes<f32>>,
    relation: Linear<Packed16>,
}

impl Heads {
    pub(crate) fn read(tensors: &Tensors<'_>, width: usize, head: usize) -> Result<Self, ModelError> {
        let parts = [
            ("upos", Upos::ALL.len()),
            ("arc.dependent", head),
            ("arc.head", head),
            ("relation.dependent", head),
            ("relation.head", head),
        ];
        let mut first: Linear<Packed8> = Linear::fused(tensors, &parts, width)?;
        (Upos::ALL.len()..UPOS * LANES).for_each(|column| first.forbid(column));
        let relations = DependencyRelation::ALL.len();
        let mut relation: Linear<Packed16> = Linear::read(tensors, "relation", head, relations)?;
        relation.forbid(DependencyRelation::Root as usize);
        (relations..relations.next_multiple_of(LANES)).for_each(|column| relation.forbid(column));
        let pair_scales =
            (read_scale(tensors, "arc.query_scale", 1.0)?, read_scale(tensors, "arc.key_scale", 1.0)?);
        let mut root_key = vec![0; head];
        for (root, key) in in_lanes(&tensors.floats("arc.root", head)?).iter().zip(root_key.as_chunks_mut().0)
        {
            quantise(Scalar, root.0, pair_scales.1, PAIR_LIMIT, key);
        }
        Ok(Self {
            head: head / LANES,
            first,
            arc: Linear::fused(tensors, &[("arc.bilinear", head), ("arc.distance", DISTANCES)], head)?,
            root_key,
            pair_scales,
            relation_root: in_lanes(&tensors.floats("relation.root", head)?),
            relation_distance: in_lanes(&tensors.floats("relation.distance", DISTANCES * head)?),
            relation,
        })
    }

    /// What the encoded words are to be multiplied with.
    pub(crate) fn input_scale(&self) -> f32 {
        self.first.input_scale
    }

    /// Reads everything off the words in `act.window`, which begin at row 1.
    #[inline(always)]
    pub(crate) fn annotate(&self, count: usize, width: usize, v: impl Vectors, act: &mut Activations) {
        let blocks = self.first.packed.blocks();
        let sums = sized(&mut act.sums, count * blocks);
        v.multiply8(&self.first.packed, &v.inputs8(&mut act.window)[width..], width, sums);
        self.upos_and_keys(count, v, act);
        self.arcs(count, v, act);
        let Activations { arcs, heads, trees, .. } = act;
        heads.clear();
        heads.resize(count, 0);
        trees.best_heads(flat(&arcs[..count * arcs_row(count)]), arcs_row(count) * LANES, heads);
        self.relations(count, v, act);
    }

    /// Parts of speech, the words as dependents of arcs, and as their heads.
    #[inline(always)]
    fn upos_and_keys(&self, count: usize, v: impl Vectors, act: &mut Activations) {
        let head = self.head;
        let affine = &self.first.affine;
        act.upos.clear();
        let dependents = sized(&mut act.dependents, count * head * LANES);
        act.keys.clear(head * LANES, count + 1);
        act.keys.set_column(0, &self.root_key);
        let key = sized(&mut act.queries, head * LANES);
        let rows =
            act.sums.chunks_exact(self.first.packed.blocks()).zip(dependents.chunks_exact_mut(head * LANES));
        for (index, (sums, dependent)) in rows.take(count).enumerate() {
            let upos = affine.largest(v, UPOS, sums);
            act.upos.push(Upos::ALL[upos]);
            for (part, out) in dependent.as_chunks_mut().0.iter_mut().enumerate() {
                let block = UPOS + part;
                let x = relu(v, affine.apply(v, block, sums));
                quantise(v, x, self.arc.input_scale, i16::MAX, out);
            }
            for (part, out) in key.as_chunks_mut().0.iter_mut().enumerate() {
                let block = UPOS + head + part;
                let x = relu(v, affine.apply(v, block, sums));
                quantise(v, x, self.pair_scales.1, PAIR_LIMIT, out);
            }
            act.keys.set_column(index + 1, key);
        }
    }

    /// Fills `act.arcs` with the scores of every word for every head.
    #[inline(always)]
    fn arcs(&self, count: usize, v: impl Vectors, act: &mut Activations) {
        let (head, blocks) = (self.head, self.arc.packed.blocks());
        let sums = sized(&mut act.more_sums, count * blocks);
        v.multiply(&self.arc.packed, &act.dependents, head * LANES, sums);
        let queries = sized(&mut act.queries, count * head * LANES);
        for (sums, query) in sums.chunks_exact(blocks).zip(queries.chunks_exact_mut(head * LANES)) {
            for (block, out) in query.as_chunks_mut().0.iter_mut().enumerate() {
                let x = self.arc.affine.apply(v, block, sums);
                quantise(v, x, self.pair_scales.0, PAIR_LIMIT, out);
            }
        }
        let row = arcs_row(count);
        let arcs = sized(&mut act.arcs, count * row);
        v.multiply(&act.keys, queries, head * LANES, arcs);
        let unit = 1.0 / (self.pair_scales.0 * self.pair_scales.1);
        let preferences = sized(&mut act.hidden, row);
        for (dependent, (arcs, sums)) in arcs.chunks_exact_mut(row).zip(sums.chunks_exact(blocks)).enumerate()
        {
            self.spread_distances(v, dependent, sums, preferences);
            for (arc, preference) in arcs.iter_mut().zip(preferences.iter()) {
                let product = v.mul(v.to_floats(v.load_ints(arc)), v.splat(unit));
                let score = v.mul(v.add(product, v.load(preference)), v.splat(ARC_STEPS));
                let score = v.max(v.min(score, v.splat(MOST_SCORE)), v.splat(-MOST_SCORE));
                v.store_ints(v.truncate(score), arc);
            }
        }
    }

    /// The preference of a dependent for each head by its distance, in the order of arcs.
    #[inline(always)]
    fn spread_distances<V: Vectors>(
        &self,
        v: V,
        dependent: usize,
        sums: &[Lanes<i32>],
        out: &mut [Lanes<f32>],
    ) {
        let mut buckets = [Lanes::default(); DISTANCES.div_ceil(LANES)];
        for (index, bucket) in buckets.iter_mut().enumerate() {
            v.store(self.arc.affine.apply(v, self.head + index, sums), bucket);
        }
        let buckets = flat(&buckets);
        let out = flat_mut(out);
        let root = root_bucket();
        out[0] = buckets[root];
        let out = &mut out[1..];
        // Words `from` to `to` have a bucket each, those beyond share the outermost.
        let from = dependent.saturating_sub(root / 2);
        let to = out.len().min(dependent + root / 2 + 1);
        out[..from].fill(buckets[0]);
        out[from..to].copy_from_slice(&buckets[distance_bucket(dependent, from)..][..to - from]);
        out[to..].fill(buckets[root - 1]);
    }

    /// The best relation of every word to its head, `root` for the root alone.
    #[inline(always)]
    fn relations(&self, count: usize, v: impl Vectors, act: &mut Activations) {
        let (head, blocks) = (self.head, self.first.packed.blocks());
        let affine = &self.first.affine;
        let (as_dependent, as_head) = (UPOS + 2 * head, UPOS + 3 * head);
        let q = sized(&mut act.queries, count * head * LANES);
        let first = &act.sums[..count * blocks];
        for (dependent, q) in q.chunks_exact_mut(head * LANES).enumerate() {
            let of = act.heads[dependent] as usize;
            let bucket = if of == dependent { root_bucket() } else { distance_bucket(dependent, of) };
            let distance = &self.relation_distance[bucket * head..][..head];
            for (part, out) in q.as_chunks_mut().0.iter_mut().enumerate() {
                let own = affine.apply(v, as_dependent + part, &first[dependent * blocks..]);
                let other = match of == dependent {
                    true => v.load(&self.relation_root[part]),
                    false => affine.apply(v, as_head + part, &first[of * blocks..]),
                };
                let x = relu(v, v.add(v.add(own, other), v.load(&distance[part])));
                quantise(v, x, self.relation.input_scale, i16::MAX, out);
            }
        }
        let relation = &self.relation;
        let blocks = relation.packed.blocks();
        let sums = sized(&mut act.more_sums, count * blocks);
        v.multiply(&relation.packed, q, head * LANES, sums);
        act.relations.clear();
        for (index, sums) in sums.chunks_exact(blocks).enumerate() {
            act.relations.push(match act.heads[index] as usize == index {
                true => DependencyRelation::Root,
                false => DependencyRelation::ALL[relation.affine.largest(v, blocks, sums)],
            });
        }
    }
}

/// Blocks of a row of arcs: the root and every word as head.
fn arcs_row(count: usize) -> usize {
    (count + 1).div_ceil(LANES)
}
