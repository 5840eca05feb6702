//! Stable 64-bit hashes.
//!
//! The order of images, their splits and what is left out are decided by hashes, so these must be
//! the same on every machine and in every version: XXH3-64, a published, frozen algorithm
//! (<https://xxhash.com/doc/>), with the fixed seeds below. Changing a seed changes the outputs.

use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

/// What a hash is for. Each use has a seed of its own, so that uses stay independent: the split
/// of an image says nothing about whether it is left out.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(crate) enum Purpose {
    Order = 1,
    Identity = 2,
    Split = 3,
    Captions = 4,
    Subsample = 5,
    Sample = 6,
}

/// Hash of `text` for one purpose.
pub(crate) fn hash(text: &str, purpose: Purpose) -> u64 {
    xxh3_64_with_seed(text.as_bytes(), purpose as u64)
}

/// Hash of `text` with a user's seed.
pub(crate) fn hash_seeded(text: &str, seed: u64, purpose: Purpose) -> u64 {
    let seed = xxh3_64_with_seed(&seed.to_le_bytes(), purpose as u64);
    xxh3_64_with_seed(text.as_bytes(), seed)
}

/// 128 bits that stand for `text`: two of a billion texts agree with a probability of 10⁻²¹.
pub(crate) fn identity(text: &str) -> u128 {
    xxh3_128_with_seed(text.as_bytes(), Purpose::Identity as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pins the hashes: outputs of earlier versions must stay reproducible.
    #[test]
    fn hashes_never_change() {
        assert_eq!(xxh3_64_with_seed(b"", 0), 0x2d06_8005_38d3_94c2, "the published test vector");
        // Computed with the reference implementation.
        assert_eq!(hash("a.jpg", Purpose::Order), 0x24a0_7382_2678_3d86);
        assert_eq!(hash_seeded("a.jpg", 7, Purpose::Split), 0x00dc_020c_2a47_a561);
    }
}
