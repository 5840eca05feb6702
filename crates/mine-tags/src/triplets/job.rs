//! What the arguments mean.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use anyhow::{Result, bail};
use tag_triplets::balance::BalanceOptions;
use tag_triplets::images::ImageRoot;
use tag_triplets::splits::{SplitRule, Splits};
use tag_triplets::{Format, ImageKind, Provenance, WriterOptions};
use tag_vocabulary::Vocabulary;

use super::source::{Images, Source};
use crate::args::TripletsArgs;

/// The split that all images are in if nothing is said of splits.
const ONE_SPLIT: &str = "train";

/// The value of an option that has none.
pub const GIVEN: &str = "true";

/// What is to be made.
pub struct Job {
    pub vocabulary: Vocabulary,
    pub root: Option<ImageRoot>,
    pub checks_images: bool,
    /// Whether the files of images go into the results.
    pub loads_images: bool,
    pub balance: BalanceOptions,
    pub splits: Splits,
    pub format: Format,
    pub shards: WriterOptions,
    pub provenance: Provenance,
}

impl Job {
    /// # Errors
    /// If the vocabulary or the folder of the images cannot be read, or if the arguments
    /// contradict each other.
    pub fn new(args: &TripletsArgs, source: &Source, model_hash: &str) -> Result<Self> {
        let vocabulary = Vocabulary::read(&args.vocabulary)?;
        let loads_images = args.format == Format::WebDataset && source.images == Images::Paths;
        if source.images == Images::Paths && args.image_root.is_none() {
            if loads_images {
                bail!(
                    "the corpus names its images by paths: say with --image-root which folder they start from, to pack them into tars"
                );
            }
            if args.check_images {
                bail!(
                    "the corpus names its images by paths: --check-images needs --image-root, the folder they start from"
                );
            }
        }
        let images = match source.images {
            Images::Paths if !loads_images => ImageKind::Path,
            Images::Paths | Images::Embedded => ImageKind::Bytes,
            Images::Urls => ImageKind::Url,
        };
        let balance = balance(args);
        balance.check()?;
        Ok(Self {
            root: args.image_root.as_deref().map(ImageRoot::open).transpose()?,
            checks_images: args.check_images,
            loads_images,
            balance,
            splits: Splits::new(split_rule(args))?,
            format: args.format,
            shards: shards(args, images),
            provenance: provenance(args, source, &vocabulary, model_hash),
            vocabulary,
        })
    }
}

fn balance(args: &TripletsArgs) -> BalanceOptions {
    BalanceOptions {
        drop_repeated: args.balance.drop_repeated,
        drop_untagged: args.balance.drop_untagged,
        captions_per_image: args.balance.captions_per_image,
        images_per_tag: args.balance.images_per_tag,
        min_images_per_tag: args.balance.min_images_per_tag,
        seed: args.splits.seed,
    }
}

fn split_rule(args: &TripletsArgs) -> SplitRule {
    let splits = &args.splits;
    match (&splits.split_column, splits.split.is_empty()) {
        (Some(_), _) => SplitRule::Column,
        (None, true) => SplitRule::All(ONE_SPLIT.to_owned()),
        (None, false) => SplitRule::Fractions(splits.split.clone(), splits.seed),
    }
}

fn shards(args: &TripletsArgs, images: ImageKind) -> WriterOptions {
    let usual = WriterOptions { images: Some(images), ..WriterOptions::usual(args.format) };
    let bytes = args.megabytes_per_shard.and_then(|megabytes| NonZeroU64::new(megabytes * 1_000_000));
    match (args.images_per_shard, bytes) {
        (None, None) => usual,
        (samples_per_shard, bytes_per_shard) => WriterOptions { samples_per_shard, bytes_per_shard, ..usual },
    }
}

fn provenance(args: &TripletsArgs, source: &Source, vocabulary: &Vocabulary, model_hash: &str) -> Provenance {
    Provenance {
        vocabulary_hash: vocabulary.hash().to_owned(),
        vocabulary_size: u32::try_from(vocabulary.len()).unwrap_or(u32::MAX),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model_hash: model_hash.to_owned(),
        inputs: source.shards.iter().map(|shard| shard.path.display().to_string()).collect(),
        options: options(args),
    }
}

/// The options that shape the triplets, as they are typed.
fn options(args: &TripletsArgs) -> BTreeMap<String, String> {
    let text = |path: &std::path::Path| path.display().to_string();
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    let flag = |is_given: bool| is_given.then(|| GIVEN.to_owned());
    let (columns, splits, balance) = (&args.columns, &args.splits, &args.balance);
    let shares: Vec<String> = splits.split.iter().map(|(name, share)| format!("{name}={share}")).collect();
    [
        ("vocabulary", Some(text(&args.vocabulary))),
        ("format", Some(args.format.to_string())),
        ("image-root", args.image_root.as_deref().map(text)),
        ("check-images", flag(args.check_images)),
        ("caption-column", columns.caption_column.clone()),
        ("image-column", columns.image_column.clone()),
        ("url-column", columns.url_column.clone()),
        ("image-id-column", columns.image_id_column.clone()),
        ("split", (!shares.is_empty()).then(|| shares.join(","))),
        ("split-column", splits.split_column.clone()),
        ("seed", Some(splits.seed.to_string())),
        ("drop-repeated", flag(balance.drop_repeated)),
        ("drop-untagged", flag(balance.drop_untagged)),
        ("captions-per-image", number(balance.captions_per_image.map(|cap| cap.get().into()))),
        ("images-per-tag", number(balance.images_per_tag.map(NonZeroU64::get))),
        ("min-images-per-tag", number(Some(balance.min_images_per_tag).filter(|&least| least > 0))),
        ("images-per-shard", number(args.images_per_shard.map(NonZeroU64::get))),
        ("megabytes-per-shard", number(args.megabytes_per_shard)),
        ("keep-invisible", flag(args.tags.keep_invisible)),
        ("keep-spellings", flag(args.tags.keep_spellings)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}
