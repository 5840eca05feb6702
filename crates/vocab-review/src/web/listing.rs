//! The candidates and their example captions, as the page reads them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use tag_vocabulary::TagKind;

use super::Shared;
use crate::candidates::{Candidate, Candidates};
use crate::suggestions::{Suggestion, SuggestionKind};

/// Columns, which are half as long as rows that name their fields.
#[derive(Serialize)]
struct Listing<'c> {
    names: Vec<&'c str>,
    kinds: String,
    mentions: Vec<u64>,
    captions: Vec<u64>,
    images: Vec<u64>,
    suggestions: Vec<PlainSuggestion<'c>>,
    log: String,
}

#[derive(Serialize)]
struct PlainSuggestion<'c> {
    kind: &'static str,
    tags: Vec<usize>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    better: Option<TagKind>,
}

pub(super) fn json(
    candidates: &Candidates,
    suggestions: &[Suggestion],
    log: &Path,
) -> Result<Vec<u8>, serde_json::Error> {
    let all = candidates.all();
    let count = |count: fn(&Candidate) -> u64| all.iter().map(count).collect();
    let letter = |candidate: &Candidate| match candidate.tag.kind {
        TagKind::Object => 'o',
        TagKind::Scene => 's',
        TagKind::Action => 'a',
        TagKind::Attribute => 't',
    };
    serde_json::to_vec(&Listing {
        names: all.iter().map(|candidate| candidate.tag.name.as_str()).collect(),
        kinds: all.iter().map(letter).collect(),
        mentions: count(|candidate| candidate.mentions),
        captions: count(|candidate| candidate.captions),
        images: count(|candidate| candidate.images),
        suggestions: suggestions.iter().filter_map(|suggestion| plain(candidates, suggestion)).collect(),
        log: log.display().to_string(),
    })
}

/// What tells a value from others, as long as the program is the same.
pub(super) fn mark(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A suggestion about candidates; none if too few of its tags are.
fn plain<'s>(candidates: &Candidates, suggestion: &'s Suggestion) -> Option<PlainSuggestion<'s>> {
    let Suggestion { kind, tags, reason } = suggestion;
    let tags: Vec<usize> = tags.iter().filter_map(|tag| Some(candidates.get(tag)?.0)).collect();
    let better = match kind {
        SuggestionKind::Kind { better } => *better,
        _ => None,
    };
    let least = if kind.is_cluster() { 2 } else { 1 };
    (tags.len() >= least).then(|| PlainSuggestion { kind: kind.as_str(), tags, reason, better })
}

/// The examples of one tag.
#[derive(Serialize)]
pub(super) struct Examples<'c> {
    at: usize,
    examples: Vec<Vec<&'c str>>,
}

/// The examples of the tags at these places, owned by no request.
pub(super) fn examples(shared: &Shared, places: &[usize]) -> serde_json::Value {
    let found = places.iter().filter_map(|&at| {
        let candidate = shared.candidates.all().get(at)?;
        let pieces = |caption| pieces(caption, (shared.highlight)(caption, &candidate.tag));
        Some(Examples { at, examples: candidate.examples.iter().map(|caption| pieces(caption)).collect() })
    });
    serde_json::json!(found.collect::<Vec<_>>())
}

/// A caption in pieces, by turns plain and marked.
fn pieces(caption: &str, mut marks: Vec<Range<usize>>) -> Vec<&str> {
    marks.sort_unstable_by_key(|mark| (mark.start, mark.end));
    let mut pieces = Vec::with_capacity(2 * marks.len() + 1);
    let mut end = 0;
    for mark in marks {
        if mark.start < end || mark.is_empty() {
            continue;
        }
        let (Some(plain), Some(marked)) = (caption.get(end..mark.start), caption.get(mark.clone())) else {
            continue;
        };
        pieces.extend([plain, marked]);
        end = mark.end;
    }
    pieces.push(&caption[end..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_are_none_are_passed_over() {
        let caption = "crème brûlée";
        assert_eq!(pieces(caption, vec![]), [caption]);
        assert_eq!(pieces(caption, vec![7..15, 0..6]), ["", "crème", " ", "brûlée", ""]);
        // Overlaps, halves of a letter, and what lies outside.
        assert_eq!(pieces(caption, vec![0..6, 4..9, 3..3, 10..11, 12..99]), ["", "crème", " brûlée"]);
    }
}
