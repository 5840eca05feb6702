//! Metrics of retrieval.

use super::{MetricError, rows};

/// Recall at each of `ks`: the share of the queries, 0 to 1, with a relevant candidate among the first k.
///
/// `scores` is a table of queries × `candidates`, row by row. `relevant` lists each query's relevant candidates:
/// the captions of an image, or the image of a caption. Of equal scores the higher index comes first.
///
/// ```
/// use tagger::evaluation::recall_at;
///
/// let scores = [0.9, 0.1, 0.4, 0.3, 0.2, 0.8];
/// assert_eq!(recall_at(&scores, 3, &[vec![2], vec![1, 2]], &[1, 2])?, [0.5, 1.0]);
/// # Ok::<(), tagger::evaluation::MetricError>(())
/// ```
///
/// # Errors
/// If the tables differ in size, a score is not a number, or a query has no or an unknown relevant candidate.
pub fn recall_at(
    scores: &[f32],
    candidates: usize,
    relevant: &[Vec<usize>],
    ks: &[usize],
) -> Result<Vec<f64>, MetricError> {
    let queries = rows(scores, candidates, "candidates")?;
    if queries == 0 {
        return Err(MetricError::Empty("queries"));
    }
    if relevant.len() != queries {
        let (found, expected) = (relevant.len(), queries);
        return Err(MetricError::Length { what: "the list of relevant candidates", found, expected });
    }
    let mut hits = vec![0_usize; ks.len()];
    for (query, (scores, relevant)) in scores.chunks(candidates).zip(relevant).enumerate() {
        let rank = best_rank(query, scores, relevant)?;
        for (hits, &k) in hits.iter_mut().zip(ks) {
            *hits += usize::from(rank < k);
        }
    }
    Ok(hits.into_iter().map(|hits| hits as f64 / queries as f64).collect())
}

/// How many candidates stand before the first relevant one.
fn best_rank(query: usize, scores: &[f32], relevant: &[usize]) -> Result<usize, MetricError> {
    let mut best = None;
    for &candidate in relevant {
        let candidates = scores.len();
        let &score =
            scores.get(candidate).ok_or(MetricError::NoSuchCandidate { query, candidate, candidates })?;
        if best.is_none_or(|best: (f32, usize)| (score, candidate) > best) {
            best = Some((score, candidate));
        }
    }
    let best = best.ok_or(MetricError::NothingRelevant(query))?;
    Ok(scores.iter().enumerate().filter(|&(candidate, &score)| (score, candidate) > best).count())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::recall_at;

    proptest! {
        #[test]
        fn ranks_are_those_of_a_sort(
            scores in prop::collection::vec(0_u8..4, 24),
            relevant in prop::collection::vec(prop::collection::vec(0_usize..6, 1..3), 4),
            k in 1_usize..7,
        ) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let hits = scores.chunks(6).zip(&relevant).filter(|(scores, relevant)| {
                let mut ranking: Vec<usize> = (0..6).collect();
                ranking.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
                // A stable ascending sort, reversed: what numpy gives.
                ranking.iter().rev().take(k).any(|candidate| relevant.contains(candidate))
            });
            let expected = hits.count() as f64 / 4.0;
            prop_assert_eq!(recall_at(&scores, 6, &relevant, &[k]).unwrap(), vec![expected]);
        }
    }

    #[test]
    fn impossible_questions_are_errors() {
        assert!(recall_at(&[0.1, 0.2], 2, &[vec![]], &[1]).is_err());
        assert!(recall_at(&[0.1, 0.2], 2, &[vec![2]], &[1]).is_err());
        assert!(recall_at(&[0.1, 0.2], 2, &[], &[1]).is_err());
        assert!(recall_at(&[], 2, &[], &[1]).is_err());
    }
}
