//! `graphs`: the network that reads scene graphs as FACTUAL writes them, from gold graphs.

use std::path::PathBuf;

use anyhow::{Context, Result};
use caption_parser::Parser;
use caption_parser::pairs::PairNetwork;
use clap::Args;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::arguments;
use crate::graphs::labels::VocabularyFiles;
use crate::graphs::network::{GraphNetwork, Sizes};
use crate::graphs::training::{self, Schedule};
use crate::graphs::{examples, export, gold};
use crate::output::Output;

#[derive(Args)]
pub struct Graphs {
    /// Gold graphs to learn from: CSV with the columns caption and scene_graph
    gold: PathBuf,
    /// Parser whose vectors are read; without it the embedded one
    #[arg(long)]
    model: Option<PathBuf>,
    /// The file to write
    #[arg(long, short)]
    out: PathBuf,
    /// Context layers over the parser's, up to 16
    #[arg(long, default_value_t = 2, value_parser = arguments::layers())]
    layers: usize,
    /// Width of the head that tells which words belong to a thing, a multiple of 16 up
    /// to 512
    #[arg(long, default_value_t = 64, value_parser = arguments::width)]
    link: usize,
    /// Width of the head that tells how things are related, a multiple of 16 up to 512
    #[arg(long, default_value_t = 128, value_parser = arguments::width)]
    relation: usize,
    /// Times that every caption is seen
    #[arg(long, default_value_t = 14, value_parser = arguments::count())]
    epochs: usize,
    /// Captions in a batch
    #[arg(long, default_value_t = 96, value_parser = arguments::count())]
    batch: usize,
    /// Peak learning rate
    #[arg(long, default_value_t = 2e-3, value_parser = arguments::learning_rate)]
    learning_rate: f64,
    /// Share of activations dropped in training
    #[arg(long, default_value_t = 0.2, value_parser = arguments::dropout)]
    dropout: f32,
    /// Share of words that lose their own row in training
    #[arg(long, default_value_t = 0.1, value_parser = arguments::probability)]
    word_dropout: f64,
    /// Seed of initial weights, order and dropout
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Graphs {
    pub fn run(&self) -> Result<()> {
        let output = Output::at(&self.out)?;
        let loaded = self.model.as_deref().map(Parser::load).transpose()?;
        let parser = match &loaded {
            Some(parser) => parser,
            None => Parser::embedded()?,
        };
        let golds = gold::read(&self.gold)?;
        let examples = examples::prepare(parser, &golds);
        let (facts, lost, left_out) = (examples.facts, examples.lost, examples.left_out);
        eprintln!(
            "{facts} facts of {} captions; no words for {lost}; left out {left_out} captions",
            golds.len()
        );
        let files = VocabularyFiles::learn(&examples)?;
        let vocabulary = files.vocabulary()?;
        eprintln!("{} forms, {} labels", files.rows - 1, vocabulary.labels().len());
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let sizes =
            Sizes { width: parser.width(), layers: self.layers, link: self.link, relation: self.relation };
        let network = GraphNetwork::new(sizes, files.rows, &vocabulary, &mut rng)?;
        let few = &examples.examples[..examples.examples.len().min(100)];
        PairNetwork::from_bytes(&export::file(&network, parser, &files, few)?, parser)
            .context("the network would be refused; nothing was trained")?;
        training::train(&network, &vocabulary, &examples.examples, self.schedule(), &mut rng)?;
        let file = export::file(&network, parser, &files, &examples.examples)?;
        output.write(&file)?;
        eprintln!("wrote {} ({:.1} MB)", output.path().display(), file.len() as f64 / 1e6);
        Ok(())
    }

    fn schedule(&self) -> Schedule {
        Schedule {
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            dropout: self.dropout,
            word_dropout: self.word_dropout,
        }
    }
}
