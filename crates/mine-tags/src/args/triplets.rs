//! `mine-tags triplets` as it is typed.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

use clap::Args;
use tag_triplets::Format;

use super::{TagArgs, WorkArgs};

const EXAMPLES: &str = "\
Examples:
  mine-tags triplets coco.json --vocabulary vocab/vocabulary.json --image-root train2017 --check-images
  mine-tags triplets ucm.parquet --vocabulary mined/candidates.csv --split-column split --format json
  mine-tags triplets 'cc3m/*.tar' --vocabulary vocab/vocabulary.json --format webdataset --split train=0.95,val=0.05

Exit status: 0 done; 1 done, but something was skipped or could not be read; 2 could not run;
130 interrupted.";

/// Make training data: images with their captions and their captions' tags
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TripletsArgs {
    /// Files, folders or patterns: Parquet, JSON lines, JSON (COCO's too), CSV, TSV, WebDataset's tars
    #[arg(required = true, value_name = "CORPUS")]
    pub inputs: Vec<PathBuf>,

    /// The tags: vocabulary.json, or candidates.csv of a run
    #[arg(long, value_name = "FILE")]
    pub vocabulary: PathBuf,

    /// What to write: parquet, json (recognize-anything's), webdataset or coco
    #[arg(long, default_value_t = Format::Parquet, hide_possible_values = true)]
    pub format: Format,

    /// Folder for the results; it must not exist yet
    #[arg(short, long, value_name = "FOLDER", default_value = "triplets")]
    pub out: PathBuf,

    /// Folder that the images' paths start from
    #[arg(long, value_name = "FOLDER")]
    pub image_root: Option<PathBuf>,

    /// Open every image; leave out, count and name those that are missing or broken
    #[arg(long)]
    pub check_images: bool,

    /// Images in a file, at most
    #[arg(long, value_name = "NUMBER")]
    pub images_per_shard: Option<NonZeroU64>,

    /// Megabytes in a file, at most, before they are packed
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..1_000_000))]
    pub megabytes_per_shard: Option<u64>,

    #[command(flatten)]
    pub tags: TagArgs,

    #[command(flatten)]
    pub work: WorkArgs,

    // Those with a heading come last: it would be taken for that of what follows.
    #[command(flatten)]
    pub columns: SampleColumns,

    #[command(flatten)]
    pub splits: SplitArgs,

    #[command(flatten)]
    pub balance: BalanceArgs,
}

/// Names of columns, where they cannot be told.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Columns, where they cannot be told")]
pub struct SampleColumns {
    /// The captions
    #[arg(long, value_name = "NAME")]
    pub caption_column: Option<String>,

    /// The images, or their paths
    #[arg(long, value_name = "NAME", conflicts_with = "url_column")]
    pub image_column: Option<String>,

    /// The images' addresses
    #[arg(long, value_name = "NAME")]
    pub url_column: Option<String>,

    /// What tells which rows are of one image
    #[arg(long, value_name = "NAME")]
    pub image_id_column: Option<String>,
}

/// Which split an image is in.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Splits, by image")]
pub struct SplitArgs {
    /// Names and shares: train=0.9,val=0.1 [default: all in train]
    #[arg(long, value_name = "NAME=SHARE,…", value_parser = share, value_delimiter = ',')]
    pub split: Vec<(String, f64)>,

    /// The column that says it
    #[arg(long, value_name = "NAME", conflicts_with = "split")]
    pub split_column: Option<String>,

    /// Another number makes other choices, in splits and in what is left out
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
}

/// What is left out.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What is left out")]
pub struct BalanceArgs {
    /// Leave out captions that say word for word what another of the image says
    #[arg(long)]
    pub drop_repeated: bool,

    /// Leave out captions without any tag, and images that have no other
    #[arg(long)]
    pub drop_untagged: bool,

    /// Keep so many captions of an image, at most
    #[arg(long, value_name = "NUMBER")]
    pub captions_per_image: Option<NonZeroU32>,

    /// Leave out images whose tags all have more images than this, until they have about so many
    #[arg(long, value_name = "NUMBER")]
    pub images_per_tag: Option<NonZeroU64>,

    /// Take out tags with fewer images than this
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub min_images_per_tag: u64,
}

fn share(text: &str) -> Result<(String, f64), String> {
    let (name, share) = text.split_once('=').ok_or("expected a name and a share, as in train=0.9")?;
    let share = share.trim().parse().map_err(|_| format!("{share:?} is not a number"))?;
    Ok((name.trim().to_owned(), share))
}
