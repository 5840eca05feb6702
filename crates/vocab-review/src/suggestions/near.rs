//! Clusters of tags that somebody found to be near in meaning.

use super::{Suggestion, SuggestionKind, cluster};
use crate::candidates::Candidates;

/// Clusters of tags that are near in meaning, the most frequent first: each joins the most similar
/// of the more frequent ones that joined none.
///
/// `pairs` are places of two candidates with their similarity; pairs of different kinds and pairs of
/// one tag with itself are passed over.
pub fn near_synonyms(candidates: &Candidates, pairs: &[(usize, usize, f32)]) -> Vec<Suggestion> {
    let all = candidates.all();
    let kind = |place: usize| all.get(place).map(|candidate| candidate.tag.kind);
    let mut more_frequent: Vec<Vec<(usize, f32)>> = vec![Vec::new(); all.len()];
    for &(a, b, similarity) in pairs.iter().filter(|(a, b, _)| a != b && kind(*a) == kind(*b)) {
        if let Some(near) = more_frequent.get_mut(a.max(b)) {
            near.push((a.min(b), similarity));
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
