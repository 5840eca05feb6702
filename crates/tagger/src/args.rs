//! The command line as it is typed. What the arguments mean is for the commands to say.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tagger::checkpoint::import::KindBlock;

use crate::commands::DeviceChoice;

const EXAMPLES: &str = "\
Examples:
  tagger import tag2text_swin_14m.pth --tags tag_list.txt --tokenizer vocab.txt --out model.safetensors
  tagger predict photo.jpg holidays/ --model model.safetensors
  tagger predict photo.jpg --tags 'dog | beach' --json --model model.safetensors
  tagger caption photos/ --model model.safetensors > captions.tsv
  tagger retrieve 'a dog on a beach' --images photos/ --model model.safetensors

Exit status: 0 done; 1 done, but something was skipped or is missing; 2 could not run.";

/// Tags images, captions them guided by the tags, and finds images for texts.
#[derive(Debug, Parser)]
#[command(name = "tagger", bin_name = "tagger", version, after_help = EXAMPLES)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Predict(PredictArgs),
    Caption(CaptionArgs),
    Retrieve(RetrieveArgs),
    Import(Box<ImportArgs>),
}

const PREDICT_EXAMPLES: &str = "\
Examples:
  tagger predict photo.jpg --model model.safetensors
  tagger predict photo.jpg --tags 'dog | beach' --model model.safetensors
  tagger predict photos/ --no-caption --threshold 0.5 --json --model model.safetensors > tags.jsonl

With --json each image is a line:
  {\"image\":\"photo.jpg\",\"tags\":[{\"name\":\"dog\",\"kind\":\"object\",\"score\":0.93}],\"caption\":\"a dog on a beach\",\"caption_tags\":\"dog\"}

Exit status: 0 done; 1 done, but images were skipped; 2 could not run.";

/// Tell each image's tags with their scores, and a caption that they guide
#[derive(Debug, Args)]
#[command(after_help = PREDICT_EXAMPLES)]
pub struct PredictArgs {
    #[command(flatten)]
    pub images: ImageArgs,

    /// Guide the captions by these tags, not by the predicted ones; parted by | or commas
    #[arg(long, value_name = "TAGS", conflicts_with = "no_caption")]
    pub tags: Option<String>,

    /// A tag's score must be above this [default: the model's own for each tag; as published 0.68]
    #[arg(long, value_name = "SCORE", value_parser = share)]
    pub threshold: Option<f32>,

    /// Tags only, which is faster
    #[arg(long)]
    pub no_caption: bool,

    /// Write a JSON object a line
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub generation: GenerationArgs,

    #[command(flatten)]
    pub model: ModelArgs,
}

const CAPTION_EXAMPLES: &str = "\
Examples:
  tagger caption photo.jpg --model model.safetensors
  tagger caption photos/ --sample --seed 7 --model model.safetensors > captions.tsv

A line for each image: its path, a tab, its caption. With --json:
  {\"image\":\"photo.jpg\",\"caption\":\"a dog on a beach\",\"caption_tags\":\"dog | beach\"}

Exit status: 0 done; 1 done, but images were skipped; 2 could not run.";

/// Caption images, a line each
#[derive(Debug, Args)]
#[command(after_help = CAPTION_EXAMPLES)]
pub struct CaptionArgs {
    #[command(flatten)]
    pub images: ImageArgs,

    /// Guide the captions by these tags, not by the predicted ones; parted by | or commas
    #[arg(long, value_name = "TAGS")]
    pub tags: Option<String>,

    /// A predicted tag guides the caption if its score is above this [default: the model's own]
    #[arg(long, value_name = "SCORE", value_parser = share, conflicts_with = "tags")]
    pub threshold: Option<f32>,

    /// Write a JSON object a line
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub generation: GenerationArgs,

    #[command(flatten)]
    pub model: ModelArgs,
}

const RETRIEVE_EXAMPLES: &str = "\
Examples:
  tagger retrieve 'a dog on a beach' --images photos/ --model model.safetensors
  tagger retrieve --image photo.jpg --texts captions.txt --top 3 --json --model model.safetensors

For each text the images that fit best, or for an image the texts, each after its score: the
likeliest by similarity are ranked again by how well the model finds that they match. The model must
have been trained to align images and texts. With --json:
  {\"text\":\"a dog on a beach\",\"image\":\"photo.jpg\",\"rank\":1,\"score\":2.31,\"similarity\":0.52}

Exit status: 0 done; 1 done, but images were skipped; 2 could not run.";

/// Find images for a text, or texts for an image
#[derive(Debug, Args)]
#[command(after_help = RETRIEVE_EXAMPLES)]
pub struct RetrieveArgs {
    /// Texts
    #[arg(value_name = "TEXT", required_unless_present = "texts")]
    pub queries: Vec<String>,

    /// More texts, one a line; - is the standard input
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,

    /// Rank these images or folders for each text
    #[arg(long, value_name = "IMAGE", num_args = 1.., required_unless_present = "image", conflicts_with = "image")]
    pub images: Option<Vec<PathBuf>>,

    /// Rank the texts for this image
    #[arg(long, value_name = "FILE")]
    pub image: Option<PathBuf>,

    /// How many are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = at_least_one)]
    pub top: usize,

    /// How many of the most similar are ranked again; at least those that are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 64)]
    pub rerank: usize,

    /// Write a JSON object a line
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub model: ModelArgs,
}

#[derive(Debug, Args)]
pub struct ImageArgs {
    /// JPEG, PNG or WebP files, or folders that are searched for them, with all that is in them
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct GenerationArgs {
    /// How many beginnings of a caption are followed; 1 takes the likeliest word each time
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub beams: u16,

    /// Draw the words by chance, in place of the likeliest caption
    #[arg(long, conflicts_with = "beams")]
    pub sample: bool,

    /// What chance is drawn from; the same seed gives the same captions
    #[arg(long, value_name = "NUMBER", default_value_t = 42, requires = "sample")]
    pub seed: u64,

    /// Least length of a caption in tokens, "a picture of" and the end counted
    #[arg(long, value_name = "TOKENS", default_value_t = 10)]
    pub min_length: usize,

    /// Most tokens of a caption, counted likewise
    #[arg(long, value_name = "TOKENS", default_value_t = 30)]
    pub max_length: usize,
}

/// The model, and what it runs on.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// A checkpoint, as `tagger import` writes it
    #[arg(short, long, value_name = "FILE")]
    pub model: PathBuf,

    /// What to compute on: cpu, cuda, cuda:NUMBER, or auto, which is a GPU where there is one
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,

    /// Images that are computed together
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub batch_size: u16,
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  tagger import tag2text_swin_14m.pth --tags tag_list.txt --tokenizer vocab.txt --out model.safetensors
  tagger import other.pth --tags tags.txt --kinds object:3012,action:240,attribute:177 --tokenizer vocab.txt --out other.safetensors
  tagger import swin_base_patch4_window7_224_22k.pth --vocabulary vocabulary.json --tokenizer tokenizer.json --image-size 384 --out start.safetensors

A file of Tag2Text's weights, or one of an image encoder alone (Swin, ViT, DeiT): then all else is
drawn from the seed, as a start for training. Pickles are read, never executed.

Exit status: 0 done; 1 done, but tensors are missing or were not known; 2 could not run.";

/// Make a checkpoint of published weights: torch's .pth files, or safetensors
#[derive(Debug, Args)]
#[command(after_help = IMPORT_EXAMPLES)]
pub struct ImportArgs {
    /// The weights
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The checkpoint to write
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,

    /// The model's tags, a name a line in the order of its outputs; the published list's kinds,
    /// thresholds and muted tags are known
    #[arg(long, value_name = "FILE", required_unless_present = "vocabulary", conflicts_with = "vocabulary")]
    pub tags: Option<PathBuf>,

    /// How many tags of each kind the list has, in its order: object, scene, action, attribute
    #[arg(long, value_name = "KIND:NUMBER", value_delimiter = ',', requires = "tags")]
    pub kinds: Option<Vec<KindBlock>>,

    /// The model's tags, as a vocabulary.json
    #[arg(long, value_name = "FILE")]
    pub vocabulary: Option<PathBuf>,

    /// The model's tokenizer: BERT's vocab.txt or a tokenizer.json
    #[arg(long, value_name = "FILE")]
    pub tokenizer: PathBuf,

    /// The model's sizes as JSON, where they cannot be told from the weights
    #[arg(long, value_name = "FILE", conflicts_with = "image_size")]
    pub config: Option<PathBuf>,

    /// Pixels a side of the images it will take; weights are carried over [default: the file's]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub image_size: Option<u32>,

    /// The statistics by which images are normalised; the published model infers with ImageNet's
    #[arg(long, value_enum, default_value_t = Statistics::Imagenet)]
    pub normalization: Statistics,

    /// How high a tag's score must be, unless a later --threshold says else [default: 0.68, for the
    /// published list as published]
    #[arg(long, value_name = "SCORE", value_parser = share)]
    pub threshold: Option<f32>,

    /// Draw parameters that are missing in the weights of a whole model from the seed
    #[arg(long)]
    pub allow_missing: bool,

    /// What missing parameters are drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 42)]
    pub seed: u64,

    /// Replace a checkpoint that is there
    #[arg(long)]
    pub force: bool,

    /// Name every tensor in the report
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Statistics {
    Imagenet,
    Clip,
}

fn share(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&number| number > 0).ok_or_else(|| "expected a number from 1".to_owned())
}
