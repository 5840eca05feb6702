//! `mine-tags review` and `mine-tags curate` as they are typed.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use vocab_review::exchange::Layout;

const REVIEW_EXAMPLES: &str = "\
Examples:
  mine-tags review mined
  mine-tags review mined --embeddings all-MiniLM-L6-v2
  mine-tags review mined --export csv --out tags.csv
  mine-tags review mined --import tags.csv --annotator anna
  mine-tags review mined --labeling-config > interface.xml
  mine-tags review mined --merge other-machine/decisions.jsonl

The page is served until Ctrl-C. Exit status: 0 done; 1 done, but a damaged line of the log was set
aside; 2 could not run.";

const CURATE_EXAMPLES: &str = "\
Examples:
  mine-tags curate vocab --size 3429
  mine-tags curate mined --decisions vocab/decisions.jsonl --out vocab

Exit status: 0 done; 1 done, but fewer tags were kept, or some decisions could not be followed;
2 could not run.";

/// Judge the candidates for a vocabulary, on a page in the browser
#[derive(Clone, Debug, Args)]
#[command(after_help = REVIEW_EXAMPLES)]
pub struct ReviewArgs {
    #[command(flatten)]
    pub source: ReviewSource,

    /// Write candidates and judgements for other tools: csv, jsonl or label-studio
    #[arg(long, value_name = "LAYOUT", group = "job")]
    pub export: Option<Layout>,

    /// Print the labelling interface for Label Studio, to be set up before tasks are imported there
    #[arg(long, group = "job")]
    pub labeling_config: bool,

    /// File for what is exported [default: the standard output]
    #[arg(long, value_name = "FILE", requires = "export")]
    pub out: Option<PathBuf>,

    /// Read judgements back: .csv, .jsonl, or .json from Label Studio
    #[arg(long, value_name = "FILE", group = "job", requires = "annotator")]
    pub import: Option<PathBuf>,

    /// Whose judgements are exported or imported [default for export: what holds]
    #[arg(long, value_name = "NAME", conflicts_with = "merge")]
    pub annotator: Option<String>,

    /// Add the decisions of another log to this one
    #[arg(long, value_name = "LOG", group = "job")]
    pub merge: Vec<PathBuf>,

    /// Folder of a sentence encoder (all-MiniLM-L6-v2): suggest names that are used alike
    #[arg(long, value_name = "FOLDER", conflicts_with = "job")]
    pub embeddings: Option<PathBuf>,

    /// Address that the page listens to; others than this machine's own let others judge who have the link
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: IpAddr,

    /// Port of the page; 0 takes any that is free
    #[arg(long, value_name = "NUMBER", default_value_t = 8337)]
    pub port: u16,

    /// Name by which browsers may call the page too, where it listens to another address
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,

    /// Print how far annotators agree: Cohen's κ of each two, Fleiss' κ of all, by kind
    #[arg(long, group = "job")]
    pub agreement: bool,
}

/// Make the vocabulary that the decisions come to
#[derive(Clone, Debug, Args)]
#[command(after_help = CURATE_EXAMPLES)]
pub struct CurateArgs {
    #[command(flatten)]
    pub source: ReviewSource,

    /// How many tags the vocabulary is to have
    #[arg(long, value_name = "NUMBER", default_value_t = 3429, value_parser = clap::value_parser!(u32).range(1..))]
    pub size: u32,

    /// Folder for vocabulary.json, tags.txt, tags.csv and tags.parquet
    #[arg(short, long, value_name = "FOLDER", default_value = "vocab")]
    pub out: PathBuf,

    /// Replace a vocabulary that is there
    #[arg(long)]
    pub force: bool,
}

/// What is judged, and where judgements are.
#[derive(Clone, Debug, Args)]
pub struct ReviewSource {
    /// A run's folder, or its candidates.csv
    #[arg(value_name = "RUN")]
    pub candidates: PathBuf,

    /// The log of decisions [default: decisions.jsonl beside the candidates]
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
}

impl ReviewSource {
    /// Whether the log was named, and must be there to be read.
    pub fn names_log(&self) -> bool {
        self.decisions.is_some()
    }

    /// The log of decisions.
    pub fn log(&self) -> PathBuf {
        const LOG: &str = "decisions.jsonl";
        match &self.decisions {
            Some(path) => path.clone(),
            None if self.candidates.is_dir() => self.candidates.join(LOG),
            None => self.candidates.with_file_name(LOG),
        }
    }
}
