//! The parser's network as it learns: with words and activations dropped.

use anyhow::Result;
use candle_core::Var;
use caption_parser::model::FeatureSpace;
use rand_chacha::ChaCha8Rng;

use crate::batch::Batch;
use crate::network::{Dropout, Network, Scores};
use crate::training::Learner;
use crate::treebank::Example;

pub struct Student<'n> {
    pub network: &'n Network,
    pub space: &'n FeatureSpace,
    /// Share of words that lose their own row of the form table.
    pub word_dropout: f64,
    pub dropout: Dropout,
}

impl Learner for Student<'_> {
    fn scores(&self, examples: &[&Example], training: bool, rng: &mut ChaCha8Rng) -> Result<(Batch, Scores)> {
        let (words, dropout) =
            if training { (self.word_dropout, self.dropout) } else { (0.0, Dropout::default()) };
        let batch = Batch::new(examples, self.space, words, rng)?;
        let scores = self.network.forward(&batch, dropout, rng)?;
        Ok((batch, scores))
    }

    fn variables(&self) -> Vec<(Var, f32)> {
        self.network.parameters.named().map(|(_, variable)| (variable.clone(), 1.0)).collect()
    }
}
