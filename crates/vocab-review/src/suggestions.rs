//! What an annotator may want to consider about a tag. Nothing here decides.
//!
//! [`variants`] finds tags that are spelled alike; [`synonyms`], [`not_visible`] and [`events`] go by
//! what WordNet says of the words (Miller 1995); [`rare_twins`] by counts; [`near_synonyms`] by pairs
//! that are used alike, which a sentence encoder finds (`similar_names`, with the feature `embeddings`).

use std::collections::HashMap;

use tag_vocabulary::{Tag, TagKind};

use crate::candidates::Candidates;

mod meaning;
mod near;
#[cfg(feature = "embeddings")]
mod similar;
mod spelling;
mod twins;
mod variants;

pub use meaning::{events, not_visible, synonyms};
pub use near::{NearPair, near_synonyms};
#[cfg(feature = "embeddings")]
pub use similar::{SimilarityError, similar_names};
pub use twins::rare_twins;
pub use variants::variants;

/// What is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuggestionKind {
    /// The tags differ in spelling, number, hyphens or spaces: merge them into the first.
    Variants,
    /// The tags say much the same: merge them into the first.
    Synonyms,
    /// The tag may be of another kind.
    Kind {
        /// Of which, if that is known.
        better: Option<TagKind>,
    },
    /// The tag says what no image shows: drop it.
    NotVisible,
}

impl SuggestionKind {
    /// The word for files and tables: `variants`, `synonyms`, `kind`, `not-visible`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Variants => "variants",
            Self::Synonyms => "synonyms",
            Self::Kind { .. } => "kind",
            Self::NotVisible => "not-visible",
        }
    }

    /// Whether it is about tags that belong together.
    pub const fn is_cluster(self) -> bool {
        matches!(self, Self::Variants | Self::Synonyms)
    }
}

/// A suggestion, which holds only if an annotator confirms it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What is suggested.
    pub kind: SuggestionKind,
    /// About which tags: of a cluster at least two, the one to be kept first.
    pub tags: Vec<Tag>,
    /// Why, in a few words. May be empty.
    pub reason: String,
}

/// Everything that is suggested, without repeats.
///
/// `near` is for [`near_synonyms`], and may be empty.
pub fn all(candidates: &Candidates, near: &[NearPair]) -> Vec<Suggestion> {
    without_repeats(
        [
            variants(candidates),
            synonyms(candidates),
            near_synonyms(candidates, near),
            rare_twins(candidates),
            events(candidates),
            not_visible(candidates),
        ]
        .concat(),
    )
}

/// Leaves out clusters whose tags all stand together in an earlier one, and what was said of a tag
/// before.
pub fn without_repeats(suggestions: Vec<Suggestion>) -> Vec<Suggestion> {
    let mut about: HashMap<Tag, Vec<usize>> = HashMap::new();
    let mut kept: Vec<Suggestion> = Vec::with_capacity(suggestions.len());
    for suggestion in suggestions {
        let Some(first) = suggestion.tags.first() else { continue };
        let says_it = |&earlier: &usize| {
            let Suggestion { kind, tags, .. } = &kept[earlier];
            let is_alike = *kind == suggestion.kind || kind.is_cluster() && suggestion.kind.is_cluster();
            is_alike && suggestion.tags.iter().all(|tag| tags.contains(tag))
        };
        if about.get(first).is_some_and(|earlier| earlier.iter().any(says_it)) {
            continue;
        }
        for tag in &suggestion.tags {
            about.entry(tag.clone()).or_default().push(kept.len());
        }
        kept.push(suggestion);
    }
    kept
}

fn cluster(
    candidates: &Candidates,
    kind: SuggestionKind,
    mut members: Vec<usize>,
    reason: &str,
) -> Suggestion {
    members.sort_unstable();
    let tags = members.into_iter().map(|place| candidates.all()[place].tag.clone()).collect();
    Suggestion { kind, tags, reason: reason.to_owned() }
}
