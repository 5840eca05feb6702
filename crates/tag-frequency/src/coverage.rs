//! How many captions the most frequent tags cover.

use hashbrown::HashMap;

use crate::hash::{Purpose, hash, hash_with};

/// Distinct captions that a sample holds before it thins itself out by half.
const SAMPLE_BOUND: usize = 50_000;

/// A bounded sample of captions with their tags, the same in whatever order they came.
///
/// A caption is in the sample if its hash lies below a threshold, and the threshold is halved
/// whenever more than the bound are held. Of two samples that are merged, the lower threshold
/// holds for both; so the threshold, and with it the sample, depends only on the set of captions.
/// Captions of one text and one image are one entry that counts them.
#[derive(Debug)]
pub(crate) struct CoverageSample {
    entries: HashMap<u64, Entry>,
    /// Hashes up to this one are held; one less than a power of two.
    last_held: u64,
    bound: usize,
}

#[derive(Debug)]
struct Entry {
    captions: u64,
    /// The caption's tags, each once.
    tags: Box<[u32]>,
}

impl Default for CoverageSample {
    fn default() -> Self {
        CoverageSample::with_bound(SAMPLE_BOUND)
    }
}

impl CoverageSample {
    pub fn with_bound(bound: usize) -> Self {
        CoverageSample { entries: HashMap::new(), last_held: u64::MAX, bound }
    }

    /// Adds a caption; its tags must depend on its text alone. The image's hash is part of the
    /// key, so that a text which stands under a million images is sampled like a million captions
    /// and not as one that is either in or out.
    pub fn add(&mut self, text: &str, image: Option<u64>, tags: &[u32]) {
        let key = match image {
            Some(image) => hash_with(text, image, Purpose::CoverageSample),
            None => hash(text, Purpose::CoverageSample),
        };
        if key <= self.last_held {
            self.insert(key, 1, || tags.into());
        }
    }

    /// Adds another sample, whose tags are numbered anew by `new_ids`.
    pub fn extend(&mut self, other: Self, new_ids: &[u32]) {
        self.last_held = self.last_held.min(other.last_held);
        self.drop_what_is_above();
        for (key, entry) in other.entries {
            if key <= self.last_held {
                let renumbered = || entry.tags.iter().map(|&id| new_ids[id as usize]).collect();
                self.insert(key, entry.captions, renumbered);
            }
        }
    }

    fn insert(&mut self, key: u64, captions: u64, tags: impl FnOnce() -> Box<[u32]>) {
        let entry = self.entries.entry(key);
        entry.or_insert_with(|| Entry { captions: 0, tags: tags() }).captions += captions;
        while self.entries.len() > self.bound && self.last_held > 0 {
            self.last_held /= 2;
            self.drop_what_is_above();
        }
    }

    fn drop_what_is_above(&mut self) {
        let last_held = self.last_held;
        self.entries.retain(|&key, _| key <= last_held);
    }

    /// The coverage by rank; `ranks` holds the rank of each tag number, from 1.
    pub fn into_coverage(self, ranks: &[u32]) -> Coverage {
        let mut best_ranks = Vec::new();
        let mut all_ranks = Vec::new();
        let mut captions = 0;
        for entry in self.entries.values() {
            captions += entry.captions;
            let ranks = entry.tags.iter().map(|&id| ranks[id as usize]);
            best_ranks.extend(ranks.clone().min().map(|rank| (rank, entry.captions)));
            all_ranks.extend(ranks.map(|rank| (rank, entry.captions)));
        }
        Coverage {
            captions,
            is_exact: self.last_held == u64::MAX,
            best_ranks: accumulate(best_ranks),
            all_ranks: accumulate(all_ranks),
        }
    }
}

/// Sorts by rank and replaces each weight by the sum up to and with its rank.
fn accumulate(mut weights: Vec<(u32, u64)>) -> Vec<(u32, u64)> {
    weights.sort_unstable();
    let mut sum = 0;
    for (_, weight) in &mut weights {
        sum += *weight;
        *weight = sum;
    }
    // The last of a rank has the full sum.
    weights.dedup_by(|later, kept| {
        let is_same_rank = later.0 == kept.0;
        if is_same_rank {
            kept.1 = later.1;
        }
        is_same_rank
    });
    weights
}

/// How many captions the most frequent tags cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    captions: u64,
    is_exact: bool,
    /// (rank, captions whose best tag has this rank or a better one).
    best_ranks: Vec<(u32, u64)>,
    /// (rank, pairs of a caption and one of its tags that has this rank or a better one).
    all_ranks: Vec<(u32, u64)>,
}

/// What the `top` first tags cover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoveragePoint {
    /// Number of tags, counted from the first rank.
    pub top: u32,
    /// Share of captions that mention at least one of them, 0 to 1.
    pub covered: f64,
    /// How many of them a caption mentions on average.
    pub tags_per_caption: f64,
}

impl Coverage {
    /// Captions that the shares are computed from.
    pub fn captions(&self) -> u64 {
        self.captions
    }

    /// Whether these are all captions of the corpus; otherwise they are a random sample, of
    /// about 25,000 to 50,000 different captions.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// What the first `top` tags cover. Zero of no captions.
    pub fn at(&self, top: u32) -> CoveragePoint {
        let total = self.captions.max(1) as f64;
        CoveragePoint {
            top,
            covered: up_to(&self.best_ranks, top) as f64 / total,
            tags_per_caption: up_to(&self.all_ranks, top) as f64 / total,
        }
    }
}

fn up_to(accumulated: &[(u32, u64)], rank: u32) -> u64 {
    let after = accumulated.partition_point(|&(other, _)| other <= rank);
    after.checked_sub(1).map_or(0, |last| accumulated[last].1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn coverage_of_three_captions() {
        let mut sample = CoverageSample::default();
        sample.add("dog and cat", None, &[0, 1]);
        sample.add("dog and cat", None, &[0, 1]);
        sample.add("cat", Some(1), &[1]);
        sample.add("nothing", None, &[]);
        let coverage = sample.into_coverage(&[2, 1]);
        assert!(coverage.is_exact());
        assert_eq!(coverage.captions(), 4);
        assert_eq!(coverage.at(0), CoveragePoint { top: 0, covered: 0.0, tags_per_caption: 0.0 });
        assert_eq!(coverage.at(1), CoveragePoint { top: 1, covered: 0.75, tags_per_caption: 0.75 });
        assert_eq!(coverage.at(9), CoveragePoint { top: 9, covered: 0.75, tags_per_caption: 1.25 });
    }

    proptest! {
        /// Past the bound, too, the sample is the same for every order and partition, and as
        /// large as promised.
        #[test]
        fn sample_does_not_depend_on_order_or_partition(
            captions in prop::collection::vec((0u32..400, 0u64..3), 1..600),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            bound in 1usize..120,
        ) {
            let ranks: Vec<u32> = (1..=400).collect();
            let add = |sample: &mut CoverageSample, &(tag, image): &(u32, u64)| {
                sample.add(&format!("caption {tag}"), Some(image), &[tag]);
            };
            let mut whole = CoverageSample::with_bound(bound);
            captions.iter().for_each(|caption| add(&mut whole, caption));

            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(captions.len())).collect();
            cuts.extend([0, captions.len()]);
            cuts.sort_unstable();
            let mut merged = CoverageSample::with_bound(bound);
            let same_ids: Vec<u32> = (0..400).collect();
            for part in cuts.windows(2).rev() {
                let mut sample = CoverageSample::with_bound(bound);
                captions[part[0]..part[1]].iter().rev().for_each(|c| add(&mut sample, c));
                merged.extend(sample, &same_ids);
            }
            prop_assert!(whole.entries.len() <= bound);
            prop_assert_eq!(whole.last_held, merged.last_held);
            prop_assert_eq!(whole.into_coverage(&ranks), merged.into_coverage(&ranks));
        }
    }
}
