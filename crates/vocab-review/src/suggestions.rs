//! What an annotator may want to consider about a tag. Nothing here decides.
//!
//! [`variants`] finds tags that are spelled alike. Suggestions of the other kinds are made by those
//! who know more than the names: see [`SuggestionKind`].

use std::collections::HashMap;

use tag_vocabulary::{Tag, TagKind};

use crate::candidates::{Candidate, Candidates};

mod spelling;

use spelling::{Slip, Spelling};

/// How much rarer a misspelling is than what is meant.
const MUCH_RARER: u64 = 20;

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

/// Clusters of tags of one kind whose names are variants of each other, the most frequent first.
///
/// Two names are variants if they are the same but for hyphens, spaces, apostrophes, accents, the
/// plural and British or American spelling; or if one word of six letters or more differs by one
/// letter as if by a slip: two letters swapped, one doubled, one that sounds alike. Where another
/// letter inside the word is left out, added or changed, one must be twenty times rarer than the
/// other: words that are about as frequent are two words ("father", "feather"). A tag is in one
/// cluster at most, and a cluster has two or more.
pub fn variants(candidates: &Candidates) -> Vec<Suggestion> {
    let mut groups = same_fingerprint(candidates);
    let mut index: HashMap<(TagKind, String), Vec<usize>> = HashMap::new();
    let mut heads: Vec<usize> = Vec::new();
    for group in 0..groups.len() {
        let Group { kind, images, ref spelling, .. } = groups[group];
        let keys = spelling.near_keys();
        let near = keys.iter().filter_map(|key| index.get(&(kind, key.clone()))).flatten();
        let is_variant = |&head: &usize| match groups[head].spelling.slip(spelling) {
            Some(Slip::Likely) => true,
            Some(Slip::Possible) => images.saturating_mul(MUCH_RARER) <= groups[head].images,
            None => false,
        };
        let head = near.copied().filter(is_variant).min();
        match head {
            Some(head) => {
                let members = std::mem::take(&mut groups[group].members);
                groups[head].members.extend(members);
            }
            None => {
                keys.into_iter().for_each(|key| index.entry((kind, key)).or_default().push(group));
                heads.push(group);
            }
        }
    }
    let clusters = heads.into_iter().map(|head| std::mem::take(&mut groups[head].members));
    clusters.filter(|members| members.len() > 1).map(|members| cluster(candidates, members)).collect()
}

/// Candidates of the same fingerprint.
struct Group {
    kind: TagKind,
    spelling: Spelling,
    /// Of the most frequent.
    images: u64,
    /// Their places in the order of frequency.
    members: Vec<usize>,
}

fn same_fingerprint(candidates: &Candidates) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<(TagKind, String), usize> = HashMap::new();
    for (place, Candidate { tag, images, .. }) in candidates.all().iter().enumerate() {
        let spelling = Spelling::of(&tag.name);
        let group = *places.entry((tag.kind, spelling.fingerprint())).or_insert_with(|| {
            groups.push(Group { kind: tag.kind, spelling, images: *images, members: Vec::new() });
            groups.len() - 1
        });
        groups[group].members.push(place);
    }
    groups
}

fn cluster(candidates: &Candidates, mut members: Vec<usize>) -> Suggestion {
    members.sort_unstable();
    let tags = members.into_iter().map(|place| candidates.all()[place].tag.clone()).collect();
    Suggestion { kind: SuggestionKind::Variants, tags, reason: "spelled alike".to_owned() }
}
