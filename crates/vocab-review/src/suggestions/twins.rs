//! Things and places of one name.

use tag_vocabulary::{Tag, TagKind};

use super::{Suggestion, SuggestionKind};
use crate::candidates::{Candidate, Candidates};

/// How much more frequent a tag's twin of another kind must be to make one doubt.
const MUCH_MORE: u64 = 3;

/// Objects and scenes whose twin of the other kind has three times as many images or more: the rarer
/// may only be the miner's mistake.
pub fn rare_twins(candidates: &Candidates) -> Vec<Suggestion> {
    let doubt = |candidate: &Candidate| {
        let better = match candidate.tag.kind {
            TagKind::Object => TagKind::Scene,
            TagKind::Scene => TagKind::Object,
            TagKind::Action | TagKind::Attribute => return None,
        };
        let twin = Tag { name: candidate.tag.name.clone(), kind: better };
        let (_, twin) = candidates.get(&twin)?;
        (twin.images >= candidate.images.saturating_mul(MUCH_MORE)).then(|| Suggestion {
            kind: SuggestionKind::Kind { better: Some(better) },
            tags: vec![candidate.tag.clone()],
            reason: format!("{} has {} images, this one {}", twin.tag, twin.images, candidate.images),
        })
    };
    candidates.all().iter().filter_map(doubt).collect()
}
