//! The command line as it is typed. What the arguments mean is for the jobs to say.

mod review;
mod triplets;

use std::path::PathBuf;
use std::thread::available_parallelism;

pub use review::{CurateArgs, ReviewArgs, ReviewSource};
pub use triplets::TripletsArgs;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  mine-tags corpora/demo.parquet
  mine-tags captions_train2017.json 'cc3m/*.tsv' --out runs/coco-cc3m
  mine-tags laion/ --caption-column TEXT --image-column URL --top 10000
  echo 'a man riding a brown horse' | mine-tags parse
  mine-tags triplets coco.json --vocabulary mined/candidates.csv --image-root train2017

Exit status: 0 done; 1 done, but something was skipped or could not be read; 2 could not run;
130 interrupted.";

/// Turns image captions into a ranked vocabulary of tags: objects, scenes, actions, attributes.
#[derive(Debug, Parser)]
#[command(name = "mine-tags", bin_name = "mine-tags", version, after_help = EXAMPLES, arg_required_else_help = true)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub mine: MineArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Parse(ParseArgs),
    Review(ReviewArgs),
    Curate(CurateArgs),
    Triplets(Box<TripletsArgs>),
}

/// The main job.
#[derive(Clone, Debug, Args)]
pub struct MineArgs {
    /// Files, folders or patterns: Parquet, JSON lines, JSON (COCO's too), CSV, TSV, WebDataset's tars, plain text
    #[arg(required = true, value_name = "CORPUS")]
    pub inputs: Vec<PathBuf>,

    /// Folder for the results; it must not exist yet
    #[arg(short, long, value_name = "FOLDER", default_value = "mined")]
    pub out: PathBuf,

    /// How many tags become candidates for the vocabulary
    #[arg(long, value_name = "NUMBER", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,

    /// Name of the caption column, where it cannot be told; plain text has none
    #[arg(long, value_name = "NAME")]
    pub caption_column: Option<String>,

    /// Name of the column that tells the image, where it cannot be told
    #[arg(long, value_name = "NAME")]
    pub image_column: Option<String>,

    /// Leave captions out of all results, where their text must not be passed on
    #[arg(long)]
    pub no_examples: bool,

    #[command(flatten)]
    pub tags: TagArgs,

    #[command(flatten)]
    pub work: WorkArgs,
}

/// How a job is done.
#[derive(Clone, Copy, Debug, Args)]
pub struct WorkArgs {
    /// Threads to work with [default: one for each core]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,

    /// Replace the results of an earlier run
    #[arg(long)]
    pub force: bool,

    /// No progress and no summary; errors are still shown
    #[arg(short, long)]
    pub quiet: bool,
}

impl WorkArgs {
    pub fn threads(self) -> usize {
        self.threads.map_or_else(|| available_parallelism().map_or(1, usize::from), usize::from)
    }
}

/// What counts as a tag.
#[derive(Clone, Copy, Debug, Args)]
pub struct TagArgs {
    /// Also give tags for nouns that name nothing one can see, such as "photo" and "side"
    #[arg(long)]
    pub keep_invisible: bool,

    /// Leave spellings apart: "grey" and "gray", "surf board" and "surfboard"
    #[arg(long)]
    pub keep_spellings: bool,
}

/// Parse captions one by one: a caption a line in, a result out
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// File with a caption a line, gzipped or not; - is the standard input
    #[arg(default_value = "-", value_name = "FILE")]
    pub file: PathBuf,

    /// What to write
    #[arg(long, value_enum, default_value_t = ParseFormat::Pretty)]
    pub format: ParseFormat,

    /// Read CoNLL-U and keep its sentences and tokens; a broken sentence is named and skipped
    #[arg(long)]
    pub pretokenized: bool,

    /// Also say why a caption has this tag: its words, and the rule that found it
    #[arg(long, value_name = "TAG")]
    pub explain: Option<String>,

    #[command(flatten)]
    pub tags: TagArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ParseFormat {
    /// Tags, scene graph and dependency trees, for reading
    Pretty,
    /// Entities, relations and tags, a JSON object a line
    Json,
    /// The scene graph as triples, a JSON object a line
    Triples,
    /// Sentences, tokens and dependency trees
    Conllu,
}
