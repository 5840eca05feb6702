//! Probabilities that are the same bits on every machine.

use crate::kernel::{LANES, Simd, Task, Vectors};

/// Multiples of the logarithm of 2 that are taken off an argument; the first part has few bits, so
/// that its multiples are exact (Cody & Waite 1980).
const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
/// Coefficients of `(e^r - 1 - r) / r^2` for `r` within half a logarithm of 2, the highest power
/// first (Cephes, `expf`).
const COEFFICIENTS: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
/// Below this the exponential is taken for zero: it would leave the normal numbers.
const LEAST: f32 = -87.0;
/// Adding it rounds to a whole number, which the low bits of the sum then hold.
const ROUND: f32 = 12_582_912.0;

/// Fills `out` with what the logits say as probabilities (softmax), to 1e-6.
///
/// It is plain f32 and f64 arithmetic in a fixed order: the same bits on every machine. Logits
/// that are infinitely large share all probability; one that is no number counts as infinitely
/// small.
///
/// ```
/// use caption_parser::pairs::probabilities;
///
/// let mut out = Vec::new();
/// probabilities(&[0.0, 3.0f32.ln()], &mut out);
/// assert!((out[0] - 0.25).abs() < 1e-6 && (out[1] - 0.75).abs() < 1e-6);
/// ```
pub fn probabilities(logits: &[f32], out: &mut Vec<f32>) {
    out.clear();
    out.extend_from_slice(logits);
    Simd::best().run(Softmax(out));
}

/// Makes probabilities of logits in place. It is plain arithmetic, which the compiler turns into
/// each instruction set without changing a bit.
struct Softmax<'p>(&'p mut [f32]);

impl Task for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, _: V) {
        let shares = self.0;
        let larger = |most: f32, logit: f32| if logit > most { logit } else { most };
        let (lanes, rest) = in_lanes(shares, f32::NEG_INFINITY, larger);
        let largest = lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, larger);
        for share in shares.iter_mut() {
            *share = exponential_below(*share, largest);
        }
        let (lanes, rest) = in_lanes(shares, 0.0, |sum: f64, share| sum + f64::from(share));
        let sum: f64 = lanes.into_iter().chain(rest.iter().copied().map(f64::from)).sum();
        let inverse = (1.0 / sum) as f32;
        shares.iter_mut().for_each(|share| *share *= inverse);
    }
}

/// Folds the values in [`LANES`] lanes, so that they need not wait for one another; gives the lanes,
/// and the values behind the last whole ones.
#[inline(always)]
fn in_lanes<T: Copy>(values: &[f32], start: T, of: impl Fn(T, f32) -> T) -> ([T; LANES], &[f32]) {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [start; LANES];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = of(*lane, value);
        }
    }
    (lanes, rest)
}

/// The exponential of how much `x` is below the largest.
#[inline(always)]
fn exponential_below(x: f32, largest: f32) -> f32 {
    // What is no number is the smallest. Infinities have no difference.
    let x = if x.is_nan() { f32::NEG_INFINITY } else { x };
    let below = if x == largest { 0.0 } else { x - largest };
    let shifted = below.max(LEAST) * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = below.max(LEAST) - whole * LN_2.0 - whole * LN_2.1;
    let [highest, others @ ..] = COEFFICIENTS;
    let series = others.iter().fold(highest, |sum, coefficient| sum * rest + coefficient);
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    if below < LEAST { 0.0 } else { (series * rest * rest + rest + 1.0) * power }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SimdLevel;

    fn softmax(logits: &[f32]) -> Vec<f32> {
        let mut out = vec![7.0; 3];
        probabilities(logits, &mut out);
        out
    }

    fn logit() -> impl Strategy<Value = f32> {
        prop_oneof![4 => -12.0f32..12.0, 2 => -200.0f32..200.0, 1 => any::<f32>()]
            .prop_filter("a number", |logit| logit.is_finite())
    }

    proptest! {
        #[test]
        fn probabilities_are_right_to_a_millionth(logits in prop::collection::vec(logit(), 1..600)) {
            let largest = logits.iter().fold(f64::NEG_INFINITY, |most, &logit| most.max(f64::from(logit)));
            let wanted: Vec<f64> = logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).collect();
            let sum: f64 = wanted.iter().sum();
            for (found, wanted) in softmax(&logits).iter().zip(&wanted) {
                prop_assert!((f64::from(*found) - wanted / sum).abs() < 1e-6, "{} {}", found, wanted / sum);
            }
        }
    }

    proptest! {
        #[test]
        fn every_instruction_set_gives_the_same_bits(logits in prop::collection::vec(any::<f32>(), 1..100)) {
            let wanted = softmax(&logits);
            for simd in SimdLevel::ALL.into_iter().filter_map(Simd::new) {
                let mut found = logits.clone();
                simd.run(Softmax(&mut found));
                prop_assert_eq!(&found, &wanted, "{:?}", simd);
            }
        }
    }

    /// On every machine: these were computed once.
    #[test]
    fn bits_are_fixed() {
        let bits: Vec<u32> =
            softmax(&[0.1, -3.7, 2.25, -40.0, 2.0]).iter().map(|share| share.to_bits()).collect();
        assert_eq!(bits, [1031496950, 984872676, 1057415927, 545998091, 1053956476]);
    }

    #[test]
    fn infinities_share_and_no_numbers_lose() {
        let (most, least) = (f32::INFINITY, f32::NEG_INFINITY);
        assert!(softmax(&[]).is_empty());
        assert_eq!(softmax(&[most, 1.0, f32::NAN, most, least]), [0.5, 0.0, 0.0, 0.5, 0.0]);
        assert_eq!(softmax(&[f32::MAX, -f32::MAX, f32::NAN]), [1.0, 0.0, 0.0]);
        assert_eq!(softmax(&[least, f32::NAN]), [0.5, 0.5]);
    }
}
