//! Clusters of names that are spelled alike.

use std::collections::HashMap;

use tag_vocabulary::TagKind;

use super::spelling::{Slip, Spelling};
use super::{Suggestion, SuggestionKind, cluster};
use crate::candidates::{Candidate, Candidates};

/// How much rarer a misspelling is than what is meant.
const MUCH_RARER: u64 = 20;

/// Most names that are compared for having one key in common, the most frequent: words that differ
/// by a letter are few.
const MOST_NEAR: usize = 100;

/// Clusters of tags of one kind whose names are variants of each other, the most frequent first.
///
/// Two names are variants if they are the same but for hyphens, spaces, apostrophes, accents, the
/// plural and British or American spelling; or if one word of six letters or more differs by one
/// letter as if by a slip: two letters swapped, one doubled, one that sounds alike. Where another
/// letter inside the word is left out, added or changed, one must be no word that WordNet has, and
/// twenty times rarer than the other: words that are about as frequent are two words ("father",
/// "feather"). A tag is in one cluster at most, and a cluster has two or more.
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
                for key in keys {
                    let heads = index.entry((kind, key)).or_default();
                    if heads.len() < MOST_NEAR {
                        heads.push(group);
                    }
                }
                heads.push(group);
            }
        }
    }
    let clusters = heads.into_iter().map(|head| std::mem::take(&mut groups[head].members));
    let clusters = clusters.filter(|members| members.len() > 1);
    clusters.map(|members| cluster(candidates, SuggestionKind::Variants, members, "spelled alike")).collect()
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
