//! The parser's inner loops, compiled for several instruction sets.
//!
//! Products are integers (inputs of 16 or 8 bits, weights of 8, sums of 32): exact, so every
//! instruction set gives the same bytes. What is f32 is written once, in [`rows`], over the few
//! operations of [`Vectors`]: there are no fused multiply-adds, and sums run over 16 lanes in a
//! fixed order, so the bytes are the same there too.
//!
//! The CPU's features are asked once, when a parser is made; [`Simd::run`] then enters the code
//! compiled for them once a sentence.

pub(crate) mod packed;
pub(crate) mod rows;
pub(crate) mod scalar;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(test)]
mod tests;

use packed::{Packed8, Packed16};

/// Columns that are computed together, and lanes of every f32 sum.
pub(crate) const LANES: usize = 16;

/// Sixteen values that are computed together, aligned to a cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Lanes<T>(pub(crate) [T; LANES]);

impl<T: Copy + Default> Default for Lanes<T> {
    fn default() -> Self {
        Self([T::default(); LANES])
    }
}

/// Instruction sets that the parser is compiled for. All give the same parses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SimdLevel {
    /// What every CPU of the target has.
    Scalar,
    /// AVX2, 256 bits.
    Avx2,
    /// AVX-512 with BW, DQ, VL and VNNI, 512 bits.
    Avx512,
}

impl SimdLevel {
    /// Every level, the fastest last.
    pub const ALL: [SimdLevel; 3] = [SimdLevel::Scalar, SimdLevel::Avx2, SimdLevel::Avx512];

    /// Whether this CPU has the instructions.
    pub fn is_available(self) -> bool {
        match self {
            SimdLevel::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => std::is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => {
                std::is_x86_feature_detected!("avx2")
                    && std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512bw")
                    && std::is_x86_feature_detected!("avx512dq")
                    && std::is_x86_feature_detected!("avx512vl")
                    && std::is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

/// An instruction set that this CPU is known to have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Simd(SimdLevel);

/// The operations of an instruction set on 16 values at once. Each is defined to the last bit, so
/// that all sets agree. A value of an implementing type is proof that the CPU has the set.
pub(crate) trait Vectors: Copy {
    /// Sixteen f32.
    type Floats: Copy;
    /// Sixteen i32.
    type Ints: Copy;
    /// An input of a product of 8 bits, in the form that the set multiplies best.
    type Input8: Copy + Default;
    /// Zero in that form.
    const ZERO8: Self::Input8;

    fn load(self, lanes: &Lanes<f32>) -> Self::Floats;
    fn store(self, floats: Self::Floats, lanes: &mut Lanes<f32>);
    fn load_ints(self, lanes: &Lanes<i32>) -> Self::Ints;
    /// Sixteen integers of 8 bits as f32.
    fn load_bytes(self, bytes: &[i8; LANES]) -> Self::Floats;
    fn store_ints(self, ints: Self::Ints, lanes: &mut Lanes<i32>);
    fn splat(self, value: f32) -> Self::Floats;
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    fn mul(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a` where it is larger, else `b`, also where either is no number.
    fn max(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a` where it is smaller, else `b`, also where either is no number.
    fn min(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// Wraps around.
    fn add_ints(self, a: Self::Ints, b: Self::Ints) -> Self::Ints;
    fn to_floats(self, ints: Self::Ints) -> Self::Floats;
    /// Rounds towards zero; the floats must lie within i32.
    fn truncate(self, floats: Self::Floats) -> Self::Ints;
    /// Rounds to the nearest, ties to even; the floats must lie within i16.
    fn round(self, floats: Self::Floats, out: &mut [i16; LANES]);
    /// Rounds to the nearest, ties to even; the floats must lie within -127 to 127.
    fn round8(self, floats: Self::Floats, out: &mut [Self::Input8; LANES]);
    /// The buffer for inputs of this form.
    fn inputs8(self, buffers: &mut Inputs8) -> &mut Vec<Self::Input8>;
    /// The sum of all lanes, halves onto halves: lanes 8 to 15 onto 0 to 7, and so on.
    fn total(self, floats: Self::Floats) -> f32;
    /// The largest of all lanes by [`Vectors::max`], in the order of [`Vectors::total`].
    fn largest(self, floats: Self::Floats) -> f32;
    /// A bit for each lane that equals the value.
    fn equal(self, floats: Self::Floats, value: f32) -> u32;

    /// Multiplies: row `r` of the input is `x[r * stride..][..inputs]`, row `r` of the result
    /// `sums[r * blocks..][..blocks]`, and there are as many rows as `sums` holds. Rows of the
    /// input may overlap, as windows over words do.
    fn multiply(self, packed: &Packed16, x: &[i16], stride: usize, sums: &mut [Lanes<i32>]);
    /// The same with inputs of 8 bits.
    fn multiply8(self, packed: &Packed8, x: &[Self::Input8], stride: usize, sums: &mut [Lanes<i32>]);
}

/// Inputs of products of 8 bits, in the forms that instruction sets want.
#[derive(Default)]
pub(crate) struct Inputs8 {
    /// With 128 added.
    bytes: Vec<u8>,
    words: Vec<i16>,
}

/// Work that is compiled for every instruction set. `run` and all that works with vectors are to
/// be `#[inline(always)]`: only what is inlined is compiled for the set.
pub(crate) trait Task {
    type Output;
    fn run<V: Vectors>(self, vectors: V) -> Self::Output;
}

impl Simd {
    /// The fastest that this CPU has.
    pub(crate) fn best() -> Self {
        Self(SimdLevel::ALL.into_iter().rfind(|level| level.is_available()).unwrap_or(SimdLevel::Scalar))
    }

    /// `None` if this CPU lacks it.
    pub(crate) fn new(level: SimdLevel) -> Option<Self> {
        level.is_available().then_some(Self(level))
    }

    pub(crate) fn level(self) -> SimdLevel {
        self.0
    }

    /// Runs a task as compiled for this instruction set.
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self.0 {
            // SAFETY: a `Simd` is only made of a level that the CPU was found to have.
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => unsafe { avx2::run(task) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => unsafe { avx512::run(task) },
            _ => task.run(scalar::Scalar),
        }
    }
}

/// Lanes as one slice.
pub(crate) fn flat<T>(lanes: &[Lanes<T>]) -> &[T] {
    const { assert!(size_of::<Lanes<T>>() == LANES * size_of::<T>()) };
    // SAFETY: a `Lanes` holds its array and, by the assertion, nothing else.
    unsafe { std::slice::from_raw_parts(lanes.as_ptr().cast(), lanes.len() * LANES) }
}

/// Lanes as one slice, to be written.
pub(crate) fn flat_mut<T>(lanes: &mut [Lanes<T>]) -> &mut [T] {
    const { assert!(size_of::<Lanes<T>>() == LANES * size_of::<T>()) };
    // SAFETY: a `Lanes` holds its array and, by the assertion, nothing else.
    unsafe { std::slice::from_raw_parts_mut(lanes.as_mut_ptr().cast(), lanes.len() * LANES) }
}

/// Height of the next tile if `left` rows are left: as even as may be, and at most `most`.
fn tile_rows(left: usize, most: usize) -> usize {
    left.div_ceil(left.div_ceil(most))
}
