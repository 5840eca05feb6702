//! What triplets are like: how many tags they have, which tags have images, and some to look at.
//!
//! ```
//! use tag_triplets::statistics::Statistics;
//! # use tag_triplets::{Image, Triplet};
//! # let triplet = Triplet {
//! #     image_id: "1".to_owned(), image: Image::Path("1.jpg".to_owned()),
//! #     captions: vec!["a dog".to_owned(), "it runs".to_owned()],
//! #     caption_tags: vec![vec![2], vec![]], image_tags: vec![2],
//! #     width: None, height: None, split: None,
//! # };
//!
//! let mut statistics = Statistics::new(3);
//! statistics.add(&triplet);
//! assert_eq!(statistics.tags_per_caption.mean(), 0.5);
//! assert_eq!(statistics.images_by_tag(), [0, 0, 1]);
//! ```

use std::collections::BTreeMap;

use serde::Serialize;

use crate::hash::{Purpose, hash};
use crate::triplet::Triplet;

/// Triplets that are kept to be looked at.
const SAMPLES: usize = 10;

/// Counts of triplets, and some of them.
#[derive(Clone, Debug, Serialize)]
pub struct Statistics {
    /// Number of triplets.
    pub images: u64,
    /// How many captions have how many tags.
    pub tags_per_caption: Histogram,
    /// How many images have how many tags.
    pub tags_per_image: Histogram,
    /// Number of images of each split.
    pub splits: BTreeMap<String, u64>,
    #[serde(skip)]
    images_by_tag: Vec<u64>,
    #[serde(skip)]
    samples: BTreeMap<(u64, String), Triplet>,
}

/// How often each number was met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Histogram {
    counts: BTreeMap<u32, u64>,
}

impl Statistics {
    /// Of no triplet yet, for a vocabulary of so many tags.
    pub fn new(tags: usize) -> Self {
        Self {
            images: 0,
            tags_per_caption: Histogram::default(),
            tags_per_image: Histogram::default(),
            splits: BTreeMap::new(),
            images_by_tag: vec![0; tags],
            samples: BTreeMap::new(),
        }
    }

    /// Counts a triplet. Tags that the vocabulary does not have are not counted.
    pub fn add(&mut self, triplet: &Triplet) {
        self.images += 1;
        triplet.caption_tags.iter().for_each(|tags| self.tags_per_caption.add(tags.len()));
        self.tags_per_image.add(triplet.image_tags.len());
        for &tag in &triplet.image_tags {
            if let Some(images) = self.images_by_tag.get_mut(tag as usize) {
                *images += 1;
            }
        }
        if let Some(split) = &triplet.split {
            match self.splits.get_mut(split) {
                Some(images) => *images += 1,
                None => _ = self.splits.insert(split.clone(), 1),
            }
        }
        self.consider(triplet);
    }

    /// Number of images of each tag, by id.
    pub fn images_by_tag(&self) -> &[u64] {
        &self.images_by_tag
    }

    /// Ten triplets, or all if there are fewer, chosen by hashes of their images' names. Which
    /// they are does not depend on the order in which triplets were added.
    pub fn samples(&self) -> impl Iterator<Item = &Triplet> {
        self.samples.values()
    }

    fn consider(&mut self, triplet: &Triplet) {
        let rank = hash(&triplet.image_id, Purpose::Sample);
        let is_late = self.samples.last_key_value().is_some_and(|((last, _), _)| *last < rank);
        if self.samples.len() == SAMPLES && is_late {
            return;
        }
        self.samples.insert((rank, triplet.image_id.clone()), triplet.clone());
        if self.samples.len() > SAMPLES {
            self.samples.pop_last();
        }
    }
}

impl Histogram {
    fn add(&mut self, number: usize) {
        *self.counts.entry(u32::try_from(number).unwrap_or(u32::MAX)).or_default() += 1;
    }

    /// How often any number was met.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How often this number was met.
    pub fn count(&self, number: u32) -> u64 {
        self.counts.get(&number).copied().unwrap_or(0)
    }

    /// How often this number or a larger one was met.
    pub fn count_from(&self, number: u32) -> u64 {
        self.counts.range(number..).map(|(_, count)| count).sum()
    }

    /// The mean of all numbers; 0 if there is none.
    pub fn mean(&self) -> f64 {
        let sum: f64 = self.counts.iter().map(|(number, count)| f64::from(*number) * *count as f64).sum();
        sum / self.total().max(1) as f64
    }
}
