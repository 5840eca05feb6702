//! Runs a model of full size, its weights filled by the rule of the golden tensors, and prints how
//! long it takes and how much memory:
//!
//! ```text
//! cargo run --release -p tagger --example full_size -- swin 384 [INPUTS OUTPUTS]
//! ```
//!
//! INPUTS is a safetensors file with `in.image`, `in.tagenc_ids`, `in.tagenc_mask`, `in.dec_ids` and
//! `in.dec_mask`, as those of the goldens; every tensor on the way is then written to OUTPUTS.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use candle_core::{DType, Device, Tensor};
use tagger::model::{KeyValueCache, Tag2Text, Tag2TextConfig};
use tagger::nn::{Context, Fill, Initialisation, Parameters, SafetensorsFile, TensorSource};

const TAGS: usize = 3429;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (kind, size, files) = match arguments[..] {
        [kind, size] => (kind, size, None),
        [kind, size, inputs, outputs] => (kind, size, Some((Path::new(inputs), Path::new(outputs)))),
        _ => bail!("usage: full_size swin|vit 224|384 [INPUTS OUTPUTS]"),
    };
    let size = size.parse().context("the image size is a number")?;
    let config = match kind {
        "swin" => Tag2TextConfig::swin_b(size, TAGS),
        "vit" => Tag2TextConfig::vit_b(size, TAGS),
        _ => bail!("there is swin and vit, not {kind}"),
    };
    let started = Instant::now();
    let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let model = Tag2Text::new(&config, &parameters.root())?;
    parameters.fill_by_rule(|name, dims| Some(Fill::reference(name, dims)))?;
    println!("{} parameters, filled in {:.1?}; {}", parameters.count(), started.elapsed(), memory());

    let inputs = match files {
        Some((inputs, _)) => Inputs::read(inputs)?,
        None => Inputs::example(&config)?,
    };
    let context = if files.is_some() { Context::inference().with_probes() } else { Context::inference() };
    run(&model, &inputs, &context)?;
    if let Some((_, outputs)) = files {
        let probes: HashMap<String, Tensor> = context.into_probes().into_iter().collect();
        candle_core::safetensors::save(&probes, outputs)?;
    }
    Ok(())
}

fn run(model: &Tag2Text, inputs: &Inputs, context: &Context) -> Result<()> {
    let timed = |what: &str, started: Instant, result: Tensor| {
        println!("{what}: {:.2?} for {:?}; {}", started.elapsed(), result.dims(), memory());
        result
    };
    let started = Instant::now();
    let image = timed("encode_image", started, model.encode_image(&inputs.images, context)?);
    let started = Instant::now();
    timed("tag_logits", started, model.tag_logits(&image, context)?);
    let started = Instant::now();
    let tags = model.tag_encode(&inputs.tag_ids, &inputs.tag_mask, &image, context)?;
    let tags = timed("tag_encode", started, tags);
    let started = Instant::now();
    let logits = model.decode(&inputs.caption_ids, Some(&inputs.caption_mask), &tags, context)?;
    timed("decode", started, logits);
    let (started, mut cache) = (Instant::now(), KeyValueCache::new());
    let mut next = |from, length| {
        let ids = inputs.caption_ids.narrow(1, from, length)?;
        model.text_decoder().next(&ids, &tags, &mut cache, context)
    };
    next(0, 4)?;
    let steps = Instant::now();
    for step in 4..9 {
        next(step, 1)?;
    }
    let (prompt, step) = (steps - started, steps.elapsed() / 5);
    println!("generation: {prompt:.2?} for the prompt, {step:.2?} for a token; {}", memory());
    Ok(())
}

struct Inputs {
    images: Tensor,
    tag_ids: Tensor,
    tag_mask: Tensor,
    caption_ids: Tensor,
    caption_mask: Tensor,
}

impl Inputs {
    fn read(path: &Path) -> Result<Self> {
        let file = SafetensorsFile::open(path)?;
        let ids = |name| Ok::<_, anyhow::Error>(file.read(name)?.to_dtype(DType::U32)?);
        Ok(Self {
            images: file.read("in.image")?,
            tag_ids: ids("in.tagenc_ids")?,
            tag_mask: ids("in.tagenc_mask")?,
            caption_ids: ids("in.dec_ids")?,
            caption_mask: ids("in.dec_mask")?,
        })
    }

    /// One image of the rule's noise.
    fn example(config: &Tag2TextConfig) -> Result<Self> {
        let (size, device) = (config.image.image_size(), &Device::Cpu);
        let pixels = Fill { offset: 0.0, amplitude: 1.0 }.values("in.image", 3 * size * size);
        let ids = |length: usize, first: u32| {
            let ids: Vec<u32> =
                (0..length as u32).map(|at| if at == 0 { first } else { 1000 + at }).collect();
            Tensor::from_vec(ids, (1, length), device)
        };
        let (tags, caption) = (config.tag_tokens, 20);
        Ok(Self {
            images: Tensor::from_vec(pixels, (1, 3, size, size), device)?,
            tag_ids: ids(tags, config.tokens.enc)?,
            tag_mask: Tensor::ones((1, tags), DType::U32, device)?,
            caption_ids: ids(caption, config.tokens.bos)?,
            caption_mask: Tensor::ones((1, caption), DType::U32, device)?,
        })
    }
}

/// The most memory so far, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let fields: BTreeMap<&str, &str> = status.lines().filter_map(|line| line.split_once(':')).collect();
    fields.get("VmHWM").map_or("memory unknown".to_owned(), |peak| format!("at most {}", peak.trim()))
}
