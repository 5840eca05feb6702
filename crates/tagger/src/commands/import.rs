//! `tagger import`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use tag_vocabulary::Vocabulary;
use tagger::checkpoint::import::{
    ImportOptions, ImportReport, TagList, WeightsFile, WeightsKind, import as import_weights, told_config,
};
use tagger::checkpoint::{Description, save};
use tagger::generation::TagThresholds;
use tagger::model::Tag2TextConfig;
use tagger::preprocessing::{Normalization, Preprocess, TextTokenizer};

use crate::args::{ImportArgs, Statistics};
use crate::{Outcome, tell};

/// How many names a list in the report has, unless all are wanted.
const SHOWN: usize = 8;

/// Makes a checkpoint of published weights, and tells what was found.
///
/// # Errors
/// If the weights, the tags or the tokenizer cannot be used or do not fit together, or the
/// checkpoint cannot be written.
pub fn import(args: &ImportArgs) -> Result<Outcome> {
    if args.out.exists() && !args.force {
        bail!("{} exists: name another file, or replace it with --force", args.out.display());
    }
    let (vocabulary, thresholds) = tags(args)?;
    let tokenizer = TextTokenizer::from_file(&args.tokenizer)?;
    let file = WeightsFile::open(&args.file)?;
    let size = args.image_size.map(|size| size as usize);
    let config = match &args.config {
        Some(path) => read_config(path)?,
        None => told_config(&file, size, &tokenizer, vocabulary.len())
            .context("the sizes must be told by the weights, or given with --config")?,
    };
    let pixels = u32::try_from(config.image.image_size()).context("the image size is too large")?;
    let normalization = match args.normalization {
        Statistics::Imagenet => Normalization::ImageNet,
        Statistics::Clip => Normalization::Clip,
    };
    let preprocess = Preprocess { normalization, ..Preprocess::released(pixels) };
    let description = Description { config, vocabulary, tokenizer, preprocess, thresholds, alignment: None };
    let options = ImportOptions { allow_missing: args.allow_missing, seed: args.seed };
    let (checkpoint, report) = import_weights(&file, description, options)?;
    save(&args.out, &checkpoint.parameters, &checkpoint.description)?;
    Ok(tell_report(args, file.kind(), &report))
}

fn tags(args: &ImportArgs) -> Result<(Vocabulary, TagThresholds)> {
    let (vocabulary, mut thresholds) = match (&args.tags, &args.vocabulary) {
        (Some(path), _) => {
            let list = TagList::read(path, args.kinds.as_deref())?;
            if list.published {
                tell(
                    "the tags are those of the published Tag2Text: its kinds, thresholds and muted tags are used",
                );
            }
            (list.vocabulary, list.thresholds)
        }
        (None, Some(path)) => (Vocabulary::read(path)?, TagThresholds::default()),
        (None, None) => bail!("the model's tags are needed: --tags or --vocabulary"),
    };
    if let Some(threshold) = args.threshold {
        thresholds = TagThresholds { default: threshold, ..TagThresholds::default() };
    }
    let muted = (0..).zip(vocabulary.entries()).filter(|(_, entry)| entry.muted).map(|(id, _)| id);
    thresholds.deleted = muted.collect();
    Ok((vocabulary, thresholds))
}

fn read_config(path: &Path) -> Result<Tag2TextConfig> {
    let named = || format!("the configuration {}", path.display());
    let text = fs::read_to_string(path).with_context(named)?;
    let config: Tag2TextConfig = serde_json::from_str(&text).with_context(named)?;
    config.validate().with_context(named)?;
    Ok(config)
}

fn tell_report(args: &ImportArgs, kind: WeightsKind, report: &ImportReport) -> Outcome {
    let list = |what: &str, names: &[String]| {
        if names.is_empty() {
            return;
        }
        let shown = if args.verbose { names.len() } else { SHOWN.min(names.len()) };
        let more = if shown < names.len() { ", …" } else { "" };
        tell(format_args!(
            "{}: {} {what}: {}{more}",
            args.file.display(),
            names.len(),
            names[..shown].join(", ")
        ));
    };
    let ImportReport { matched, interpolated, ignored, unexpected, missing, differing } = report;
    if args.verbose {
        list("parameters matched", matched);
    } else {
        tell(format_args!("{}: {} parameters matched", args.file.display(), matched.len()));
    }
    list("of them carried to another resolution", interpolated);
    list("ignored (buffers and classifiers)", ignored);
    list("not known to the model and left out", unexpected);
    list("shared tensors with other values under their second name, which were taken", differing);
    list("missing, drawn from the seed", missing);
    tell(format_args!("wrote {}", args.out.display()));
    let whole = kind == WeightsKind::Tag2Text;
    if (whole && !missing.is_empty()) || !unexpected.is_empty() { Outcome::Incomplete } else { Outcome::Done }
}
