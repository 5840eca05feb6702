//! `train`: the parser's model from treebanks and annotated captions.

use std::path::PathBuf;

use anyhow::{Result, bail};
use caption_parser::ModelError;
use caption_parser::model::{FeatureSpace, NetworkSizes};
use clap::Args;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::arguments::{self, CAPTION_COPIES, Training};
use crate::export::{self, Lexicons};
use crate::network::{Dropout, Network};
use crate::output::Output;
use crate::pretrained::Pretrained;
use crate::student::Student;
use crate::training::{self, Schedule};
use crate::treebank::{self, Example};
use crate::{lemmas, pieces, silver, vocabulary};

#[derive(Args)]
pub struct Train {
    #[command(flatten)]
    training: Training,
    /// Captions that a teacher has annotated, from `label`
    #[arg(long)]
    silver: Option<PathBuf>,
    /// Folder of WordNet 3.0's files (Debian: wordnet-base)
    #[arg(long, default_value = "/usr/share/wordnet")]
    wordnet: PathBuf,
    /// Width of the network, a multiple of 16 up to 128
    #[arg(long, default_value_t = 96)]
    width: usize,
    /// Context layers, 1 to 64
    #[arg(long, default_value_t = 6)]
    layers: usize,
    /// Width of the arc and relation heads, a multiple of 16 up to 128
    #[arg(long, default_value_t = 64)]
    head: usize,
    /// Width of the word pieces' vectors, a multiple of 16 up to 512 and to the encoder's width
    #[arg(long, default_value_t = 128)]
    pieces: usize,
    /// Share of activations dropped in training
    #[arg(long, default_value_t = 0.1, value_parser = arguments::dropout)]
    dropout: f32,
    /// Share of words that lose their own vector in training and keep pieces, affixes, shape
    #[arg(long, default_value_t = 0.1, value_parser = arguments::probability)]
    word_dropout: f64,
    /// Times that every sentence is seen
    #[arg(long, default_value_t = 12, value_parser = arguments::count())]
    epochs: usize,
    /// Peak learning rate
    #[arg(long, default_value_t = 2e-3, value_parser = arguments::learning_rate)]
    learning_rate: f64,
    /// Words in a batch, padding included
    #[arg(long, default_value_t = 1600, value_parser = arguments::count())]
    batch_words: usize,
}

impl Train {
    pub fn run(&self) -> Result<()> {
        let sizes = self.sizes()?;
        let output = Output::at(&self.training.out)?;
        let mut rng = ChaCha8Rng::seed_from_u64(self.training.seed);
        let Training { treebanks, encoder, captions, .. } = &self.training;
        let examples = self.examples()?;
        let dev = treebank::development(treebanks, captions.as_deref())?;
        let lemmas = lemmas::learn(&treebank::load(treebanks, treebank::LEMMAS)?, &self.wordnet)?;
        let encoder = Pretrained::open(encoder)?;
        let vectors = pieces::vectors(&encoder, sizes.pieces, &mut rng)?;
        let (forms, rows) = vocabulary::forms(&examples, 2)?;
        let lexicons = Lexicons { pieces: vocabulary::pieces(&encoder.vocabulary)?, forms, lemmas };
        let space = FeatureSpace::new(lexicons.pieces.clone(), lexicons.forms.clone())?;
        let network = Network::new(sizes, rows, vectors, &mut rng)?;
        export::check(&network, &space, &lexicons, &examples)?;
        let dropout = Dropout { word: self.dropout, layer: self.dropout, head: self.dropout };
        let student = Student { network: &network, space: &space, word_dropout: self.word_dropout, dropout };
        training::train(&student, &examples, &dev, self.schedule(), &mut rng)?;
        let file = export::model_file(&network, &space, &lexicons, &examples, &mut rng)?;
        output.write(&file)?;
        eprintln!("wrote {} ({:.1} MB)", output.path().display(), file.len() as f64 / 1e6);
        Ok(())
    }

    /// The sizes asked for. The parser's own word on sizes that it cannot run is one on a file.
    fn sizes(&self) -> Result<NetworkSizes> {
        let Self { width, head, layers, pieces, .. } = *self;
        let sizes = NetworkSizes { width, head, layers, pieces };
        match sizes.check() {
            Ok(()) => Ok(sizes),
            Err(ModelError::Damaged { part, problem }) => bail!("--{part} {problem}"),
            Err(error) => Err(error.into()),
        }
    }

    fn schedule(&self) -> Schedule {
        Schedule {
            epochs: self.epochs,
            batch_words: self.batch_words,
            learning_rate: self.learning_rate,
            caption_like: self.training.caption_like,
        }
    }

    /// All that the network learns from.
    fn examples(&self) -> Result<Vec<Example>> {
        let mut examples = treebank::training(&self.training.treebanks)?;
        if let Some(folder) = &self.training.captions {
            let captions = treebank::captions(folder)?;
            (0..CAPTION_COPIES).for_each(|_| examples.extend(captions.iter().cloned()));
        }
        if let Some(silver) = &self.silver {
            examples.extend(silver::read(silver)?);
        }
        Ok(examples)
    }
}
