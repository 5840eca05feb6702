//! The operations with AVX-512; products by VNNI, 32 multiply-adds an instruction with inputs of
//! 16 bits, 64 with inputs of 8.

use std::arch::asm;
use std::arch::x86_64::{
    __m512, __m512i, _CMP_EQ_OQ, _mm_loadu_si128, _mm_storeu_si128, _mm256_add_ps, _mm256_max_ps,
    _mm256_storeu_si256, _mm512_add_epi32, _mm512_add_ps, _mm512_castps512_ps256, _mm512_cmp_ps_mask,
    _mm512_cvtepi8_epi32, _mm512_cvtepi32_epi8, _mm512_cvtepi32_epi16, _mm512_cvtepi32_ps,
    _mm512_cvtps_epi32, _mm512_cvttps_epi32, _mm512_dpbusd_epi32, _mm512_extractf32x8_ps, _mm512_load_ps,
    _mm512_load_si512, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_si512, _mm512_store_ps, _mm512_store_si512,
};

use super::packed::{Packed8, Packed16};
use super::{Inputs8, LANES, Lanes, Task, Vectors, avx2, tile_rows};

/// Rows and blocks of the largest tile: its sums, and the weights they share, fill the 32 registers.
const ROWS: usize = 8;
const BLOCKS: usize = 3;

/// Proof that the CPU has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

/// Runs a task compiled for these instructions.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn run<T: Task>(task: T) -> T::Output {
    task.run(Avx512(()))
}

// SAFETY of what follows: only `run` makes an `Avx512`, on a CPU with its instructions. Loads and
// stores are of whole `Lanes`, 64 bytes aligned to 64, or of whole arrays, unaligned.
impl Vectors for Avx512 {
    type Floats = __m512;
    type Ints = __m512i;
    type Input8 = u8;
    const ZERO8: u8 = 128;

    #[inline(always)]
    fn load(self, lanes: &Lanes<f32>) -> Self::Floats {
        // SAFETY: see above.
        unsafe { _mm512_load_ps(lanes.0.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, floats: Self::Floats, lanes: &mut Lanes<f32>) {
        // SAFETY: see above.
        unsafe { _mm512_store_ps(lanes.0.as_mut_ptr(), floats) }
    }

    #[inline(always)]
    fn load_ints(self, lanes: &Lanes<i32>) -> Self::Ints {
        // SAFETY: see above.
        unsafe { _mm512_load_si512(lanes.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store_ints(self, ints: Self::Ints, lanes: &mut Lanes<i32>) {
        // SAFETY: see above.
        unsafe { _mm512_store_si512(lanes.0.as_mut_ptr().cast(), ints) }
    }

    #[inline(always)]
    fn load_bytes(self, bytes: &[i8; LANES]) -> Self::Floats {
        // SAFETY: see above.
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(bytes.as_ptr().cast()))) }
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Floats {
        // SAFETY: see above.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        // SAFETY: see above.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        // SAFETY: see above.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        // SAFETY: see above.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn min(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        // SAFETY: see above.
        unsafe { _mm512_min_ps(a, b) }
    }

    #[inline(always)]
    fn add_ints(self, a: Self::Ints, b: Self::Ints) -> Self::Ints {
        // SAFETY: see above.
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn to_floats(self, ints: Self::Ints) -> Self::Floats {
        // SAFETY: see above.
        unsafe { _mm512_cvtepi32_ps(ints) }
    }

    #[inline(always)]
    fn truncate(self, floats: Self::Floats) -> Self::Ints {
        // SAFETY: see above.
        unsafe { _mm512_cvttps_epi32(floats) }
    }

    #[inline(always)]
    fn round(self, floats: Self::Floats, out: &mut [i16; LANES]) {
        // SAFETY: see above.
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().cast(), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(floats)))
        }
    }

    #[inline(always)]
    fn round8(self, floats: Self::Floats, out: &mut [u8; LANES]) {
        // SAFETY: see above.
        unsafe {
            let rounded = _mm512_add_epi32(_mm512_cvtps_epi32(floats), _mm512_set1_epi32(128));
            _mm_storeu_si128(out.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(rounded));
        }
    }

    #[inline(always)]
    fn inputs8(self, buffers: &mut Inputs8) -> &mut Vec<u8> {
        &mut buffers.bytes
    }

    #[inline(always)]
    fn total(self, floats: Self::Floats) -> f32 {
        // SAFETY: see above.
        unsafe {
            avx2::total(_mm256_add_ps(_mm512_castps512_ps256(floats), _mm512_extractf32x8_ps::<1>(floats)))
        }
    }

    #[inline(always)]
    fn largest(self, floats: Self::Floats) -> f32 {
        // SAFETY: see above.
        unsafe {
            avx2::largest(_mm256_max_ps(_mm512_castps512_ps256(floats), _mm512_extractf32x8_ps::<1>(floats)))
        }
    }

    #[inline(always)]
    fn equal(self, floats: Self::Floats, value: f32) -> u32 {
        // SAFETY: see above.
        unsafe { u32::from(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(floats, _mm512_set1_ps(value))) }
    }

    #[inline(always)]
    fn multiply(self, packed: &Packed16, x: &[i16], stride: usize, sums: &mut [Lanes<i32>]) {
        let rows = packed.checked_rows(x.len(), stride, sums);
        let product = Product {
            weights: packed.weights.as_ptr().cast(),
            offsets: None,
            steps: packed.pairs(),
            blocks: packed.blocks(),
            x: x.as_ptr().cast(),
            stride: 2 * stride,
        };
        // SAFETY: see above; `checked_rows` has checked what `multiply` asks of the product.
        unsafe { multiply::<true>(&product, rows, sums) }
    }

    #[inline(always)]
    fn multiply8(self, packed: &Packed8, x: &[u8], stride: usize, sums: &mut [Lanes<i32>]) {
        let rows = packed.wide.checked_rows(x.len(), stride, sums);
        let product = Product {
            weights: packed.weights.as_ptr().cast(),
            offsets: Some(&packed.offsets),
            steps: packed.wide.pairs() / 2,
            blocks: packed.blocks(),
            x: x.as_ptr(),
            stride,
        };
        // SAFETY: see above; `checked_rows` has checked what `multiply` asks of the product.
        unsafe { multiply::<false>(&product, rows, sums) }
    }
}

/// A product whose inputs and weights are taken four bytes at a time: two of 16 bits or four of 8.
struct Product<'p> {
    /// For each block, for each step, a register of weights.
    weights: *const __m512i,
    /// What the sums of each block begin with; zero if there is none.
    offsets: Option<&'p [Lanes<i32>]>,
    /// Steps of four bytes in a row of inputs.
    steps: usize,
    blocks: usize,
    x: *const u8,
    /// Bytes from a row of inputs to the next.
    stride: usize,
}

/// See [`Vectors::multiply`]; the inputs are `WIDE`, of 16 bits, or bytes.
///
/// # Safety
/// There must be `blocks * steps` weights, aligned to 64 bytes, `(rows - 1) * stride + 4 * steps`
/// bytes of inputs, and `rows * blocks` sums.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn multiply<const WIDE: bool>(product: &Product<'_>, rows: usize, sums: &mut [Lanes<i32>]) {
    let mut block = 0;
    while block < product.blocks {
        // Four are two and two: three and one would leave a tile too narrow to keep busy.
        let blocks = match product.blocks - block {
            4 => 2,
            left => left.min(BLOCKS),
        };
        let mut row = 0;
        while row < rows {
            let height = tile_rows(rows - row, ROWS);
            // SAFETY: the tile's blocks and rows are among those of the product.
            unsafe {
                match blocks {
                    3 => tall::<WIDE, 3>(product, (row, block), height, sums),
                    2 => tall::<WIDE, 2>(product, (row, block), height, sums),
                    _ => tall::<WIDE, 1>(product, (row, block), height, sums),
                }
            }
            row += height;
        }
        block += blocks;
    }
}

/// A tile of at most [`ROWS`] rows.
///
/// # Safety
/// As [`tile`].
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn tall<const WIDE: bool, const BLOCKS: usize>(
    product: &Product<'_>,
    at: (usize, usize),
    height: usize,
    sums: &mut [Lanes<i32>],
) {
    // SAFETY: the caller keeps the promises of `tile`.
    unsafe {
        match height {
            1 => tile::<WIDE, 1, BLOCKS>(product, at, sums),
            2 => tile::<WIDE, 2, BLOCKS>(product, at, sums),
            3 => tile::<WIDE, 3, BLOCKS>(product, at, sums),
            4 => tile::<WIDE, 4, BLOCKS>(product, at, sums),
            5 => tile::<WIDE, 5, BLOCKS>(product, at, sums),
            6 => tile::<WIDE, 6, BLOCKS>(product, at, sums),
            7 => tile::<WIDE, 7, BLOCKS>(product, at, sums),
            _ => tile::<WIDE, 8, BLOCKS>(product, at, sums),
        }
    }
}

/// The sums of `ROWS` rows and `BLOCKS` blocks from a row and block on.
///
/// # Safety
/// As [`multiply`], and the tile must lie within the product.
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
unsafe fn tile<const WIDE: bool, const ROWS: usize, const BLOCKS: usize>(
    product: &Product<'_>,
    (row, block): (usize, usize),
    sums: &mut [Lanes<i32>],
) {
    let &Product { steps, stride, .. } = product;
    let mut total = [first_sums::<BLOCKS>(product, block); ROWS];
    // SAFETY: the tile's first row and block are within the product.
    let (x, weights) = unsafe { (product.x.add(row * stride), product.weights.add(block * steps)) };
    for step in 0..steps {
        let mut weight = [_mm512_setzero_si512(); BLOCKS];
        for (block, weight) in weight.iter_mut().enumerate() {
            // SAFETY: the tile's last block is within the product, which has `steps` weights a block.
            *weight = unsafe { _mm512_load_si512(weights.add(block * steps + step)) };
        }
        for (row, total) in total.iter_mut().enumerate() {
            // SAFETY: the tile's last row is within the product, and a row has `4 * steps` bytes;
            // the read may be unaligned.
            let four = unsafe { x.add(row * stride + 4 * step).cast::<i32>().read_unaligned() };
            let four = _mm512_set1_epi32(four);
            for (total, weight) in total.iter_mut().zip(weight) {
                *total = match WIDE {
                    true => multiply_add(*total, weight, four),
                    false => _mm512_dpbusd_epi32(*total, four, weight),
                };
            }
        }
    }
    for (index, total) in total.iter().enumerate() {
        let out = &mut sums[(row + index) * product.blocks + block..][..BLOCKS];
        for (out, &total) in out.iter_mut().zip(total) {
            // SAFETY: a `Lanes` of i32 is 64 bytes, aligned to 64.
            unsafe { _mm512_store_si512(out.0.as_mut_ptr().cast(), total) };
        }
    }
}

/// What the sums of the blocks from `block` on begin with.
#[inline]
#[target_feature(enable = "avx512f")]
fn first_sums<const BLOCKS: usize>(product: &Product<'_>, block: usize) -> [__m512i; BLOCKS] {
    let mut sums = [_mm512_setzero_si512(); BLOCKS];
    if let Some(offsets) = product.offsets {
        for (sum, offset) in sums.iter_mut().zip(&offsets[block..][..BLOCKS]) {
            // SAFETY: a `Lanes` of i32 is 64 bytes, aligned to 64.
            *sum = unsafe { _mm512_load_si512(offset.0.as_ptr().cast()) };
        }
    }
    sums
}

/// Adds to each i32 the products of two pairs of i16: VPDPWSSD. The compiler's intrinsic
/// (`_mm512_dpwssd_epi32`) it takes apart into two instructions, to shorten the chain from sum to
/// sum, which here has enough others beside it.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn multiply_add(mut sum: __m512i, weights: __m512i, x: __m512i) -> __m512i {
    // SAFETY: the CPU has the instruction, and it touches registers alone.
    unsafe {
        asm!(
            "vpdpwssd {sum}, {weights}, {x}",
            sum = inout(zmm_reg) sum,
            weights = in(zmm_reg) weights,
            x = in(zmm_reg) x,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}
