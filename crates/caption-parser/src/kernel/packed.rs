//! Weights in the order in which the kernels read them.

use super::{LANES, Lanes};

/// Most inputs of a product: `MOST_INPUTS * 32768 * 127` still fits an i32.
pub(crate) const MOST_INPUTS: usize = 512;

/// A weight matrix `[inputs, outputs]` for inputs of 16 bits: for each block of [`LANES`] columns,
/// for each pair of inputs, the two weights of each column side by side.
#[derive(Default)]
pub(crate) struct Packed16 {
    pairs: usize,
    blocks: usize,
    pub(super) weights: Vec<Lanes<[i16; 2]>>,
}

/// The same for inputs of 8 bits, in the forms that instruction sets want.
pub(crate) struct Packed8 {
    pub(super) wide: Packed16,
    /// For each block, for each four inputs, the four weights of each column side by side.
    pub(super) weights: Vec<Lanes<[i8; 4]>>,
    /// What to add to the sums of inputs that had 128 added.
    pub(super) offsets: Vec<Lanes<i32>>,
}

/// Weights packed for a kernel.
pub(crate) trait Pack: Sized {
    /// The largest input.
    const LIMIT: f32;

    /// Packs a row-major matrix. The inputs must be a multiple of 4 and at most [`MOST_INPUTS`].
    fn new(matrix: &[i8], inputs: usize, outputs: usize) -> Self;
}

impl Pack for Packed16 {
    const LIMIT: f32 = i16::MAX as f32;

    fn new(matrix: &[i8], inputs: usize, outputs: usize) -> Self {
        let mut packed = Self::default();
        packed.clear(inputs, outputs);
        let pairs = packed.pairs;
        place(matrix, inputs, outputs, |block, input, column, weight| {
            packed.weights[block * pairs + input / 2].0[column][input % 2] = i16::from(weight);
        });
        packed
    }
}

impl Pack for Packed8 {
    const LIMIT: f32 = i8::MAX as f32;

    fn new(matrix: &[i8], inputs: usize, outputs: usize) -> Self {
        let wide = Packed16::new(matrix, inputs, outputs);
        let quads = inputs / 4;
        let mut weights = vec![Lanes([[0i8; 4]; LANES]); wide.blocks * quads];
        let mut offsets = vec![Lanes([0i32; LANES]); wide.blocks];
        place(matrix, inputs, outputs, |block, input, column, weight| {
            weights[block * quads + input / 4].0[column][input % 4] = weight;
            offsets[block].0[column] -= 128 * i32::from(weight);
        });
        Self { wide, weights, offsets }
    }
}

/// Hands each weight to `put`, with its block, input and column in the block.
fn place(matrix: &[i8], inputs: usize, outputs: usize, mut put: impl FnMut(usize, usize, usize, i8)) {
    assert!(inputs.is_multiple_of(4) && inputs <= MOST_INPUTS && matrix.len() == inputs * outputs);
    for (input, columns) in matrix.chunks_exact(outputs.max(1)).enumerate() {
        for (column, &weight) in columns.iter().enumerate() {
            put(column / LANES, input, column % LANES, weight);
        }
    }
}

impl Packed16 {
    /// Makes it a matrix of zeros.
    pub(crate) fn clear(&mut self, inputs: usize, outputs: usize) {
        (self.pairs, self.blocks) = (inputs / 2, outputs.div_ceil(LANES));
        self.weights.clear();
        self.weights.resize(self.pairs * self.blocks, Lanes::default());
    }

    /// Sets a column to i16 values, as many as there are inputs.
    #[inline(always)]
    pub(crate) fn set_column(&mut self, column: usize, values: &[i16]) {
        let block = &mut self.weights[column / LANES * self.pairs..][..self.pairs];
        for (lanes, pair) in block.iter_mut().zip(values.as_chunks::<2>().0) {
            lanes.0[column % LANES] = *pair;
        }
    }

    /// Blocks of [`LANES`] columns in a row of the result, the outputs rounded up.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Pairs of inputs.
    pub(crate) fn pairs(&self) -> usize {
        self.pairs
    }

    /// The rows that `sums` has room for.
    ///
    /// # Panics
    /// If that is no whole number, or the `length` of the inputs is less.
    pub(super) fn checked_rows(&self, length: usize, stride: usize, sums: &[Lanes<i32>]) -> usize {
        let rows = sums.len() / self.blocks.max(1);
        assert!(sums.len() == rows * self.blocks, "the sums are no whole rows");
        let last = rows.saturating_sub(1).checked_mul(stride);
        let wanted = last.and_then(|last| last.checked_add(2 * self.pairs));
        assert!(rows == 0 || wanted.is_some_and(|wanted| wanted <= length), "the inputs are too few");
        rows
    }
}

impl Packed8 {
    /// Blocks of [`LANES`] columns in a row of the result, the outputs rounded up.
    pub(crate) fn blocks(&self) -> usize {
        self.wide.blocks
    }
}
