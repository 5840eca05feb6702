//! Integer matrix products, the parser's inner loops.
//!
//! Inputs are i16, weights i8 held as i16, sums i32: exact, so every instruction set gives the
//! same bytes. The CPU's features are asked at run time.

/// Columns that are computed together; weights are packed in blocks of this many.
pub(crate) const LANES: usize = 8;
/// Most inputs of a product: `MOST_INPUTS * 32768 * 127` still fits an i32.
pub(crate) const MOST_INPUTS: usize = 512;

/// A weight matrix `[inputs, outputs]`, packed for the kernel: for each block of [`LANES`]
/// columns, for each pair of inputs, the two weights of each column side by side.
pub(crate) struct Packed {
    inputs: usize,
    blocks: usize,
    weights: Vec<i16>,
}

impl Packed {
    /// Packs a row-major matrix. `inputs` must be even and at most [`MOST_INPUTS`].
    pub(crate) fn new(matrix: &[i8], inputs: usize, outputs: usize) -> Self {
        debug_assert!(inputs.is_multiple_of(2) && inputs <= MOST_INPUTS && matrix.len() == inputs * outputs);
        let blocks = outputs.div_ceil(LANES);
        let mut weights = vec![0; blocks * inputs * LANES];
        for (row, columns) in matrix.chunks_exact(outputs.max(1)).enumerate() {
            for (column, &weight) in columns.iter().enumerate() {
                let pair = (column / LANES) * inputs / 2 + row / 2;
                weights[pair * 2 * LANES + (column % LANES) * 2 + row % 2] = i16::from(weight);
            }
        }
        Self { inputs, blocks, weights }
    }

    /// Columns of a result row, the outputs rounded up to whole blocks.
    pub(crate) fn columns(&self) -> usize {
        self.blocks * LANES
    }

    /// Multiplies: row `r` of the input is `x[r * stride..][..inputs]`, row `r` of the result
    /// `sums[r * columns..][..columns]`. Rows may overlap, as windows over words do.
    pub(crate) fn multiply(&self, x: &[i16], stride: usize, rows: usize, sums: &mut [i32]) {
        assert!(rows == 0 || x.len() >= (rows - 1) * stride + self.inputs);
        assert!(sums.len() == rows * self.columns());
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU has AVX2, and the assertions above are what the function asks.
            unsafe { avx2::multiply(self, x, stride, rows, sums) };
            return;
        }
        self.multiply_portably(x, stride, rows, sums);
    }

    fn multiply_portably(&self, x: &[i16], stride: usize, rows: usize, sums: &mut [i32]) {
        for row in 0..rows {
            let x = &x[row * stride..][..self.inputs];
            for block in 0..self.blocks {
                let weights = &self.weights[block * self.inputs * LANES..][..self.inputs * LANES];
                let mut sum = [0i32; LANES];
                for (pair, weights) in x.chunks_exact(2).zip(weights.chunks_exact(2 * LANES)) {
                    let (first, second) = (i32::from(pair[0]), i32::from(pair[1]));
                    for (lane, sum) in sum.iter_mut().enumerate() {
                        *sum +=
                            first * i32::from(weights[2 * lane]) + second * i32::from(weights[2 * lane + 1]);
                    }
                }
                sums[row * self.columns() + block * LANES..][..LANES].copy_from_slice(&sum);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
        _mm256_setzero_si256, _mm256_storeu_si256,
    };

    use super::{LANES, Packed};

    /// Rows that share each load of the weights.
    const TILE: usize = 4;

    /// # Safety
    /// The CPU must have AVX2; `x` must hold `(rows - 1) * stride + inputs` values and `sums`
    /// `rows * columns`.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn multiply(packed: &Packed, x: &[i16], stride: usize, rows: usize, sums: &mut [i32]) {
        let mut row = 0;
        while row + TILE <= rows {
            // SAFETY: rows `row` to `row + TILE` are below `rows`, so the caller's promise holds.
            unsafe { tile::<TILE>(packed, &x[row * stride..], stride, &mut sums[row * packed.columns()..]) };
            row += TILE;
        }
        while row < rows {
            // SAFETY: as above, for one row.
            unsafe { tile::<1>(packed, &x[row * stride..], stride, &mut sums[row * packed.columns()..]) };
            row += 1;
        }
    }

    /// `ROWS` rows of the product.
    ///
    /// # Safety
    /// The CPU must have AVX2; `x` must hold `(ROWS - 1) * stride + inputs` values and `sums`
    /// `ROWS * columns`.
    #[target_feature(enable = "avx2")]
    unsafe fn tile<const ROWS: usize>(packed: &Packed, x: &[i16], stride: usize, sums: &mut [i32]) {
        let pairs = packed.inputs / 2;
        for block in 0..packed.blocks {
            let mut total = [_mm256_setzero_si256(); ROWS];
            let weights = packed.weights[block * packed.inputs * LANES..].as_ptr();
            for pair in 0..pairs {
                // SAFETY: `pair` is below `inputs / 2`, a block holds `inputs / 2` groups of
                // `2 * LANES` = 16 weights (32 bytes), and blocks are below `blocks`.
                let weight = unsafe { _mm256_loadu_si256(weights.add(pair * 2 * LANES).cast::<__m256i>()) };
                for (row, total) in total.iter_mut().enumerate() {
                    // SAFETY: reads inputs `2 * pair` and `2 * pair + 1` of a row that is in `x`
                    // by the caller's promise; unaligned reads are allowed.
                    let both =
                        unsafe { x.as_ptr().add(row * stride + 2 * pair).cast::<i32>().read_unaligned() };
                    *total = _mm256_add_epi32(*total, _mm256_madd_epi16(weight, _mm256_set1_epi32(both)));
                }
            }
            for (row, total) in total.iter().enumerate() {
                let at = row * packed.columns() + block * LANES;
                // SAFETY: the slice holds LANES = 8 values (32 bytes), by its bounds check.
                unsafe { _mm256_storeu_si256(sums[at..at + LANES].as_mut_ptr().cast::<__m256i>(), *total) };
            }
        }
    }
}

/// Inner product of two rows of at most 12-bit values, for pair scores.
pub(crate) fn dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

/// Rounds `x * scale` to the nearest integer of at most `limit`, ties to even.
pub(crate) fn quantise(x: &[f32], scale: f32, limit: f32, out: &mut [i16]) {
    // Adding 1.5 * 2^23 leaves the rounded integer in the low bits of the mantissa.
    const SHIFT: f32 = 12_582_912.0;
    for (out, &x) in out.iter_mut().zip(x) {
        *out = ((x * scale).clamp(-limit, limit) + SHIFT).to_bits() as i16;
    }
}

/// Layer normalisation in place (Ba et al. 2016). Sums run over 16 lanes in a fixed order, so
/// that vector width cannot change a bit. `row.len()` is a multiple of 16.
pub(crate) fn normalise(row: &mut [f32], gain: &[f32], bias: &[f32]) {
    let count = row.len() as f32;
    let mean = sum(row.chunks_exact(16), |x| x) / count;
    for x in row.iter_mut() {
        *x -= mean;
    }
    let deviation = (sum(row.chunks_exact(16), |x| x * x) / count + 1e-5).sqrt();
    let inverse = 1.0 / deviation;
    for ((x, gain), bias) in row.iter_mut().zip(gain).zip(bias) {
        *x = *x * inverse * gain + bias;
    }
}

fn sum<'a>(chunks: impl Iterator<Item = &'a [f32]>, map: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; 16];
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += map(x);
        }
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every kernel equals the definition, to the last bit and at the largest values.
        #[test]
        fn products_are_exact(
            rows in 0usize..10,
            pairs in 1usize..40,
            outputs in 1usize..40,
            stride in 2usize..90,
            seed in any::<u64>(),
        ) {
            let inputs = 2 * pairs;
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as i32
            };
            let matrix: Vec<i8> = (0..inputs * outputs).map(|_| (next() % 128) as i8).collect();
            let x: Vec<i16> = (0..rows.max(1) * stride + inputs).map(|_| next() as i16).collect();
            let packed = Packed::new(&matrix, inputs, outputs);
            let mut fast = vec![0; rows * packed.columns()];
            let mut portable = fast.clone();
            packed.multiply(&x, stride, rows, &mut fast);
            packed.multiply_portably(&x, stride, rows, &mut portable);
            prop_assert_eq!(&fast, &portable);
            for row in 0..rows {
                for column in 0..outputs {
                    let wanted: i32 = (0..inputs)
                        .map(|k| i32::from(x[row * stride + k]) * i32::from(matrix[k * outputs + column]))
                        .sum();
                    prop_assert_eq!(fast[row * packed.columns() + column], wanted);
                }
            }
        }
    }

    #[test]
    fn rounds_to_nearest_and_saturates() {
        let mut out = [0; 6];
        quantise(&[0.5, 1.5, -1.4, 1e9, -1e9, f32::NAN], 1.0, 32767.0, &mut out);
        assert_eq!(out[..5], [0, 2, -1, 32767, -32767]);
    }
}
