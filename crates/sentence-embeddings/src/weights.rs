//! The model's tensors, each held to the shape that `config.json` gives it.

use std::collections::HashMap;
use std::path::Path;

use candle_core::safetensors::Load;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::EncoderError;
use crate::files::{read, unsuitable};

/// BERT-large has 1.4 GB.
const MOST_BYTES: u64 = 4 << 30;

/// Reads `model.safetensors`. Nothing larger than the file itself is allocated, whatever it says.
pub(crate) fn open(folder: &Path, config: &Config) -> Result<BertModel, EncoderError> {
    let path = folder.join("model.safetensors");
    let bytes = read(&path, MOST_BYTES)?;
    let build = || -> Result<BertModel, String> {
        let file = SafeTensors::deserialize(&bytes).map_err(|error| format!("it is damaged: {error}"))?;
        let tensors = tensors(&file, config)?;
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        BertModel::load(weights, config).map_err(|error| error.to_string())
    };
    build().map_err(|reason| unsuitable(&path, reason))
}

fn tensors(file: &SafeTensors, config: &Config) -> Result<HashMap<String, Tensor>, String> {
    // Some models were saved inside another, as its `bert`.
    let prefix = if file.names().iter().any(|name| name.starts_with("bert.")) { "bert." } else { "" };
    let mut tensors = HashMap::new();
    let mut take = |name: String, shape: &[usize]| -> Result<(), String> {
        let view = file.tensor(&format!("{prefix}{name}"));
        let view = view.map_err(|_| format!("it has no tensor {prefix}{name}"))?;
        tensors.insert(name.clone(), tensor(&view, shape).map_err(|reason| format!("{name} {reason}"))?);
        Ok(())
    };
    let width = config.hidden_size;
    let tables = [
        ("word_embeddings", config.vocab_size),
        ("position_embeddings", config.max_position_embeddings),
        ("token_type_embeddings", config.type_vocab_size),
    ];
    for (name, rows) in tables {
        take(format!("embeddings.{name}.weight"), &[rows, width])?;
    }
    for part in ["weight", "bias"] {
        take(format!("embeddings.LayerNorm.{part}"), &[width])?;
    }
    for layer in 0..config.num_hidden_layers {
        take_layer(layer, config, &mut take)?;
    }
    Ok(tensors)
}

fn take_layer(
    layer: usize,
    config: &Config,
    take: &mut impl FnMut(String, &[usize]) -> Result<(), String>,
) -> Result<(), String> {
    let (width, inner) = (config.hidden_size, config.intermediate_size);
    let products = [
        ("attention.self.query", width, width),
        ("attention.self.key", width, width),
        ("attention.self.value", width, width),
        ("attention.output.dense", width, width),
        ("intermediate.dense", width, inner),
        ("output.dense", inner, width),
    ];
    for (name, from, to) in products {
        take(format!("encoder.layer.{layer}.{name}.weight"), &[to, from])?;
        take(format!("encoder.layer.{layer}.{name}.bias"), &[to])?;
    }
    for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
        take(format!("encoder.layer.{layer}.{name}.weight"), &[width])?;
        take(format!("encoder.layer.{layer}.{name}.bias"), &[width])?;
    }
    Ok(())
}

fn tensor(view: &TensorView, shape: &[usize]) -> Result<Tensor, String> {
    if view.shape() != shape {
        return Err(format!("has the shape {:?}, but by config.json it is {shape:?}", view.shape()));
    }
    if !matches!(view.dtype(), Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64) {
        return Err(format!("has numbers of type {:?}, which weights do not have", view.dtype()));
    }
    let load = || view.load(&Device::Cpu)?.to_dtype(DType::F32);
    let tensor = load().map_err(|error| format!("cannot be read: {error}"))?;
    // The sum is finite only if every number is; it may also be too large, which no encoder's is.
    let sum = || tensor.abs()?.sum_all()?.to_scalar::<f32>();
    match sum().map_err(|error| format!("cannot be read: {error}"))?.is_finite() {
        true => Ok(tensor),
        false => Err("has numbers that are not finite".to_owned()),
    }
}
