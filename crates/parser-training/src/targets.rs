//! What the network should answer for the words of a batch, as tensors.

use candle_core::{Device, Result, Tensor};
use caption_parser::model::{distance_bucket, root_bucket};

use crate::treebank::{CHOICES, Choices, Example};

/// The answers to all questions, one a word, `[rows * length]`; zeros where there is none.
pub struct Answers {
    pub upos: Targets,
    /// Columns of the arc scores.
    pub heads: Targets,
    pub relations: Targets,
    /// Row of the gold head among root and all positions.
    pub head_rows: Tensor,
    /// Bucket of the distance to the gold head.
    pub head_distances: Tensor,
}

impl Answers {
    /// The annotation of sentences that are padded to `length` words each.
    pub fn new(examples: &[&Example], length: usize) -> Result<Self> {
        let count = examples.len() * length;
        let [mut upos, mut heads, mut relations] = [(); 3].map(|()| TargetLists::new(count));
        let (mut head_rows, mut head_distances) = (vec![0u32; count], vec![0u32; count]);
        for (row, example) in examples.iter().enumerate() {
            for (index, &head) in example.heads.iter().enumerate() {
                let at = row * length + index;
                let beliefs = example.beliefs.get(index);
                upos.set(at, example.upos[index] as u32, beliefs.map(|beliefs| beliefs.upos));
                heads.set(at, head, beliefs.map(|beliefs| beliefs.heads));
                relations.set(at, example.relations[index] as u32, beliefs.map(|beliefs| beliefs.relations));
                (head_rows[at], head_distances[at]) = match head {
                    0 => (0, root_bucket() as u32),
                    _ => ((row * length) as u32 + head, distance_bucket(index, head as usize - 1) as u32),
                };
            }
        }
        let device = &Device::Cpu;
        Ok(Self {
            upos: upos.into_tensors()?,
            heads: heads.into_tensors()?,
            relations: relations.into_tensors()?,
            head_rows: Tensor::new(head_rows, device)?,
            head_distances: Tensor::new(head_distances, device)?,
        })
    }
}

/// What every word of a batch should be: a gold answer, or a teacher's distribution.
pub struct Targets {
    /// The answer, `[rows * length]`.
    pub best: Tensor,
    /// Possible answers and their probabilities, `[rows * length, CHOICES]`.
    pub choices: Tensor,
    pub probabilities: Tensor,
}

/// Targets as lists that become tensors.
struct TargetLists {
    best: Vec<u32>,
    choices: Vec<u32>,
    probabilities: Vec<f32>,
}

impl TargetLists {
    fn new(count: usize) -> Self {
        Self {
            best: vec![0; count],
            choices: vec![0; count * CHOICES],
            probabilities: vec![0.0; count * CHOICES],
        }
    }

    fn set(&mut self, at: usize, best: u32, beliefs: Option<Choices>) {
        self.best[at] = best;
        let Some(choices) = beliefs else {
            self.choices[at * CHOICES] = best;
            self.probabilities[at * CHOICES] = 1.0;
            return;
        };
        let total: f32 = choices.iter().map(|&(_, weight)| f32::from(weight)).sum();
        for (index, &(choice, weight)) in choices.iter().enumerate() {
            self.choices[at * CHOICES + index] = u32::from(choice);
            self.probabilities[at * CHOICES + index] = f32::from(weight) / total.max(1.0);
        }
    }

    fn into_tensors(self) -> Result<Targets> {
        let shape = (self.best.len(), CHOICES);
        Ok(Targets {
            best: Tensor::new(self.best, &Device::Cpu)?,
            choices: Tensor::from_vec(self.choices, shape, &Device::Cpu)?,
            probabilities: Tensor::from_vec(self.probabilities, shape, &Device::Cpu)?,
        })
    }
}
