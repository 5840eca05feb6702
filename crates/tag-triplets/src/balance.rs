//! Which captions, tags and images are left out, so that training data is of use.
//!
//! A few tags ("man", "white") stand with a large part of all images, most with few. Frequent
//! ones are thinned out by leaving images out, as frequent words are in word2vec (Mikolov et al.
//! 2013, "Distributed Representations of Words and Phrases and their Compositionality", section
//! 2.3: a word stays with a probability that falls with its frequency). Here a tag that has more
//! images than the cap would have each kept with the probability `cap / images`; an image has
//! several tags, and stays with the largest probability of any of them. So **no image of a tag
//! that is within the cap is left out**, and a tag over the cap keeps at least `cap` images on
//! average. The choice is a hash of the seed and the image's name: it is the same in every run, a
//! larger cap only adds images, and no image's fate hangs on another's but for the counts.
//!
//! What is done to an image, in this order:
//!
//! 1. Captions that say again, word for word, what another of the image says go
//!    ([`drop_repeated`](BalanceOptions::drop_repeated)), and captions without tags
//!    ([`drop_untagged`](BalanceOptions::drop_untagged)).
//! 2. Of too many captions a few are chosen ([`captions_per_image`](BalanceOptions::captions_per_image)).
//! 3. Tags of too few images go ([`min_images_per_tag`](BalanceOptions::min_images_per_tag)), then
//!    the captions that have none left, if such go, and images that have no caption left.
//! 4. Images go whose tags are all too frequent ([`images_per_tag`](BalanceOptions::images_per_tag)).
//!
//! Steps 3 and 4 need to know how many images have each tag after steps 1 and 2: a first pass
//! calls [`BalanceOptions::thin`] and [`TagCounts::add`] on every draft, a second one
//! [`Balancer::apply`]. Step 3 changes no count of the tags that stay, and step 4 none of those
//! within the cap, so the counts of one pass are enough.

mod counts;
mod report;

use std::collections::HashSet;
use std::num::{NonZeroU32, NonZeroU64};

use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub use counts::TagCounts;
pub use report::{BalanceReport, FrequentTag, RareTag};

use crate::hash::{Purpose, hash_seeded};
use crate::plan::Draft;

/// What is to be left out. By default nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalanceOptions {
    /// Whether an image's captions stay once where they repeat each other word for word.
    pub drop_repeated: bool,
    /// Whether captions without any tag of the vocabulary are left out.
    pub drop_untagged: bool,
    /// How many captions an image may have. Which are kept is decided by hashes; they keep their order.
    pub captions_per_image: Option<NonZeroU32>,
    /// How many images a tag should have at most. Images with a rarer tag stay all the same.
    pub images_per_tag: Option<NonZeroU64>,
    /// Tags with fewer images are taken out of all captions. 0 and 1 take none out.
    pub min_images_per_tag: u64,
    /// Another seed makes other choices.
    pub seed: u64,
}

/// Why training data cannot be balanced so.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BalanceError {
    /// No number of images is right for a tag.
    #[error(
        "tags are to have at least {least} images and at most {most}: let the least be smaller than the most"
    )]
    NoRange {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
}

impl BalanceOptions {
    /// Checks that the options do not contradict each other.
    ///
    /// # Errors
    /// If tags are to have more images at least than at most.
    pub fn check(&self) -> Result<(), BalanceError> {
        let least = self.min_images_per_tag;
        match self.images_per_tag.map(NonZeroU64::get) {
            Some(most) if most < least => Err(BalanceError::NoRange { least, most }),
            _ => Ok(()),
        }
    }

    /// Whether a first pass has to count the tags' images.
    pub fn needs_counts(&self) -> bool {
        self.min_images_per_tag > 1 || self.images_per_tag.is_some()
    }

    /// Leaves captions out that need no counts to be known: steps 1 and 2. Done twice, it does
    /// no more than done once.
    pub fn thin(&self, draft: &mut Draft, report: &mut BalanceReport) {
        self.leave_out_repeated(draft, report);
        self.leave_out_untagged(draft, report);
        let Some(cap) = self.captions_per_image else { return };
        let cap = cap.get() as usize;
        if draft.captions.len() > cap {
            self.choose_captions(draft, cap, report);
        }
    }

    fn leave_out_repeated(&self, draft: &mut Draft, report: &mut BalanceReport) {
        if !self.drop_repeated {
            return;
        }
        let Draft { image_id, position, captions, .. } = draft;
        let mut seen = HashSet::new();
        let is_first: Vec<bool> = captions.iter().map(|caption| seen.insert(caption.text.as_str())).collect();
        let mut is_first = is_first.into_iter();
        captions.retain(|caption| {
            let stays = is_first.next().unwrap_or(true);
            if !stays {
                report.repeated_captions.add(Some(*position), image_id, &caption.text);
            }
            stays
        });
    }

    fn leave_out_untagged(&self, draft: &mut Draft, report: &mut BalanceReport) {
        if !self.drop_untagged {
            return;
        }
        let Draft { image_id, position, captions, .. } = draft;
        captions.retain(|caption| {
            if caption.tags.is_empty() {
                report.untagged_captions.add(Some(*position), image_id, &caption.text);
            }
            !caption.tags.is_empty()
        });
    }

    /// Keeps the captions of the smallest hashes; of those that are the same, the first.
    fn choose_captions(&self, draft: &mut Draft, cap: usize, report: &mut BalanceReport) {
        let seed = hash_seeded(&draft.image_id, self.seed, Purpose::Captions);
        let rank = |text: &str| xxh3_64_with_seed(text.as_bytes(), seed);
        let mut ranks: Vec<(u64, usize)> =
            draft.captions.iter().enumerate().map(|(place, caption)| (rank(&caption.text), place)).collect();
        ranks.sort_unstable();
        let mut kept: Vec<usize> = ranks.iter().take(cap).map(|(_, place)| *place).collect();
        kept.sort_unstable();

        let Draft { image_id, position, captions, .. } = draft;
        let mut kept = kept.into_iter().peekable();
        let mut place = 0;
        captions.retain(|caption| {
            let stays = kept.next_if_eq(&place).is_some();
            place += 1;
            if !stays {
                report.captions_over_cap.add(Some(*position), image_id, &caption.text);
            }
            stays
        });
    }
}

/// Decides what is left out, knowing how many images each tag has.
#[derive(Clone, Debug)]
pub struct Balancer {
    options: BalanceOptions,
    counts: TagCounts,
}

impl Balancer {
    /// The counts are those of all drafts after [`BalanceOptions::thin`]; they may be empty if
    /// [`BalanceOptions::needs_counts`] says so.
    ///
    /// # Errors
    /// As [`BalanceOptions::check`].
    pub fn new(options: BalanceOptions, counts: TagCounts) -> Result<Self, BalanceError> {
        options.check()?;
        Ok(Self { options, counts })
    }

    /// A report that names the tags that are too rare or too frequent, and counts nothing yet.
    pub fn report(&self) -> BalanceReport {
        let mut report = BalanceReport::default();
        for (tag, images) in self.counts.iter() {
            if self.is_rare(tag) {
                report.rare_tags.push(RareTag { tag, images });
            } else if self.is_frequent(images) {
                report.frequent_tags.insert(tag, FrequentTag { images, kept: 0 });
            }
        }
        report
    }

    /// What is left of an image, if it stays.
    ///
    /// The report is the one that [`report`](Self::report) gave.
    pub fn apply(&self, mut draft: Draft, report: &mut BalanceReport) -> Option<Draft> {
        self.options.thin(&mut draft, report);
        if self.options.min_images_per_tag > 1 {
            self.take_out_rare_tags(&mut draft, report);
            self.options.leave_out_untagged(&mut draft, report);
        }
        let Draft { image_id, position, .. } = &draft;
        if draft.captions.is_empty() {
            report.images_without_captions.add(Some(*position), image_id, "no caption is left");
            return None;
        }
        let tags = draft.image_tags();
        if !self.stays(image_id, &tags) {
            report.images_over_cap.add(Some(*position), image_id, "all its tags are too frequent");
            report.captions_of_images_over_cap += draft.captions.len() as u64;
            return None;
        }
        report.images += 1;
        report.captions += draft.captions.len() as u64;
        for tag in tags {
            if let Some(frequent) = report.frequent_tags.get_mut(&tag) {
                frequent.kept += 1;
            }
        }
        Some(draft)
    }

    fn is_rare(&self, tag: u32) -> bool {
        self.counts.images(tag) < self.options.min_images_per_tag
    }

    fn is_frequent(&self, images: u64) -> bool {
        self.options.images_per_tag.is_some_and(|cap| images > cap.get())
    }

    fn take_out_rare_tags(&self, draft: &mut Draft, report: &mut BalanceReport) {
        for caption in &mut draft.captions {
            let before = caption.tags.len();
            caption.tags.retain(|&tag| !self.is_rare(tag));
            report.rare_mentions += (before - caption.tags.len()) as u64;
        }
    }

    /// The rarest tag decides: it gives the largest probability, `cap / images`.
    fn stays(&self, image_id: &str, tags: &[u32]) -> bool {
        let Some(cap) = self.options.images_per_tag else { return true };
        let Some(images) = tags.iter().map(|&tag| self.counts.images(tag)).min() else { return true };
        if images <= cap.get() {
            return true;
        }
        // A number below `images`, all with the same probability.
        let hash = hash_seeded(image_id, self.options.seed, Purpose::Subsample);
        let drawn = (u128::from(hash) * u128::from(images)) >> u64::BITS;
        drawn < u128::from(cap.get())
    }
}
