//! One text at a time: the most likely token, or one drawn from the nucleus.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::rules::{Rules, highest, log_softmax};
use super::search::{Generated, RowSearch, Step};

/// One image's caption.
#[derive(Debug)]
pub(super) struct SingleSearch {
    ids: Vec<u32>,
    rules: Rules,
    nucleus: Option<Nucleus>,
}

/// Which tokens one is drawn from, and where the draws come from.
#[derive(Debug)]
pub(super) struct Nucleus {
    top_p: f64,
    top_k: usize,
    generator: ChaCha8Rng,
}

impl SingleSearch {
    pub(super) fn greedy(prompt: &[u32], rules: Rules) -> Self {
        Self { ids: prompt.to_vec(), rules, nucleus: None }
    }

    pub(super) fn sampled(prompt: &[u32], rules: Rules, nucleus: Nucleus) -> Self {
        Self { nucleus: Some(nucleus), ..Self::greedy(prompt, rules) }
    }
}

impl RowSearch for SingleSearch {
    fn rows(&self) -> usize {
        1
    }

    fn advance(&mut self, logits: &[&[f32]]) -> Vec<Step> {
        let mut scores = logits[0].to_vec();
        self.rules.apply(&self.ids, &mut scores);
        let chosen = match &mut self.nucleus {
            Some(nucleus) => nucleus.draw(&scores),
            None => highest(&scores, 1)[0],
        };
        let token = chosen as u32;
        self.ids.push(token);
        if token == self.rules.end { Vec::new() } else { vec![Step { parent: 0, token }] }
    }

    fn finish(self: Box<Self>) -> Generated {
        Generated { ids: self.ids, score: None }
    }
}

impl Nucleus {
    pub(super) fn new(top_p: f64, top_k: Option<usize>, seed: u64) -> Self {
        Self { top_p, top_k: top_k.unwrap_or(usize::MAX), generator: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn draw(&mut self, scores: &[f32]) -> usize {
        let kept = self.kept(scores);
        let total: f64 = kept.iter().map(|(_, probability)| probability).sum();
        let mut left = (self.generator.next_u64() >> 11) as f64 / 2f64.powi(53) * total;
        for &(token, probability) in &kept {
            left -= probability;
            if left < 0.0 {
                return token;
            }
        }
        // Rounding may leave a little at the end.
        kept.last().map_or(0, |&(token, _)| token)
    }

    /// The most likely tokens, the most likely first, with their probabilities among the first
    /// `top_k`: the fewest whose sum is more than `top_p`.
    fn kept(&self, scores: &[f32]) -> Vec<(usize, f64)> {
        let mut tokens = highest(scores, self.top_k);
        tokens.retain(|&token| scores[token] > f32::NEG_INFINITY);
        let logits: Vec<f32> = tokens.iter().map(|&token| scores[token]).collect();
        let probabilities = log_softmax(&logits).into_iter().map(|log| f64::from(log).exp());
        let mut sum = 0.0;
        let few = tokens.into_iter().zip(probabilities).take_while(|(_, probability)| {
            let wanted = sum <= self.top_p;
            sum += probability;
            wanted
        });
        few.collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Nucleus;

    proptest! {
        #[test]
        fn the_nucleus_is_the_smallest_that_reaches_p(
            logits in prop::collection::vec(-6_f32..6.0, 1..30),
            top_p in 0.05_f64..1.0,
            top_k in prop::option::of(1_usize..30),
        ) {
            let nucleus = Nucleus::new(top_p, top_k, 0);
            let kept = nucleus.kept(&logits);
            let sum: f64 = kept.iter().map(|(_, probability)| probability).sum();
            let last = kept.last().unwrap();
            prop_assert!(kept.len() <= top_k.unwrap_or(30));
            prop_assert!(sum - last.1 <= top_p, "one token too many");
            let considered = top_k.unwrap_or(30).min(logits.len());
            prop_assert!(sum > top_p || kept.len() == considered, "a token too few");
            prop_assert!(kept.windows(2).all(|pair| logits[pair[0].0] >= logits[pair[1].0]));
        }
    }

    #[test]
    fn draws_follow_the_probabilities() {
        // 0.5, 0.3, 0.2: the last lies outside of the nucleus.
        let logits = [0.3_f32, 0.5, 0.2].map(f32::ln);
        let mut nucleus = Nucleus::new(0.7, None, 11);
        let mut counts = [0_u32; 3];
        for _ in 0..4000 {
            counts[nucleus.draw(&logits)] += 1;
        }
        assert_eq!(counts[2], 0);
        // 2,500 expected, with a deviation of 31.
        assert!((2350..2650).contains(&counts[1]), "{counts:?}");
    }
}
