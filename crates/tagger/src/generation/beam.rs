//! Beam search as the reference's library does it (transformers 4.25), rank by rank.

use super::rules::{Rules, highest, log_softmax};
use super::search::{Generated, RowSearch, Step};

/// The score of beams that do not exist yet: all start as one.
const NOT_YET: f32 = -1e9;

/// The search for one image's caption.
#[derive(Debug)]
pub(super) struct BeamSearch {
    beams: Vec<Beam>,
    ended: Ended,
    rules: Rules,
    max_length: usize,
}

#[derive(Clone, Debug)]
struct Beam {
    ids: Vec<u32>,
    /// The sum of its tokens' logarithms of probability.
    score: f32,
}

impl BeamSearch {
    pub(super) fn new(prompt: &[u32], beams: usize, rules: Rules, max_length: usize) -> Self {
        let beam = |rank| Beam { ids: prompt.to_vec(), score: if rank == 0 { 0.0 } else { NOT_YET } };
        Self { beams: (0..beams).map(beam).collect(), ended: Ended::new(beams), rules, max_length }
    }

    /// The scores of each token after each beam, beam by beam.
    fn scores(&self, logits: &[&[f32]]) -> Vec<f32> {
        let after = |(beam, logits): (&Beam, &&[f32])| {
            let mut scores = log_softmax(logits);
            self.rules.apply(&beam.ids, &mut scores);
            scores.iter_mut().for_each(|score| *score += beam.score);
            scores
        };
        self.beams.iter().zip(logits).flat_map(after).collect()
    }
}

impl RowSearch for BeamSearch {
    fn rows(&self) -> usize {
        self.beams.len()
    }

    fn advance(&mut self, logits: &[&[f32]]) -> Vec<Step> {
        let (wanted, vocabulary) = (self.beams.len(), logits[0].len());
        let scores = self.scores(logits);
        let candidates = highest(&scores, 2 * wanted);
        let (mut beams, mut steps) = (Vec::with_capacity(wanted), Vec::with_capacity(wanted));
        for (rank, &place) in candidates.iter().enumerate() {
            let (parent, token) = (place / vocabulary, (place % vocabulary) as u32);
            let (ids, score) = (&self.beams[parent].ids, scores[place]);
            if token == self.rules.end {
                // One of a lower rank is lost, though it may be better than what ends later.
                if rank < wanted {
                    self.ended.add(ids, score);
                }
                continue;
            }
            beams.push(Beam { ids: [ids.as_slice(), &[token]].concat(), score });
            steps.push(Step { parent, token });
            if beams.len() == wanted {
                break;
            }
        }
        let length = self.beams[0].ids.len();
        let best = candidates.first().map_or(f32::NEG_INFINITY, |&place| scores[place]);
        if beams.len() < wanted || self.ended.cannot_be_beaten(best, length) {
            self.beams.clear();
            return Vec::new();
        }
        self.beams = beams;
        steps
    }

    fn finish(mut self: Box<Self>) -> Generated {
        for beam in std::mem::take(&mut self.beams) {
            self.ended.add(&beam.ids, beam.score);
        }
        let Hypothesis { mut ids, score } = self.ended.best();
        if ids.len() < self.max_length {
            ids.push(self.rules.end);
        }
        Generated { ids, score: Some(score as f32) }
    }
}

/// The best texts that have ended, without their ends.
#[derive(Debug)]
struct Ended {
    wanted: usize,
    texts: Vec<Hypothesis>,
}

#[derive(Clone, Debug, Default)]
struct Hypothesis {
    ids: Vec<u32>,
    /// The mean over its tokens, the prompt's counted.
    score: f64,
}

impl Ended {
    fn new(wanted: usize) -> Self {
        Self { wanted, texts: Vec::with_capacity(wanted + 1) }
    }

    fn worst(&self) -> Option<(usize, f64)> {
        let scores = self.texts.iter().map(|text| text.score).enumerate();
        scores.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn add(&mut self, ids: &[u32], sum: f32) {
        let score = f64::from(sum) / ids.len() as f64;
        if self.texts.len() == self.wanted {
            match self.worst() {
                Some((place, worst)) if score > worst => self.texts.remove(place),
                _ => return,
            };
        }
        self.texts.push(Hypothesis { ids: ids.to_vec(), score });
    }

    /// Whether there are enough, none worse than the best beam would be if it ended now.
    fn cannot_be_beaten(&self, best: f32, length: usize) -> bool {
        let best = f64::from(best) / length as f64;
        self.texts.len() == self.wanted && self.worst().is_some_and(|(_, worst)| worst >= best)
    }

    /// Of equally good ones the last.
    fn best(self) -> Hypothesis {
        self.texts.into_iter().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u32 = 2;

    /// Runs the search where the next token's probabilities depend on the last token only.
    fn search(table: &[[f32; 3]], beams: usize, max_length: usize) -> Generated {
        let rules = Rules { end: END, min_length: 0, repetition_penalty: 1.0 };
        let mut search = BeamSearch::new(&[0], beams, rules, max_length);
        let mut last = vec![0_u32; beams];
        for _ in 1..max_length {
            let logits: Vec<&[f32]> = last.iter().map(|&token| &table[token as usize][..]).collect();
            let steps = search.advance(&logits);
            if steps.is_empty() {
                break;
            }
            last = steps.iter().map(|step| step.token).collect();
        }
        Box::new(search).finish()
    }

    #[test]
    fn a_better_whole_beats_a_better_start() {
        // 1 is the less likely start, but ends for sure; 0 is never sure.
        let table = [[0.40, 0.35, 0.25], [0.01, 0.01, 0.98], [0.0, 0.0, 1.0]];
        let logits = table.map(|row: [f32; 3]| row.map(f32::ln));
        let found = search(&logits, 3, 6);
        assert_eq!(found.ids, [0, 1, END]);
        let score = (0.35_f32.ln() + 0.98_f32.ln()) / 2.0;
        assert!((found.score.unwrap() - score).abs() < 1e-6);
    }

    /// The reference's rule, though the end at the start would have the better score.
    #[test]
    fn an_end_that_ranks_below_the_beams_is_lost() {
        let table = [[0.1, 0.5, 0.4], [0.33, 0.34, 0.33], [0.0, 0.0, 1.0]];
        let found = search(&table.map(|row: [f32; 3]| row.map(f32::ln)), 1, 12);
        assert_eq!(found.ids, [[0].as_slice(), &[1; 11]].concat());
        assert!(found.score.unwrap() < 0.4_f32.ln());
    }

    #[test]
    fn what_never_ends_is_cut_off() {
        let table = [[0.6, 0.4, 0.0], [0.7, 0.3, 0.0], [0.5, 0.5, 0.0]];
        let found = search(&table.map(|row: [f32; 3]| row.map(f32::ln)), 2, 5);
        assert_eq!(found.ids, [0; 5]);
    }
}
