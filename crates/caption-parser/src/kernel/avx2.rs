//! The operations with AVX2, two registers for 16 values; products 16 multiply-adds an instruction.

use std::arch::x86_64::{
    __m256, __m256i, _CMP_EQ_OQ, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_loadu_si128, _mm_max_ps,
    _mm_max_ss, _mm_movehdup_ps, _mm_movehl_ps, _mm_srli_si128, _mm256_add_epi32, _mm256_add_ps,
    _mm256_castps256_ps128, _mm256_cmp_ps, _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps, _mm256_cvtps_epi32,
    _mm256_cvttps_epi32, _mm256_extractf128_ps, _mm256_load_ps, _mm256_load_si256, _mm256_madd_epi16,
    _mm256_max_ps, _mm256_min_ps, _mm256_movemask_ps, _mm256_mul_ps, _mm256_packs_epi32,
    _mm256_permute4x64_epi64, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_store_ps,
    _mm256_store_si256, _mm256_storeu_si256,
};

use super::packed::{Packed8, Packed16};
use super::{Inputs8, LANES, Lanes, Task, Vectors, tile_rows};

/// Rows of the largest tile: two registers of sums each, and the weights they share, fill the 16.
const ROWS: usize = 6;

/// Proof that the CPU has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

/// Runs a task compiled for these instructions.
#[target_feature(enable = "avx2")]
pub(super) fn run<T: Task>(task: T) -> T::Output {
    task.run(Avx2(()))
}

// SAFETY of what follows: only `run` makes an `Avx2`, on a CPU with its instructions. Loads and
// stores are of whole `Lanes`, 64 bytes aligned to 64, or of whole arrays, unaligned.
impl Vectors for Avx2 {
    type Floats = [__m256; 2];
    type Ints = [__m256i; 2];
    type Input8 = i16;
    const ZERO8: i16 = 0;

    #[inline(always)]
    fn load(self, lanes: &Lanes<f32>) -> Self::Floats {
        // SAFETY: see above.
        unsafe {
            let halves = lanes.0.as_ptr();
            [_mm256_load_ps(halves), _mm256_load_ps(halves.add(8))]
        }
    }

    #[inline(always)]
    fn store(self, floats: Self::Floats, lanes: &mut Lanes<f32>) {
        // SAFETY: see above.
        unsafe {
            let halves = lanes.0.as_mut_ptr();
            _mm256_store_ps(halves, floats[0]);
            _mm256_store_ps(halves.add(8), floats[1]);
        }
    }

    #[inline(always)]
    fn load_ints(self, lanes: &Lanes<i32>) -> Self::Ints {
        // SAFETY: see above.
        unsafe {
            let halves = lanes.0.as_ptr().cast::<__m256i>();
            [_mm256_load_si256(halves), _mm256_load_si256(halves.add(1))]
        }
    }

    #[inline(always)]
    fn store_ints(self, ints: Self::Ints, lanes: &mut Lanes<i32>) {
        // SAFETY: see above.
        unsafe {
            let halves = lanes.0.as_mut_ptr().cast::<__m256i>();
            _mm256_store_si256(halves, ints[0]);
            _mm256_store_si256(halves.add(1), ints[1]);
        }
    }

    #[inline(always)]
    fn load_bytes(self, bytes: &[i8; LANES]) -> Self::Floats {
        // SAFETY: see above.
        unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
            let (first, second) =
                (_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_srli_si128::<8>(bytes)));
            [_mm256_cvtepi32_ps(first), _mm256_cvtepi32_ps(second)]
        }
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Floats {
        // SAFETY: see above.
        unsafe { [_mm256_set1_ps(value); 2] }
    }

    #[inline(always)]
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        // SAFETY: see above.
        unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn mul(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        // SAFETY: see above.
        unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn max(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        // SAFETY: see above.
        unsafe { [_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn min(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        // SAFETY: see above.
        unsafe { [_mm256_min_ps(a[0], b[0]), _mm256_min_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn add_ints(self, a: Self::Ints, b: Self::Ints) -> Self::Ints {
        // SAFETY: see above.
        unsafe { [_mm256_add_epi32(a[0], b[0]), _mm256_add_epi32(a[1], b[1])] }
    }

    #[inline(always)]
    fn to_floats(self, ints: Self::Ints) -> Self::Floats {
        // SAFETY: see above.
        unsafe { [_mm256_cvtepi32_ps(ints[0]), _mm256_cvtepi32_ps(ints[1])] }
    }

    #[inline(always)]
    fn truncate(self, floats: Self::Floats) -> Self::Ints {
        // SAFETY: see above.
        unsafe { [_mm256_cvttps_epi32(floats[0]), _mm256_cvttps_epi32(floats[1])] }
    }

    #[inline(always)]
    fn round(self, floats: Self::Floats, out: &mut [i16; LANES]) {
        // SAFETY: see above.
        unsafe {
            // Packs by halves of 128 bits, so that the middle quarters have to change places.
            let packed = _mm256_packs_epi32(_mm256_cvtps_epi32(floats[0]), _mm256_cvtps_epi32(floats[1]));
            _mm256_storeu_si256(out.as_mut_ptr().cast(), _mm256_permute4x64_epi64::<0b11_01_10_00>(packed));
        }
    }

    #[inline(always)]
    fn round8(self, floats: Self::Floats, out: &mut [i16; LANES]) {
        self.round(floats, out);
    }

    #[inline(always)]
    fn inputs8(self, buffers: &mut Inputs8) -> &mut Vec<i16> {
        &mut buffers.words
    }

    #[inline(always)]
    fn total(self, floats: Self::Floats) -> f32 {
        // SAFETY: see above.
        unsafe { total(_mm256_add_ps(floats[0], floats[1])) }
    }

    #[inline(always)]
    fn largest(self, floats: Self::Floats) -> f32 {
        // SAFETY: see above.
        unsafe { largest(_mm256_max_ps(floats[0], floats[1])) }
    }

    #[inline(always)]
    fn equal(self, floats: Self::Floats, value: f32) -> u32 {
        // SAFETY: see above.
        unsafe {
            let value = _mm256_set1_ps(value);
            let bits = floats.map(|half| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(half, value)) as u32);
            bits[0] | bits[1] << 8
        }
    }

    #[inline(always)]
    fn multiply(self, packed: &Packed16, x: &[i16], stride: usize, sums: &mut [Lanes<i32>]) {
        // SAFETY: see above.
        unsafe { multiply(packed, x, stride, sums) }
    }

    #[inline(always)]
    fn multiply8(self, packed: &Packed8, x: &[i16], stride: usize, sums: &mut [Lanes<i32>]) {
        self.multiply(&packed.wide, x, stride, sums);
    }
}

/// Sum of eight lanes, halves onto halves.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn total(floats: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(floats), _mm256_extractf128_ps::<1>(floats));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
}

/// Largest of eight lanes, halves against halves.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn largest(floats: __m256) -> f32 {
    let four = _mm_max_ps(_mm256_castps256_ps128(floats), _mm256_extractf128_ps::<1>(floats));
    let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
}

/// See [`Vectors::multiply`].
#[target_feature(enable = "avx2")]
fn multiply(packed: &Packed16, x: &[i16], stride: usize, sums: &mut [Lanes<i32>]) {
    let rows = packed.checked_rows(x.len(), stride, sums);
    for block in 0..packed.blocks() {
        let weights = &packed.weights[block * packed.pairs()..][..packed.pairs()];
        let mut row = 0;
        while row < rows {
            let height = tile_rows(rows - row, ROWS);
            let (x, sums) = (&x[row * stride..], &mut sums[row * packed.blocks() + block..]);
            match height {
                1 => tile::<1>(weights, x, stride, sums, packed.blocks()),
                2 => tile::<2>(weights, x, stride, sums, packed.blocks()),
                3 => tile::<3>(weights, x, stride, sums, packed.blocks()),
                4 => tile::<4>(weights, x, stride, sums, packed.blocks()),
                5 => tile::<5>(weights, x, stride, sums, packed.blocks()),
                _ => tile::<6>(weights, x, stride, sums, packed.blocks()),
            }
            row += height;
        }
    }
}

/// One block of `ROWS` rows; the sums of a row are `blocks` after those of the row before.
#[target_feature(enable = "avx2")]
fn tile<const ROWS: usize>(
    weights: &[Lanes<[i16; 2]>],
    x: &[i16],
    stride: usize,
    sums: &mut [Lanes<i32>],
    blocks: usize,
) {
    let x = &x[..(ROWS - 1) * stride + 2 * weights.len()];
    let mut total = [[_mm256_setzero_si256(); 2]; ROWS];
    for (pair, weight) in weights.iter().enumerate() {
        let halves: *const __m256i = weight.0.as_ptr().cast();
        // SAFETY: a `Lanes` of pairs is 64 bytes, aligned to 64: two aligned registers.
        let weight = unsafe { [_mm256_load_si256(halves), _mm256_load_si256(halves.add(1))] };
        for (row, total) in total.iter_mut().enumerate() {
            // SAFETY: row `row` is below `ROWS`, and `x` ends with the pairs of the last; the read
            // may be unaligned.
            let both = unsafe { x.as_ptr().add(row * stride + 2 * pair).cast::<i32>().read_unaligned() };
            let both = _mm256_set1_epi32(both);
            for (total, weight) in total.iter_mut().zip(weight) {
                *total = _mm256_add_epi32(*total, _mm256_madd_epi16(weight, both));
            }
        }
    }
    for (row, total) in total.iter().enumerate() {
        let halves: *mut __m256i = sums[row * blocks].0.as_mut_ptr().cast();
        // SAFETY: a `Lanes` of i32 is 64 bytes, aligned to 64: two aligned registers.
        unsafe {
            _mm256_store_si256(halves, total[0]);
            _mm256_store_si256(halves.add(1), total[1]);
        }
    }
}
