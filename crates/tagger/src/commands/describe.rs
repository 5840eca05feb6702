//! `tagger predict` and `tagger caption`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use candle_core::Tensor;
use serde::Serialize;
use tag_vocabulary::{TagKind, Vocabulary};
use tagger::checkpoint::Checkpoint;
use tagger::generation::{
    Caption, CaptionTags, Captioner, GenerationConfig, Search, TagThresholds, user_tags,
};
use tagger::model::Tag2Text;
use tagger::nn::Context;

use super::batches::{Batch, Batches};
use super::images;
use super::output::Output;
use crate::Outcome;
use crate::args::{CaptionArgs, GenerationArgs, ModelArgs, PredictArgs};

/// Tells tags, and captions unless they are not wanted.
///
/// # Errors
/// If the model or its device cannot be used, or the results cannot be written.
pub fn predict(args: &PredictArgs) -> Result<Outcome> {
    let job = Job {
        guide: args.tags.as_deref().map(user_tags),
        threshold: args.threshold,
        generation: (!args.no_caption).then(|| generation(args.generation)),
        write: if args.json { predict_json } else { predict_text },
    };
    run(&args.images.images, &args.model, job)
}

/// Captions images.
///
/// # Errors
/// As [`predict`].
pub fn caption(args: &CaptionArgs) -> Result<Outcome> {
    let job = Job {
        guide: args.tags.as_deref().map(user_tags),
        threshold: args.threshold,
        generation: Some(generation(args.generation)),
        write: if args.json { caption_json } else { caption_text },
    };
    run(&args.images.images, &args.model, job)
}

fn generation(args: GenerationArgs) -> GenerationConfig {
    let lengths = GenerationConfig {
        min_length: args.min_length,
        max_length: args.max_length,
        ..GenerationConfig::nucleus(args.seed)
    };
    if args.sample {
        return lengths;
    }
    let search = Search::Beam { beams: args.beams.into() };
    GenerationConfig { search, repetition_penalty: 1.0, ..lengths }
}

struct Job {
    /// Tags that guide every caption.
    guide: Option<String>,
    /// In place of the model's own.
    threshold: Option<f32>,
    /// How captions are made, if they are.
    generation: Option<GenerationConfig>,
    write: fn(&Described) -> Result<String>,
}

/// What is known of an image.
#[derive(Serialize)]
struct Described<'a> {
    image: String,
    tags: Vec<FoundTag<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<String>,
    /// What guided the caption.
    #[serde(skip_serializing_if = "Option::is_none")]
    caption_tags: Option<String>,
}

#[derive(Serialize)]
struct FoundTag<'a> {
    name: &'a str,
    kind: TagKind,
    score: f32,
}

fn run(named: &[std::path::PathBuf], args: &ModelArgs, job: Job) -> Result<Outcome> {
    let device = args.device.open()?;
    let (paths, found) = images::find(named);
    let Checkpoint { description, model, .. } = Tag2Text::load(&args.model, &device)?;
    let mut thresholds = description.thresholds.clone();
    if let Some(threshold) = job.threshold {
        thresholds = TagThresholds { default: threshold, exceptions: Default::default(), ..thresholds };
    }
    let names: Vec<String> =
        description.vocabulary.entries().iter().map(|entry| entry.tag.name.clone()).collect();
    let captioner = Captioner::new(&model, &description.tokenizer, &names, &thresholds)
        .with_context(|| args.model.display().to_string())?;
    let describer = Describer {
        model: &model,
        captioner,
        vocabulary: &description.vocabulary,
        thresholds: &thresholds,
        job: &job,
    };
    let mut output = Output::new();
    let batches = Batches {
        paths: &paths,
        preprocess: description.preprocess,
        size: args.batch_size.into(),
        device: &device,
    };
    let read = batches.each(|batch, bar| {
        let described = describer.describe(&batch)?;
        let texts = described.iter().map(job.write).collect::<Result<Vec<_>>>()?;
        output.write(&texts.concat(), bar)
    })?;
    Ok(if found == Outcome::Done { read } else { found })
}

struct Describer<'a> {
    model: &'a Tag2Text,
    captioner: Captioner<'a>,
    vocabulary: &'a Vocabulary,
    thresholds: &'a TagThresholds,
    job: &'a Job,
}

impl<'a> Describer<'a> {
    fn describe(&self, batch: &Batch) -> Result<Vec<Described<'a>>> {
        let context = Context::inference();
        let encoded = self.model.encode_image(&batch.pixels, &context)?;
        let scores = self.captioner.tag_scores(&encoded, &context)?;
        let found: Vec<Vec<u32>> = scores.iter().map(|scores| self.thresholds.tags(scores)).collect();
        let mut captions = self.captions(&encoded, &found, &context)?.into_iter();
        let described = batch.paths.iter().zip(found.iter().zip(&scores)).map(|(path, (found, scores))| {
            let caption = captions.next();
            Described {
                image: path_text(path),
                tags: self.tags(found, scores),
                caption_tags: caption.as_ref().map(|caption| caption.tags.clone()),
                caption: caption.map(|caption| caption.text.trim().to_owned()),
            }
        });
        Ok(described.collect())
    }

    fn captions(&self, encoded: &Tensor, found: &[Vec<u32>], context: &Context) -> Result<Vec<Caption>> {
        let Some(config) = &self.job.generation else { return Ok(Vec::new()) };
        let given = self.job.guide.as_ref().map(|guide| vec![guide.clone(); found.len()]);
        let tags = given.as_deref().map_or(CaptionTags::Ids(found), CaptionTags::Texts);
        Ok(self.captioner.caption(encoded, tags, config, context)?)
    }

    /// Those that people are shown, the likeliest first.
    fn tags(&self, found: &[u32], scores: &[f32]) -> Vec<FoundTag<'a>> {
        let tag = |&id: &u32| {
            let entry = self.vocabulary.get(id).filter(|entry| !entry.muted)?;
            let score = scores.get(id as usize).copied()?;
            Some(FoundTag { name: &entry.tag.name, kind: entry.tag.kind, score })
        };
        let mut tags: Vec<FoundTag> = found.iter().filter_map(tag).collect();
        tags.sort_by(|a, b| b.score.total_cmp(&a.score));
        tags
    }
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn json_line(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

fn predict_json(described: &Described) -> Result<String> {
    json_line(described)
}

fn caption_json(Described { image, caption, caption_tags, .. }: &Described) -> Result<String> {
    json_line(&serde_json::json!({"image": image, "caption": caption, "caption_tags": caption_tags}))
}

fn caption_text(Described { image, caption, .. }: &Described) -> Result<String> {
    Ok(format!("{image}\t{}\n", caption.as_deref().unwrap_or_default()))
}

/// The caption, then a line for each kind.
fn predict_text(described: &Described) -> Result<String> {
    let mut text = format!("{}\n", described.image);
    if let Some(caption) = &described.caption {
        writeln!(text, "  {caption}")?;
    }
    for kind in TagKind::ALL {
        let of_kind = described.tags.iter().filter(|tag| tag.kind == kind);
        let tags: Vec<String> = of_kind.map(|tag| format!("{} {:.2}", tag.name, tag.score)).collect();
        if !tags.is_empty() {
            writeln!(text, "  {kind}: {}", tags.join(", "))?;
        }
    }
    if described.tags.is_empty() {
        writeln!(text, "  no tag")?;
    }
    Ok(text)
}
