//! The operations without instructions of any one CPU: the definition that the others must equal.

use super::packed::{Packed8, Packed16};
use super::{Inputs8, LANES, Lanes, Vectors};

#[derive(Clone, Copy)]
pub(crate) struct Scalar;

#[inline(always)]
fn zip<T: Copy, V: Default + Copy>(a: [T; LANES], b: [T; LANES], of: impl Fn(T, T) -> V) -> [V; LANES] {
    let mut out = [V::default(); LANES];
    for lane in 0..LANES {
        out[lane] = of(a[lane], b[lane]);
    }
    out
}

#[inline(always)]
fn fold(mut lanes: [f32; LANES], of: impl Fn(f32, f32) -> f32) -> f32 {
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] = of(lanes[lane], lanes[lane + half]);
        }
    }
    lanes[0]
}

impl Vectors for Scalar {
    type Floats = [f32; LANES];
    type Ints = [i32; LANES];
    type Input8 = i16;
    const ZERO8: i16 = 0;

    #[inline(always)]
    fn load(self, lanes: &Lanes<f32>) -> Self::Floats {
        lanes.0
    }

    #[inline(always)]
    fn store(self, floats: Self::Floats, lanes: &mut Lanes<f32>) {
        lanes.0 = floats;
    }

    #[inline(always)]
    fn load_ints(self, lanes: &Lanes<i32>) -> Self::Ints {
        lanes.0
    }

    #[inline(always)]
    fn store_ints(self, ints: Self::Ints, lanes: &mut Lanes<i32>) {
        lanes.0 = ints;
    }

    #[inline(always)]
    fn load_bytes(self, bytes: &[i8; LANES]) -> Self::Floats {
        bytes.map(f32::from)
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Floats {
        [value; LANES]
    }

    #[inline(always)]
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        zip(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn mul(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        zip(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn max(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        zip(a, b, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        zip(a, b, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn add_ints(self, a: Self::Ints, b: Self::Ints) -> Self::Ints {
        zip(a, b, i32::wrapping_add)
    }

    #[inline(always)]
    fn to_floats(self, ints: Self::Ints) -> Self::Floats {
        ints.map(|int| int as f32)
    }

    #[inline(always)]
    fn truncate(self, floats: Self::Floats) -> Self::Ints {
        floats.map(|float| float as i32)
    }

    #[inline(always)]
    fn round(self, floats: Self::Floats, out: &mut [i16; LANES]) {
        // Adding 1.5 * 2^23 leaves the rounded integer in the low bits of the mantissa.
        const SHIFT: f32 = 12_582_912.0;
        *out = floats.map(|float| (float + SHIFT).to_bits() as i16);
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
        fold(floats, |a, b| a + b)
    }

    #[inline(always)]
    fn largest(self, floats: Self::Floats) -> f32 {
        fold(floats, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn equal(self, floats: Self::Floats, value: f32) -> u32 {
        floats.iter().rev().fold(0, |bits, &float| bits << 1 | u32::from(float == value))
    }

    fn multiply(self, packed: &Packed16, x: &[i16], stride: usize, sums: &mut [Lanes<i32>]) {
        packed.checked_rows(x.len(), stride, sums);
        let pairs = packed.pairs();
        for (row, sums) in sums.chunks_exact_mut(packed.blocks()).enumerate() {
            let x = &x[row * stride..][..2 * pairs];
            for (sum, weights) in sums.iter_mut().zip(packed.weights.chunks_exact(pairs)) {
                let mut total = [0i32; LANES];
                for (x, weights) in x.chunks_exact(2).zip(weights) {
                    let (first, second) = (i32::from(x[0]), i32::from(x[1]));
                    for (total, weight) in total.iter_mut().zip(&weights.0) {
                        *total += first * i32::from(weight[0]) + second * i32::from(weight[1]);
                    }
                }
                sum.0 = total;
            }
        }
    }

    fn multiply8(self, packed: &Packed8, x: &[i16], stride: usize, sums: &mut [Lanes<i32>]) {
        self.multiply(&packed.wide, x, stride, sums);
    }
}
