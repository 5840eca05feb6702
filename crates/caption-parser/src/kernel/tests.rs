//! Every instruction set that this machine has against the definition, to the last bit.

use proptest::prelude::*;

use super::packed::Pack;
use super::rows::{Affine, Norm, add_context, normalise, quantise, quantise_row, quantise8, relu};
use super::*;

struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i32
    }

    /// Between -1 and 1, now and then very large or small.
    fn float(&mut self) -> f32 {
        let unit = (self.next() as f32 / (1u32 << 30) as f32) - 1.0;
        match self.next() % 16 {
            0 => unit * 1e6,
            1 => unit * 1e-6,
            _ => unit,
        }
    }

    fn row(&mut self, blocks: usize) -> Vec<Lanes<f32>> {
        (0..blocks).map(|_| Lanes(std::array::from_fn(|_| self.float()))).collect()
    }
}

fn levels() -> impl Iterator<Item = Simd> {
    SimdLevel::ALL.into_iter().filter_map(Simd::new)
}

/// A product of some rows: weights, inputs, stride, rows.
struct Multiply<'p>(&'p Packed16, &'p [i16], usize, usize);

impl Task for Multiply<'_> {
    type Output = Vec<Lanes<i32>>;
    #[inline(always)]
    fn run<V: Vectors>(self, v: V) -> Self::Output {
        let mut sums = vec![Lanes::default(); self.3 * self.0.blocks()];
        v.multiply(self.0, self.1, self.2, &mut sums);
        sums
    }
}

/// The same with inputs that are rounded to 8 bits first.
struct Multiply8<'p>(&'p Packed8, &'p [Lanes<f32>], usize, usize);

impl Task for Multiply8<'_> {
    type Output = Vec<Lanes<i32>>;
    #[inline(always)]
    fn run<V: Vectors>(self, v: V) -> Self::Output {
        let mut x = vec![[V::ZERO8; LANES]; self.1.len()];
        for (floats, x) in self.1.iter().zip(&mut x) {
            v.round8(v.load(floats), x);
        }
        let mut sums = vec![Lanes::default(); self.3 * self.0.blocks()];
        v.multiply8(self.0, x.as_flattened(), self.2, &mut sums);
        sums
    }
}

/// Inputs of 8 bits as the numbers that they stand for, whatever their form: each times one.
#[inline(always)]
fn plain<V: Vectors>(v: V, x: &[V::Input8]) -> Vec<i32> {
    let one: Vec<i8> = (0..LANES * LANES).map(|at| i8::from(at % (LANES + 1) == 0)).collect();
    let mut sums = vec![Lanes::default(); x.len() / LANES];
    v.multiply8(&Packed8::new(&one, LANES, LANES), x, LANES, &mut sums);
    flat(&sums).to_vec()
}

/// All that is done with rows, one after the other: every bit of every result.
struct Rows<'p> {
    affine: &'p Affine,
    norm: &'p Norm,
    sums: &'p [Lanes<i32>],
    x: &'p [Lanes<f32>],
    scale: f32,
}

impl Task for Rows<'_> {
    type Output = (Vec<u32>, Vec<i16>, Vec<i32>, Vec<i32>, usize);
    #[inline(always)]
    fn run<V: Vectors>(self, v: V) -> Self::Output {
        let Rows { affine, norm, sums, x, scale } = self;
        let mut row = x.to_vec();
        let mut hidden = row.clone();
        let mut small = vec![V::ZERO8; flat(x).len()];
        add_context(v, [sums, sums], (affine, norm), &mut hidden, &mut row, scale, &mut small);
        let mut integers = vec![0; flat(x).len()];
        quantise_row(v, &row, scale, &mut integers);
        let mut normal = row.clone();
        normalise(v, &mut normal, norm);
        let bits = flat(&row).iter().chain(flat(&normal)).map(|x| x.to_bits()).collect();
        let mut truncated = vec![Lanes::default(); x.len()];
        for (x, truncated) in x.iter().zip(&mut truncated) {
            v.store_ints(v.truncate(relu(v, v.load(x))), truncated);
        }
        let largest = affine.largest(v, 2 * x.len(), sums);
        (bits, integers, plain(v, &small), flat(&truncated).to_vec(), largest)
    }
}

/// Values rounded to 8 and to 16 bits by a scale.
struct Quantise(Lanes<f32>, f32);

impl Task for Quantise {
    type Output = (Vec<i32>, [i16; LANES]);
    #[inline(always)]
    fn run<V: Vectors>(self, v: V) -> Self::Output {
        let x = v.load(&self.0);
        let (mut small, mut large) = ([V::ZERO8; LANES], [0; LANES]);
        quantise8(v, x, self.1, &mut small);
        quantise(v, x, self.1, i16::MAX, &mut large);
        (plain(v, &small), large)
    }
}

/// Integers of 8 bits as floats.
struct Widen([i8; LANES]);

impl Task for Widen {
    type Output = [f32; LANES];
    #[inline(always)]
    fn run<V: Vectors>(self, v: V) -> Self::Output {
        let mut out = Lanes::default();
        v.store(v.load_bytes(&self.0), &mut out);
        out.0
    }
}

/// The larger and the smaller of two rows, the largest of the first, and where that is.
struct Compare(Lanes<f32>, Lanes<f32>);

impl Task for Compare {
    type Output = ([u32; LANES], [u32; LANES], u32, u32);
    #[inline(always)]
    fn run<V: Vectors>(self, v: V) -> Self::Output {
        let (a, b) = (v.load(&self.0), v.load(&self.1));
        let (mut larger, mut smaller) = (Lanes::default(), Lanes::default());
        v.store(v.max(a, b), &mut larger);
        v.store(v.min(a, b), &mut smaller);
        let largest = v.largest(a);
        (larger.0.map(f32::to_bits), smaller.0.map(f32::to_bits), largest.to_bits(), v.equal(a, largest))
    }
}

/// Any number, halves (which are rounded to even), limits and what is beyond, and no numbers.
fn special() -> impl Strategy<Value = f32> {
    let extremes =
        [0.0, f32::MIN_POSITIVE, 127.0, 127.5, 32767.0, 32768.0, f32::MAX, f32::INFINITY, f32::NAN];
    prop_oneof![
        any::<f32>(),
        (-70_000i32..70_000).prop_map(|halves| halves as f32 / 2.0),
        prop::sample::select(extremes.to_vec()),
        prop::sample::select(extremes.map(|x| -x).to_vec()),
    ]
}

/// The largest of scores that are whole numbers.
struct Largest<'p>(&'p Affine, &'p [Lanes<i32>]);

impl Task for Largest<'_> {
    type Output = usize;
    #[inline(always)]
    fn run<V: Vectors>(self, v: V) -> usize {
        self.0.largest(v, self.1.len(), self.1)
    }
}

proptest! {
    /// Every kernel equals the definition, to the last bit and at the largest values.
    #[test]
    fn products_are_exact(
        rows in 0usize..20,
        quads in 1usize..40,
        outputs in 1usize..100,
        stride in 2usize..90,
        seed in any::<u64>(),
    ) {
        let inputs = 4 * quads;
        let mut numbers = Numbers(seed);
        let matrix: Vec<i8> = (0..inputs * outputs).map(|_| (numbers.next() % 128) as i8).collect();
        let length = (rows.max(1) * stride + inputs).next_multiple_of(LANES);
        let x: Vec<i16> = (0..length).map(|_| numbers.next() as i16).collect();
        let x8: Vec<i16> = x.iter().map(|x| x % 128).collect();
        let floats: Vec<Lanes<f32>> =
            x8.as_chunks().0.iter().map(|x: &[i16; LANES]| Lanes(x.map(f32::from))).collect();
        let (packed, packed8) =
            (Packed16::new(&matrix, inputs, outputs), Packed8::new(&matrix, inputs, outputs));
        let wanted = |x: &[i16], row: usize, column: usize| -> i32 {
            (0..inputs)
                .map(|k| i32::from(x[row * stride + k]) * i32::from(matrix[k * outputs + column]))
                .sum()
        };
        for simd in levels() {
            let sums = simd.run(Multiply(&packed, &x, stride, rows));
            let sums8 = simd.run(Multiply8(&packed8, &floats, stride, rows));
            for row in 0..rows {
                for column in 0..outputs {
                    let at = row * packed.blocks() + column / LANES;
                    prop_assert_eq!(sums[at].0[column % LANES], wanted(&x, row, column), "{:?}", simd);
                    prop_assert_eq!(sums8[at].0[column % LANES], wanted(&x8, row, column), "{:?}", simd);
                }
            }
        }
    }

    #[test]
    fn rows_are_the_same_on_every_instruction_set(blocks in 1usize..8, seed in any::<u64>()) {
        let mut numbers = Numbers(seed);
        let affine = Affine { scales: numbers.row(2 * blocks), bias: numbers.row(2 * blocks) };
        let norm = Norm { gain: numbers.row(blocks), bias: numbers.row(blocks) };
        let sums: Vec<Lanes<i32>> =
            (0..2 * blocks).map(|_| Lanes(std::array::from_fn(|_| numbers.next() >> 8))).collect();
        let (x, scale) = (numbers.row(blocks), numbers.float());
        let run = |simd: Simd| {
            simd.run(Rows { affine: &affine, norm: &norm, sums: &sums, x: &x, scale })
        };
        let wanted = run(Simd(SimdLevel::Scalar));
        for simd in levels() {
            prop_assert_eq!(run(simd), wanted.clone(), "{:?}", simd);
        }
    }

    /// Rounding equals the definition, also of what is no number.
    #[test]
    fn values_are_quantised_to_the_nearest(
        x in prop::array::uniform16(special()),
        scale in prop_oneof![Just(1.0f32), special()],
    ) {
        let wanted = |x: f32, limit: f32| {
            let x = if x * scale < limit { x * scale } else { limit };
            (if x > -limit { x } else { -limit }).round_ties_even() as i16
        };
        let small: Vec<i32> = x.iter().map(|&x| i32::from(wanted(x, 127.0))).collect();
        let large = x.map(|x| wanted(x, 32767.0));
        for simd in levels() {
            let found = simd.run(Quantise(Lanes(x), scale));
            prop_assert_eq!((&found.0, found.1), (&small, large), "{:?}", simd);
        }
    }

    #[test]
    fn bytes_become_floats_in_their_order(bytes in prop::array::uniform16(any::<i8>())) {
        for simd in levels() {
            prop_assert_eq!(simd.run(Widen(bytes)), bytes.map(f32::from), "{:?}", simd);
        }
    }

    /// The larger and smaller are the second where either is no number, and of zeros.
    #[test]
    fn comparisons_are_the_same_on_every_instruction_set(
        a in prop::array::uniform16(special()),
        b in prop::array::uniform16(special()),
    ) {
        let larger: [u32; LANES] =
            std::array::from_fn(|lane| if a[lane] > b[lane] { a[lane] } else { b[lane] }.to_bits());
        let smaller: [u32; LANES] =
            std::array::from_fn(|lane| if a[lane] < b[lane] { a[lane] } else { b[lane] }.to_bits());
        let wanted = Simd(SimdLevel::Scalar).run(Compare(Lanes(a), Lanes(b)));
        for simd in levels() {
            let found = simd.run(Compare(Lanes(a), Lanes(b)));
            prop_assert_eq!((found.0, found.1), (larger, smaller), "{:?}", simd);
            prop_assert_eq!(found, wanted, "{:?}", simd);
        }
    }

    /// Whatever overflows, the same column is chosen everywhere, and never a forbidden one.
    #[test]
    fn the_largest_is_never_forbidden(
        sums in prop::collection::vec(any::<i32>(), 1..60),
        forbidden in 1usize..80,
        scale in special(),
        bias in special(),
    ) {
        let count = sums.len();
        let blocks = count.div_ceil(LANES);
        let allowed = |column: usize| column < count && column != forbidden;
        let lanes = |allowed_value: f32, other: f32| -> Vec<Lanes<f32>> {
            let value = |column: usize| if allowed(column) { allowed_value } else { other };
            (0..blocks).map(|block| Lanes(std::array::from_fn(|lane| value(block * LANES + lane)))).collect()
        };
        let affine = Affine { scales: lanes(scale, 0.0), bias: lanes(bias, f32::NEG_INFINITY) };
        let mut padded = sums.clone();
        padded.resize(blocks * LANES, 1);
        let sums: Vec<Lanes<i32>> = padded.as_chunks().0.iter().map(|block| Lanes(*block)).collect();
        let wanted = Simd(SimdLevel::Scalar).run(Largest(&affine, &sums));
        prop_assert!(allowed(wanted), "{}", wanted);
        for simd in levels() {
            prop_assert_eq!(simd.run(Largest(&affine, &sums)), wanted, "{:?}", simd);
        }
    }

    #[test]
    fn the_largest_is_the_first_of_equals(values in prop::collection::vec(-3i32..3, 1..70)) {
        let mut padded = values.clone();
        padded.resize(values.len().next_multiple_of(LANES), i32::MIN);
        let sums: Vec<Lanes<i32>> = padded.as_chunks().0.iter().map(|block| Lanes(*block)).collect();
        let affine = Affine {
            scales: vec![Lanes([1.0; LANES]); sums.len()],
            bias: vec![Lanes([0.0; LANES]); sums.len()],
        };
        let most = values.iter().max().unwrap();
        let wanted = values.iter().position(|value| value == most).unwrap();
        for simd in levels() {
            prop_assert_eq!(simd.run(Largest(&affine, &sums)), wanted, "{:?}", simd);
        }
    }
}

/// The kernels read without further checks what this lets through.
#[test]
#[should_panic(expected = "the inputs are too few")]
fn strides_that_overflow_are_refused() {
    let packed = Packed16::new(&[1; 16], 4, 4);
    packed.checked_rows(4, usize::MAX / 2 + 1, &[Lanes::default(); 3]);
}
