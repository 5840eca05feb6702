//! `teach`: a teacher from treebanks and a pretrained encoder.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::arguments::{self, CAPTION_COPIES, Training};
use crate::output::Output;
use crate::teacher::Teacher;
use crate::training::{self, Schedule};
use crate::treebank::{self, Example, Treebank};

/// What adaptation to captions takes of the treebanks: one in so many sentences.
const ADAPTED_PART: usize = 2;
/// Epochs of the adaptation.
const ADAPTED_EPOCHS: usize = 2;
/// Share of the learning rate.
const ADAPTED_RATE: f64 = 0.2;

#[derive(Args)]
pub struct Teach {
    #[command(flatten)]
    training: Training,
    /// A teacher's file to begin with in place of the training on the treebanks: it is only
    /// adapted to the captions
    #[arg(long, requires = "captions")]
    from: Option<PathBuf>,
    /// Times that every sentence is seen; the adaptation to captions comes after them
    #[arg(long, default_value_t = 8, value_parser = arguments::count())]
    epochs: usize,
    /// Peak learning rate of the heads; the encoder's, and the adaptation's, is a part of it
    #[arg(long, default_value_t = 1e-3, value_parser = arguments::learning_rate)]
    learning_rate: f64,
    /// Words in a batch, padding included
    #[arg(long, default_value_t = 900, value_parser = arguments::count())]
    batch_words: usize,
}

impl Teach {
    pub fn run(&self) -> Result<()> {
        let Training { treebanks, encoder, captions, out, .. } = &self.training;
        let output = Output::at(out)?;
        let examples = treebank::training(treebanks)?;
        let dev = treebank::development(treebanks, captions.as_deref())?;
        let captions = captions.as_deref().map(treebank::captions).transpose()?;
        let teacher = match &self.from {
            Some(file) => Teacher::load(encoder, file)?,
            None => self.new_teacher(&examples, &dev)?,
        };
        if let Some(captions) = captions {
            self.adapt(&teacher, examples, captions, &dev)?;
        }
        output.write(&teacher.to_bytes()?)?;
        eprintln!("wrote {}", output.path().display());
        Ok(())
    }

    fn schedule(&self) -> Schedule {
        Schedule {
            epochs: self.epochs,
            batch_words: self.batch_words,
            learning_rate: self.learning_rate,
            caption_like: self.training.caption_like,
        }
    }

    fn new_teacher(&self, examples: &[Example], dev: &[Treebank]) -> Result<Teacher> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.training.seed);
        let teacher = Teacher::new(&self.training.encoder, &mut rng)?;
        let fitting: Vec<Example> =
            examples.iter().filter(|example| teacher.fits(example)).cloned().collect();
        training::train(&teacher, &fitting, dev, self.schedule(), &mut rng)?;
        Ok(teacher)
    }

    /// Trains on, more slowly, on captions and a part of the treebanks, so that neither is
    /// forgotten. The generator starts anew, so that beginning with a file gives the same weights.
    fn adapt(
        &self,
        teacher: &Teacher,
        mut treebanks: Vec<Example>,
        captions: Vec<Example>,
        dev: &[Treebank],
    ) -> Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.training.seed.wrapping_add(1));
        treebanks.retain(|example| teacher.fits(example));
        treebanks.shuffle(&mut rng);
        treebanks.truncate(treebanks.len() / ADAPTED_PART);
        for _ in 0..CAPTION_COPIES {
            treebanks.extend(captions.iter().filter(|example| teacher.fits(example)).cloned());
        }
        let schedule = Schedule {
            epochs: ADAPTED_EPOCHS,
            learning_rate: self.learning_rate * ADAPTED_RATE,
            ..self.schedule()
        };
        training::train(teacher, &treebanks, dev, schedule, &mut rng)
    }
}
