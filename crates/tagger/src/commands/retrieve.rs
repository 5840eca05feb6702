//! `tagger retrieve`: images for texts, or texts for an image.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use candle_core::{Device, Tensor};
use indicatif::ProgressBar;
use serde::Serialize;
use tagger::checkpoint::Checkpoint;
use tagger::model::{Alignment, Tag2Text};
use tagger::nn::Context;
use tagger::preprocessing::{CAPTION_WORDS, TokenBatch, load_images, pre_caption, stack_images};

use super::batches::Batches;
use super::images;
use super::output::Output;
use crate::Outcome;
use crate::args::RetrieveArgs;

/// Ranks by similarity, and the first again by matching.
///
/// # Errors
/// If the model was not trained for it, or cannot be used; if there is nothing to rank; or if the
/// results cannot be written.
pub fn retrieve(args: &RetrieveArgs) -> Result<Outcome> {
    let texts = texts(args)?;
    let device = args.model.device.open()?;
    let Checkpoint { description, model, alignment, .. } = Tag2Text::load(&args.model.model, &device)?;
    let alignment = alignment.as_ref().with_context(|| {
        let model = args.model.model.display();
        format!("{model} was not trained to align images and texts; tags and captions are all that it gives")
    })?;
    let length = alignment.config().text_length;
    let cleaned: Vec<String> = texts.iter().map(|text| pre_caption(text, CAPTION_WORDS)).collect();
    let batch = description.tokenizer.text_batch(&cleaned, description.config.tokens.cls, length)?;
    let ranker = Ranker {
        args,
        model: &model,
        alignment,
        texts: &texts,
        tokens: Tokens::new(batch, &device)?,
        batches: Batches {
            paths: &[],
            preprocess: description.preprocess,
            size: args.model.batch_size.into(),
            device: &device,
        },
    };
    match (&args.images, &args.image) {
        (_, Some(image)) => ranker.texts_for(image),
        (Some(folders), None) => ranker.images_for(folders),
        (None, None) => bail!("say what to rank: --images or --image"),
    }
}

/// Those typed, and those in a file.
fn texts(args: &RetrieveArgs) -> Result<Vec<String>> {
    let mut texts = args.queries.clone();
    if let Some(path) = &args.texts {
        let mut read = String::new();
        let done = if path.as_os_str() == "-" {
            io::stdin().read_to_string(&mut read).map(|_| ())
        } else {
            fs::read_to_string(path).map(|text| read = text)
        };
        done.with_context(|| format!("cannot read the texts {}", path.display()))?;
        texts.extend(read.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    if texts.is_empty() {
        bail!("there are no texts: type some, or name a file with --texts")
    }
    Ok(texts)
}

/// Texts as the text encoder reads them.
struct Tokens {
    ids: Tensor,
    mask: Tensor,
}

impl Tokens {
    fn new(TokenBatch { rows, length, ids, mask }: TokenBatch, device: &Device) -> Result<Self> {
        let ids = Tensor::from_vec(ids, (rows, length), device)?;
        Ok(Self { ids, mask: Tensor::from_vec(mask, (rows, length), device)? })
    }

    fn narrow(&self, from: usize, count: usize) -> Result<Self> {
        Ok(Self { ids: self.ids.narrow(0, from, count)?, mask: self.mask.narrow(0, from, count)? })
    }

    fn select(&self, rows: &[u32]) -> Result<Self> {
        let rows = Tensor::from_slice(rows, rows.len(), self.ids.device())?;
        Ok(Self { ids: self.ids.index_select(&rows, 0)?, mask: self.mask.index_select(&rows, 0)? })
    }
}

struct Ranker<'a> {
    args: &'a RetrieveArgs,
    model: &'a Tag2Text,
    alignment: &'a Alignment,
    texts: &'a [String],
    tokens: Tokens,
    batches: Batches<'a>,
}

/// Something in a ranking.
#[derive(Serialize)]
struct Ranked<'a> {
    text: &'a str,
    image: String,
    rank: usize,
    score: f32,
    similarity: f32,
}

impl Ranker<'_> {
    fn images_for(&self, named: &[PathBuf]) -> Result<Outcome> {
        let context = Context::inference();
        let texts = self.text_features(&context)?;
        let (paths, found) = images::find(named);
        let (mut kept, mut similar) = (Vec::new(), vec![Vec::new(); self.texts.len()]);
        let read = Batches { paths: &paths, ..self.batches }.each(|batch, _| {
            let encoded = self.model.encode_image(&batch.pixels, &context)?;
            let features = self.alignment.image_features(&encoded, &context)?;
            let rows = texts.matmul(&features.t()?.contiguous()?)?.to_vec2::<f32>()?;
            similar.iter_mut().zip(rows).for_each(|(all, row): (&mut Vec<f32>, _)| all.extend(row));
            kept.extend(batch.paths.into_iter().cloned());
            Ok(ControlFlow::Continue(()))
        })?;
        let mut output = Output::new();
        for (query, similar) in similar.iter().enumerate() {
            let first = self.first(similar);
            let paths: Vec<&PathBuf> = first.iter().map(|&place| &kept[place]).collect();
            let logits = self.match_images(query, &paths, &context)?;
            let ranking = self.ranking(&first, &logits, similar);
            let lines = self.lines(&ranking, |place| (&self.texts[query], &kept[place]))?;
            let head = if self.args.json { String::new() } else { format!("{}\n", self.texts[query]) };
            if output.write(&(head + &lines), &ProgressBar::hidden())?.is_break() {
                break;
            }
        }
        Ok(if found == Outcome::Done { read } else { found })
    }

    fn texts_for(&self, image: &PathBuf) -> Result<Outcome> {
        let context = Context::inference();
        let pixels = self.batches.preprocess.load(image)?;
        let pixels = stack_images(&[pixels], self.batches.preprocess.size, self.batches.device)?;
        let encoded = self.model.encode_image(&pixels, &context)?;
        let features = self.alignment.image_features(&encoded, &context)?;
        let texts = self.text_features(&context)?;
        let similar = texts.matmul(&features.t()?.contiguous()?)?.flatten_all()?.to_vec1::<f32>()?;
        let first = self.first(&similar);
        let mut logits = Vec::with_capacity(first.len());
        for rows in first.chunks(self.batches.size) {
            let tokens = self.tokens.select(&rows.iter().map(|&row| row as u32).collect::<Vec<_>>())?;
            logits.extend(self.matching(&tokens, &repeated(&encoded, rows.len())?, &context)?);
        }
        let ranking = self.ranking(&first, &logits, &similar);
        let lines = self.lines(&ranking, |place| (&self.texts[place], image))?;
        _ = Output::new().write(&lines, &ProgressBar::hidden())?;
        Ok(Outcome::Done)
    }

    /// (T, F)
    fn text_features(&self, context: &Context) -> Result<Tensor> {
        let count = self.texts.len();
        let features = (0..count).step_by(self.batches.size).map(|from| {
            let part = self.tokens.narrow(from, self.batches.size.min(count - from))?;
            Ok(self.alignment.text_features(&part.ids, &part.mask, context)?)
        });
        Ok(Tensor::cat(&features.collect::<Result<Vec<_>>>()?, 0)?)
    }

    /// The most similar, which are looked at again.
    fn first(&self, similar: &[f32]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..similar.len()).collect();
        order.sort_by(|&a, &b| similar[b].total_cmp(&similar[a]));
        order.truncate(self.args.rerank.max(self.args.top));
        order
    }

    /// The logits that images match a text. They are read again: all of them may be too many to
    /// keep.
    fn match_images(&self, query: usize, paths: &[&PathBuf], context: &Context) -> Result<Vec<f32>> {
        let mut logits = Vec::with_capacity(paths.len());
        for paths in paths.chunks(self.batches.size) {
            let loaded = load_images(paths, &self.batches.preprocess);
            let pixels = loaded.into_iter().collect::<Result<Vec<_>, _>>()?;
            let pixels = stack_images(&pixels, self.batches.preprocess.size, self.batches.device)?;
            let encoded = self.model.encode_image(&pixels, context)?;
            let tokens = self.tokens.select(&vec![query as u32; paths.len()])?;
            logits.extend(self.matching(&tokens, &encoded, context)?);
        }
        Ok(logits)
    }

    fn matching(&self, tokens: &Tokens, encoded: &Tensor, context: &Context) -> Result<Vec<f32>> {
        let logits = self.alignment.matching_logits(&tokens.ids, &tokens.mask, encoded, context)?;
        Ok(logits.narrow(1, 1, 1)?.flatten_all()?.to_vec1()?)
    }

    /// Places, scores and similarities, the best first.
    fn ranking(&self, first: &[usize], logits: &[f32], similar: &[f32]) -> Vec<(usize, f32, f32)> {
        let scored =
            first.iter().zip(logits).map(|(&place, logit)| (place, logit + similar[place], similar[place]));
        let mut ranking: Vec<_> = scored.collect();
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranking.truncate(self.args.top);
        ranking
    }

    fn lines<'a>(
        &self,
        ranking: &[(usize, f32, f32)],
        pair: impl Fn(usize) -> (&'a String, &'a PathBuf),
    ) -> Result<String> {
        let mut lines = String::new();
        for (rank, &(place, score, similarity)) in ranking.iter().enumerate() {
            let (text, image) = pair(place);
            let image = image.to_string_lossy().into_owned();
            if self.args.json {
                let ranked = Ranked { text, image, rank: rank + 1, score, similarity };
                writeln!(lines, "{}", serde_json::to_string(&ranked)?)?;
            } else {
                let found = if self.args.image.is_some() { text } else { &image };
                writeln!(lines, "  {score:.3}\t{found}")?;
            }
        }
        Ok(lines)
    }
}

/// E (1, N, D) → (rows, N, D)
fn repeated(encoded: &Tensor, rows: usize) -> Result<Tensor> {
    let (_, tokens, width) = encoded.dims3()?;
    Ok(encoded.broadcast_as((rows, tokens, width))?.contiguous()?)
}
