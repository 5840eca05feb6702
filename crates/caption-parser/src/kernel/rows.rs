//! What is done with rows of numbers between the products.

use super::{LANES, Lanes, Vectors};

/// Scale and bias that make f32 of a product's sums, a value a column.
pub(crate) struct Affine {
    pub(crate) scales: Vec<Lanes<f32>>,
    pub(crate) bias: Vec<Lanes<f32>>,
}

/// Gain and bias of a layer normalisation.
pub(crate) struct Norm {
    pub(crate) gain: Vec<Lanes<f32>>,
    pub(crate) bias: Vec<Lanes<f32>>,
}

impl Affine {
    /// A block of a row of sums as f32.
    #[inline(always)]
    pub(crate) fn apply<V: Vectors>(&self, v: V, block: usize, sums: &[Lanes<i32>]) -> V::Floats {
        scaled(v, v.load_ints(&sums[block]), &self.scales[block], &self.bias[block])
    }

    /// Rows of sums as f32.
    #[inline(always)]
    pub(crate) fn apply_rows<V: Vectors>(&self, v: V, sums: &[Lanes<i32>], out: &mut [Lanes<f32>]) {
        let blocks = self.scales.len();
        for (sums, out) in sums.chunks_exact(blocks).zip(out.chunks_exact_mut(blocks)) {
            for (block, out) in out.iter_mut().enumerate() {
                v.store(self.apply(v, block, sums), out);
            }
        }
    }

    /// Column of the largest value among the blocks, the first of equals. It is the first of all if
    /// none is above negative infinity, and thus never another one that has just that.
    #[inline(always)]
    pub(crate) fn largest<V: Vectors>(&self, v: V, blocks: usize, sums: &[Lanes<i32>]) -> usize {
        let mut most = v.splat(f32::NEG_INFINITY);
        for block in 0..blocks {
            most = v.max(self.apply(v, block, sums), most);
        }
        let most = v.largest(most);
        if most > f32::NEG_INFINITY {
            for block in 0..blocks {
                let bits = v.equal(self.apply(v, block, sums), most);
                if bits != 0 {
                    return block * LANES + bits.trailing_zeros() as usize;
                }
            }
        }
        0
    }
}

#[inline(always)]
pub(crate) fn relu<V: Vectors>(v: V, x: V::Floats) -> V::Floats {
    v.max(x, v.splat(0.0))
}

/// Rounds `x * scale` to the nearest integer of at most `limit`, ties to even.
#[inline(always)]
pub(crate) fn quantise<V: Vectors>(v: V, x: V::Floats, scale: f32, limit: i16, out: &mut [i16; LANES]) {
    v.round(limited(v, x, scale, f32::from(limit)), out);
}

/// `x * scale`, at most `limit` from zero.
#[inline(always)]
fn limited<V: Vectors>(v: V, x: V::Floats, scale: f32, limit: f32) -> V::Floats {
    let x = v.min(v.mul(x, v.splat(scale)), v.splat(limit));
    v.max(x, v.splat(-limit))
}

/// Adds to `sum` a row of integers times a scale.
#[inline(always)]
pub(crate) fn add_row<V: Vectors>(v: V, row: &[[i8; LANES]], scale: f32, sum: &mut [Lanes<f32>]) {
    for (sum, row) in sum.iter_mut().zip(row) {
        v.store(plus_row(v, v.load(sum), row, scale), sum);
    }
}

/// A block of a sum, and of a row of integers times a scale.
#[inline(always)]
pub(crate) fn plus_row<V: Vectors>(v: V, sum: V::Floats, row: &[i8; LANES], scale: f32) -> V::Floats {
    v.add(sum, v.mul(v.load_bytes(row), v.splat(scale)))
}

/// Quantises a row to the full range of 16 bits.
#[inline(always)]
pub(crate) fn quantise_row<V: Vectors>(v: V, x: &[Lanes<f32>], scale: f32, out: &mut [i16]) {
    for (x, out) in x.iter().zip(out.as_chunks_mut::<LANES>().0) {
        quantise(v, v.load(x), scale, i16::MAX, out);
    }
}

/// Quantises a row to 8 bits.
#[inline(always)]
pub(crate) fn quantise_row8<V: Vectors>(v: V, x: &[Lanes<f32>], scale: f32, out: &mut [V::Input8]) {
    for (x, out) in x.iter().zip(out.as_chunks_mut().0) {
        quantise8(v, v.load(x), scale, out);
    }
}

/// Rounds `x * scale` to the nearest integer of 8 bits, ties to even.
#[inline(always)]
pub(super) fn quantise8<V: Vectors>(v: V, x: V::Floats, scale: f32, out: &mut [V::Input8; LANES]) {
    v.round8(limited(v, x, scale, f32::from(i8::MAX)), out);
}

/// Mean of a row whose sum over lanes is `total`, and one over its deviation; takes the mean off
/// the row.
#[inline(always)]
fn centre<V: Vectors>(v: V, row: &mut [Lanes<f32>], total: V::Floats) -> V::Floats {
    let count = (row.len() * LANES) as f32;
    let mean = v.splat(-(v.total(total) / count));
    let mut squares = v.splat(0.0);
    for block in row {
        let x = v.add(v.load(block), mean);
        v.store(x, block);
        squares = v.add(squares, v.mul(x, x));
    }
    v.splat(1.0 / (v.total(squares) / count + 1e-5).sqrt())
}

impl Norm {
    #[inline(always)]
    fn apply<V: Vectors>(&self, v: V, block: usize, x: V::Floats, inverse: V::Floats) -> V::Floats {
        v.add(v.mul(v.mul(x, inverse), v.load(&self.gain[block])), v.load(&self.bias[block]))
    }
}

/// Layer normalisation of a row in place (Ba et al. 2016).
#[inline(always)]
pub(crate) fn normalise<V: Vectors>(v: V, row: &mut [Lanes<f32>], norm: &Norm) {
    let mut total = v.splat(0.0);
    for x in row.iter() {
        total = v.add(total, v.load(x));
    }
    let inverse = centre(v, row, total);
    for (block, x) in row.iter_mut().enumerate() {
        v.store(norm.apply(v, block, v.load(x), inverse), x);
    }
}

/// The end of a context layer: of the product's two halves the larger values, normalised, are
/// added to `row`, which is quantised by `scale` for the next. The product's sums are those of all
/// `parts` together; `hidden` is working memory of a row.
#[inline(always)]
pub(crate) fn add_context<V: Vectors, const PARTS: usize>(
    v: V,
    parts: [&[Lanes<i32>]; PARTS],
    (affine, norm): (&Affine, &Norm),
    hidden: &mut [Lanes<f32>],
    row: &mut [Lanes<f32>],
    scale: f32,
    out: &mut [V::Input8],
) {
    let half = row.len();
    let hidden = &mut hidden[..half];
    let parts = parts.map(|part| part.split_at(half));
    let (scales, bias) = (affine.scales.split_at(half), affine.bias.split_at(half));
    let mut total = v.splat(0.0);
    for (block, hidden) in hidden.iter_mut().enumerate() {
        let first = sum_of(v, parts.map(|part| &part.0[block]));
        let first = scaled(v, first, &scales.0[block], &bias.0[block]);
        let second = sum_of(v, parts.map(|part| &part.1[block]));
        let second = scaled(v, second, &scales.1[block], &bias.1[block]);
        let larger = v.max(first, second);
        total = v.add(total, larger);
        v.store(larger, hidden);
    }
    let inverse = centre(v, hidden, total);
    let blocks = row.iter_mut().zip(hidden.iter()).zip(out.as_chunks_mut().0);
    for (block, ((row, context), out)) in blocks.enumerate() {
        let x = v.add(v.load(row), norm.apply(v, block, v.load(context), inverse));
        v.store(x, row);
        quantise8(v, x, scale, out);
    }
}

#[inline(always)]
fn sum_of<V: Vectors, const PARTS: usize>(v: V, parts: [&Lanes<i32>; PARTS]) -> V::Ints {
    let mut sum = v.load_ints(parts[0]);
    for part in &parts[1..] {
        sum = v.add_ints(sum, v.load_ints(part));
    }
    sum
}

#[inline(always)]
fn scaled<V: Vectors>(v: V, sums: V::Ints, scale: &Lanes<f32>, bias: &Lanes<f32>) -> V::Floats {
    v.add(v.mul(v.to_floats(sums), v.load(scale)), v.load(bias))
}
