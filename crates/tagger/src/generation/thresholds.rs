//! Which tags an image has.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::GenerationError;

/// How likely each tag must be to guide a caption. Tags are ids, for some strings stand for two.
///
/// ```
/// use tagger::generation::TagThresholds;
///
/// let json = r#"{"default": 0.68, "exceptions": {"1": 0.7}, "deleted": [2]}"#;
/// let thresholds: TagThresholds = serde_json::from_str(json)?;
/// assert_eq!(thresholds.tags(&[0.68, 0.71, 0.9, 0.69]), [1, 3]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TagThresholds {
    /// A tag is on if its score, the sigmoid of its logit, is more than this.
    pub default: f32,
    /// Tags with another threshold.
    pub exceptions: BTreeMap<u32, f32>,
    /// Tags that are never on.
    pub deleted: BTreeSet<u32>,
}

impl Default for TagThresholds {
    /// 0.68 for every tag.
    fn default() -> Self {
        Self { default: 0.68, exceptions: BTreeMap::new(), deleted: BTreeSet::new() }
    }
}

impl TagThresholds {
    /// The release's, for the published list of 3,429 tags: 0.70 for "person", "man" and "woman",
    /// and without "quarter", "back" and five numbers.
    pub fn published() -> Self {
        Self {
            exceptions: [2701, 2828, 1167].map(|tag| (tag, 0.7)).into(),
            deleted: [127, 2961, 3265, 3338, 3351, 3355, 3359].into(),
            ..Self::default()
        }
    }

    /// This tag's threshold.
    pub fn of(&self, tag: u32) -> f32 {
        self.exceptions.get(&tag).copied().unwrap_or(self.default)
    }

    /// The tags that are on, by id. `scores` are those of all tags, from 0 to 1.
    pub fn tags(&self, scores: &[f32]) -> Vec<u32> {
        let on = |&(tag, &score): &(u32, &f32)| score > self.of(tag) && !self.deleted.contains(&tag);
        (0..).zip(scores).filter(on).map(|(tag, _)| tag).collect()
    }

    pub(super) fn validate(&self, tags: usize) -> Result<(), GenerationError> {
        let named = self.exceptions.keys().chain(&self.deleted);
        if let Some(&tag) = named.into_iter().find(|&&tag| tag as usize >= tags) {
            return Err(GenerationError::UnknownTag { tag, tags });
        }
        let mut thresholds = self.exceptions.values().chain([&self.default]);
        match thresholds.find(|threshold| !(0.0..=1.0).contains(*threshold)) {
            Some(threshold) => {
                Err(GenerationError::Config(format!("the threshold {threshold} must be from 0 to 1")))
            }
            None => Ok(()),
        }
    }
}
