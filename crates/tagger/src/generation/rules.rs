//! What is done to the scores of next tokens before one is chosen.

use super::GenerationConfig;

/// Of lengths and repetitions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) end: u32,
    pub(super) min_length: usize,
    pub(super) repetition_penalty: f32,
}

impl Rules {
    pub(super) fn new(config: &GenerationConfig, end: u32) -> Self {
        let GenerationConfig { min_length, repetition_penalty, .. } = *config;
        Self { end, min_length, repetition_penalty }
    }

    /// Changes the scores of what follows `text`.
    pub(super) fn apply(&self, text: &[u32], scores: &mut [f32]) {
        if self.repetition_penalty != 1.0 {
            let mut seen = text.to_vec();
            seen.sort_unstable();
            seen.dedup();
            for token in seen {
                if let Some(score) = scores.get_mut(token as usize) {
                    let penalty = self.repetition_penalty;
                    *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
                }
            }
        }
        if text.len() < self.min_length
            && let Some(score) = scores.get_mut(self.end as usize)
        {
            *score = f32::NEG_INFINITY;
        }
    }
}

/// Logits → logarithms of probabilities.
pub(super) fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&logit| f64::from((logit - largest).exp())).sum();
    let log_sum = sum.ln() as f32;
    logits.iter().map(|&logit| logit - largest - log_sum).collect()
}

/// The places of the `count` highest scores, highest first; of equal ones the first.
pub(super) fn highest(scores: &[f32], count: usize) -> Vec<usize> {
    let order = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    let mut places: Vec<usize> = (0..scores.len()).collect();
    if count < places.len() {
        if count > 0 {
            places.select_nth_unstable_by(count - 1, order);
        }
        places.truncate(count);
    }
    places.sort_unstable_by(order);
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Rules, highest, log_softmax};

    #[test]
    fn repetition_is_punished_once_a_token_and_the_end_waits() {
        let rules = Rules { end: 3, min_length: 4, repetition_penalty: 2.0 };
        let mut scores = [4.0, -4.0, 1.0, 0.5];
        rules.apply(&[0, 1, 0], &mut scores);
        assert_eq!(scores, [2.0, -8.0, 1.0, f32::NEG_INFINITY]);
        let mut scores = [4.0, -4.0, 1.0, 0.5];
        rules.apply(&[2, 2, 2, 2], &mut scores);
        assert_eq!(scores, [4.0, -4.0, 0.5, 0.5]);
    }

    proptest! {
        #[test]
        fn highest_is_a_stable_sort(scores in prop::collection::vec(-3_i8..3, 0..40), count in 0_usize..45) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let mut sorted: Vec<usize> = (0..scores.len()).collect();
            sorted.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            sorted.truncate(count);
            prop_assert_eq!(highest(&scores, count), sorted);
        }

        #[test]
        fn probabilities_sum_to_one(logits in prop::collection::vec(-90_f32..90.0, 1..60)) {
            let sum: f64 = log_softmax(&logits).into_iter().map(|log| f64::from(log).exp()).sum();
            prop_assert!((sum - 1.0).abs() < 1e-4);
        }
    }
}
