//! How parameters start, each from its own stream of random numbers, so that neither the order of
//! creation nor other parameters matter.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::rule::fnv1a64;

/// Whether parameters are drawn when they are created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initialisation {
    /// Drawn as their [`Init`] says, from this seed and their names.
    Random {
        /// The seed.
        seed: u64,
    },
    /// All zero, for parameters that will be loaded.
    Zeros,
}

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Every element this value.
    Constant(f64),
    /// Normal with mean 0.
    Normal {
        /// The standard deviation.
        deviation: f64,
    },
    /// Normal with mean 0, drawn again beyond ±2 (not ±2 deviations), as in timm.
    TruncatedNormal {
        /// The standard deviation.
        deviation: f64,
    },
    /// Uniform between −`bound` and `bound`.
    Uniform {
        /// The largest magnitude.
        bound: f64,
    },
}

impl Init {
    pub(super) fn draw(self, seed: u64, name: &str, count: usize) -> Vec<f32> {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&fnv1a64(name).to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        match self {
            Init::Constant(value) => vec![value as f32; count],
            Init::Normal { deviation } => normals(&mut generator, deviation, count, f64::INFINITY),
            Init::TruncatedNormal { deviation } => normals(&mut generator, deviation, count, 2.0),
            Init::Uniform { bound } => {
                let draw = |_| ((unit(&mut generator) * 2.0 - 1.0) * bound) as f32;
                (0..count).map(draw).collect()
            }
        }
    }
}

/// By Box and Muller's method.
fn normals(generator: &mut ChaCha8Rng, deviation: f64, count: usize, limit: f64) -> Vec<f32> {
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        // In (0, 1], for the logarithm.
        let radius = (-2.0 * (1.0 - unit(generator)).ln()).sqrt() * deviation;
        let (sine, cosine) = (std::f64::consts::TAU * unit(generator)).sin_cos();
        let pair = [radius * cosine, radius * sine];
        values.extend(pair.into_iter().filter(|value| value.abs() <= limit).map(|value| value as f32));
    }
    values.truncate(count);
    values
}

/// Uniform in [0, 1).
fn unit(generator: &mut ChaCha8Rng) -> f64 {
    f64::from(generator.next_u32()) / 2f64.powi(32)
}
