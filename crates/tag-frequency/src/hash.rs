//! Stable 64-bit hashes.
//!
//! Which captions are sampled and which images are the same is decided by hashes, so these must
//! be the same on every machine and in every version: XXH3-64, a published, frozen algorithm
//! (<https://xxhash.com/doc/>), with the fixed seeds below. Changing a seed changes the outputs.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What a hash is for. Each use has a seed of its own, so that uses stay independent: the
/// captions shown for a tag say nothing about those sampled for the report.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(crate) enum Purpose {
    ImageKey = 1,
    TagExample = 2,
    CoverageSample = 3,
    ReportSample = 4,
}

/// Hash of `text` for one purpose.
pub(crate) fn hash(text: &str, purpose: Purpose) -> u64 {
    xxh3_64_with_seed(text.as_bytes(), purpose as u64)
}

/// Hash of `text` together with a number.
pub(crate) fn hash_with(text: &str, number: u64, purpose: Purpose) -> u64 {
    let seed = xxh3_64_with_seed(&number.to_le_bytes(), purpose as u64);
    xxh3_64_with_seed(text.as_bytes(), seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pins the hashes: outputs of earlier versions must stay reproducible.
    #[test]
    fn hashes_never_change() {
        assert_eq!(xxh3_64_with_seed(b"", 0), 0x2d06_8005_38d3_94c2, "the published test vector");
        // Computed with the reference implementation.
        assert_eq!(hash("a dog", Purpose::TagExample), 0xa53d_7c49_5575_94a5);
        assert_eq!(hash_with("a dog", 7, Purpose::ImageKey), 0x199c_8a0a_0044_f69d);
    }
}
