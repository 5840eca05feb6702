//! Clusters of tags that somebody found to be near in meaning.

use super::meaning::are_apart;
use super::{Suggestion, SuggestionKind, cluster};
use crate::candidates::{Candidate, Candidates};

/// Two candidates that are used alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearPair {
    /// Their places among the candidates.
    pub places: [usize; 2],
    /// How much alike; more is nearer.
    pub similarity: f32,
}

/// Clusters of tags that are near in meaning, the most frequent first: each joins the most similar
/// of the more frequent ones that joined none.
///
/// Passed over are pairs of different kinds, those of one tag with itself, and names that are used
/// alike but mean different things: one says more than the other ("bathroom mirror"), or WordNet tells
/// them apart ("red", "blue").
pub fn near_synonyms(candidates: &Candidates, pairs: &[NearPair]) -> Vec<Suggestion> {
    let all = candidates.all();
    let may_be_one = |a: usize, b: usize| match (all.get(a), all.get(b)) {
        (Some(Candidate { tag: a, .. }), Some(Candidate { tag: b, .. })) => {
            a.kind == b.kind && a != b && !are_apart(a, b)
        }
        _ => false,
    };
    let mut more_frequent: Vec<Vec<(usize, f32)>> = vec![Vec::new(); all.len()];
    for &NearPair { places: [a, b], similarity } in pairs {
        if may_be_one(a, b) {
            more_frequent[a.max(b)].push((a.min(b), similarity));
        }
    }
    let mut clusters: Vec<Vec<usize>> = (0..all.len()).map(|place| vec![place]).collect();
    for place in 0..all.len() {
        let heads = more_frequent[place].iter().filter(|(head, _)| !clusters[*head].is_empty());
        // Of equally similar ones the more frequent.
        let nearest = heads.max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)));
        if let Some(&(head, _)) = nearest {
            clusters[place].clear();
            clusters[head].push(place);
        }
    }
    let clusters = clusters.into_iter().filter(|members| members.len() > 1);
    let suggest = |members| cluster(candidates, SuggestionKind::Synonyms, members, "used alike");
    clusters.map(suggest).collect()
}
