//! What was left out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::noted::Noted;

/// What stayed, and what was left out for which reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BalanceReport {
    /// Images that stayed.
    pub images: u64,
    /// Their captions.
    pub captions: u64,
    /// Captions that their image had already, word for word. The position is the image's.
    pub repeated_captions: Noted,
    /// Captions without any tag that were left out, with their texts. The position is the image's.
    pub untagged_captions: Noted,
    /// Captions that were over the cap of their image, with their texts. The position is the image's.
    pub captions_over_cap: Noted,
    /// Images that no caption was left of.
    pub images_without_captions: Noted,
    /// Images that were left out because all their tags are too frequent.
    pub images_over_cap: Noted,
    /// The captions of these images.
    pub captions_of_images_over_cap: u64,
    /// Tags that were taken out because they have too few images.
    pub rare_tags: Vec<RareTag>,
    /// How often they were taken out of a caption.
    pub rare_mentions: u64,
    /// The tags that have more images than the cap, by id.
    pub frequent_tags: BTreeMap<u32, FrequentTag>,
}

/// A tag with too few images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RareTag {
    /// Its id in the vocabulary.
    pub tag: u32,
    /// How many images it has.
    pub images: u64,
}

/// A tag with more images than the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FrequentTag {
    /// How many images it has.
    pub images: u64,
    /// How many of these stayed.
    pub kept: u64,
}
