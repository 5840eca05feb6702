//! `agree`: how often a model says what its teacher would say.

use std::path::PathBuf;

use anyhow::Result;
use caption_parser::Scratch;
use clap::Args;
use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;

use super::arguments;
use super::label::distinct_captions;
use crate::annotation::annotate;
use crate::evaluation::{self, Scores};
use crate::teacher::Teacher;
use crate::treebank::Example;

#[derive(Args)]
pub struct Agree {
    /// The teacher's file, from `teach`
    #[arg(long)]
    teacher: PathBuf,
    /// Folder of the encoder that the teacher began as: its word embeddings are not in the teacher's
    /// file
    #[arg(long)]
    encoder: PathBuf,
    /// Model file; without it the embedded model
    #[arg(long)]
    model: Option<PathBuf>,
    /// Captions that are drawn
    #[arg(long, default_value_t = 5000, value_parser = arguments::count())]
    count: usize,
    /// Seed of the draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print a table of relations too
    #[arg(long)]
    relations: bool,
    /// Corpora of captions that neither was trained on
    #[arg(required = true)]
    captions: Vec<PathBuf>,
}

impl Agree {
    pub fn run(&self) -> Result<()> {
        let teacher = Teacher::load(&self.encoder, &self.teacher)?;
        let captions: Vec<String> = distinct_captions(&self.captions)?.into_iter().collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut drawn = index::sample(&mut rng, captions.len(), self.count.min(captions.len())).into_vec();
        drawn.sort_unstable();
        let loaded = evaluation::load(self.model.as_deref())?;
        let mut scratch = Scratch::default();
        let mut ours: Vec<Example> = Vec::new();
        for &caption in &drawn {
            let document = loaded.get().parse(&mut scratch, &captions[caption]);
            ours.extend(document.sentences().map(|sentence| Example::of(&sentence)));
        }
        ours.retain(|example| teacher.fits(example));
        let mut theirs: Vec<Example> = ours.iter().map(Example::unannotated).collect();
        annotate(&teacher, &mut theirs)?;
        let mut scores = Scores::default();
        theirs.iter().zip(&ours).for_each(|(theirs, ours)| scores.add(theirs, ours));
        println!("{}\n{}", evaluation::HEADER, scores.row(&format!("{} captions", drawn.len())));
        if self.relations {
            println!("\n{}", scores.by_relation());
        }
        Ok(())
    }
}
