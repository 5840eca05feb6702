//! A BERT encoder (Devlin et al. 2019) that can be trained, over word pieces.
//!
//! candle-transformers' BERT normalises and attends with operations that have no backward pass.

use std::path::Path;

use anyhow::{Context, Result};
use candle_core::{D, DType, Device, Tensor};
use caption_parser::model::{FeatureSpace, WordFeatures};
use serde::Deserialize;

use crate::layers::{gelu, layer_norm};
use crate::parameters::Parameters;
use crate::treebank::Example;

const EPSILON: f32 = 1e-12;

/// Sizes of an encoder, from its `config.json`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct EncoderSizes {
    #[serde(rename = "hidden_size")]
    pub width: usize,
    #[serde(rename = "num_hidden_layers")]
    pub layers: usize,
    #[serde(rename = "num_attention_heads")]
    pub heads: usize,
    /// Longest input in word pieces, the two marks at its ends among them.
    #[serde(rename = "max_position_embeddings")]
    pub longest: usize,
}

/// Reads an encoder's `config.json` and `model.safetensors`. Its weights go into `parameters`
/// under `encoder.`; the word embeddings stay as they are, so that pieces which no treebank has
/// keep their place among the others.
pub fn load(folder: &Path, parameters: &mut Parameters) -> Result<EncoderSizes> {
    let path = folder.join("config.json");
    let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let sizes: EncoderSizes =
        serde_json::from_slice(&text).with_context(|| format!("in {}", path.display()))?;
    let path = folder.join("model.safetensors");
    let tensors = candle_core::safetensors::load(&path, &Device::Cpu)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let get = |name: &str| -> Result<Tensor> {
        let tensor = tensors.get(name).with_context(|| format!("no tensor {name} in {}", path.display()))?;
        Ok(tensor.to_dtype(DType::F32)?)
    };
    let mut insert = |name: &str, tensor: Tensor| -> Result<()> {
        Ok(parameters.insert(name, tensor.flatten_all()?.to_vec1()?, tensor.dims())?)
    };
    insert("encoder.positions", get("embeddings.position_embeddings.weight")?)?;
    insert("encoder.norm", get("embeddings.LayerNorm.weight")?)?;
    insert("encoder.norm.bias", get("embeddings.LayerNorm.bias")?)?;
    for layer in 0..sizes.layers {
        let (ours, theirs) = (format!("encoder.{layer}"), format!("encoder.layer.{layer}"));
        let linear = |name: &str| -> Result<(Tensor, Tensor)> {
            Ok((get(&format!("{theirs}.{name}.weight"))?.t()?, get(&format!("{theirs}.{name}.bias"))?))
        };
        let [query, key, value] =
            ["query", "key", "value"].map(|name| linear(&format!("attention.self.{name}")));
        let ((query, query_bias), (key, key_bias), (value, value_bias)) = (query?, key?, value?);
        insert(&format!("{ours}.attention"), Tensor::cat(&[query, key, value], 1)?)?;
        insert(&format!("{ours}.attention.bias"), Tensor::cat(&[query_bias, key_bias, value_bias], 0)?)?;
        let products =
            [("mixed", "attention.output.dense"), ("inner", "intermediate.dense"), ("outer", "output.dense")];
        for (name, from) in products {
            let (weight, bias) = linear(from)?;
            insert(&format!("{ours}.{name}"), weight)?;
            insert(&format!("{ours}.{name}.bias"), bias)?;
        }
        for (name, from) in [("mixed.norm", "attention.output.LayerNorm"), ("outer.norm", "output.LayerNorm")]
        {
            insert(&format!("{ours}.{name}"), get(&format!("{theirs}.{from}.weight"))?)?;
            insert(&format!("{ours}.{name}.bias"), get(&format!("{theirs}.{from}.bias"))?)?;
        }
    }
    let words = get("embeddings.word_embeddings.weight")?;
    let kind = get("embeddings.token_type_embeddings.weight")?.get(0)?;
    let words = words.broadcast_add(&kind)?;
    parameters.freeze("encoder.words", words.flatten_all()?.to_vec1()?, words.dims())?;
    Ok(sizes)
}

/// A batch of sentences as word pieces, padded.
pub struct Pieces {
    rows: usize,
    length: usize,
    /// `[rows * length]`
    ids: Tensor,
    /// Shape of the word that a piece belongs to, `[rows * length]`.
    shapes: Tensor,
    /// `[rows, 1, 1, length]`: 0 for a piece, -1e9 for padding.
    padding: Tensor,
    /// Positions of each word's first and last piece, `[rows * words]` each.
    first: Tensor,
    last: Tensor,
}

/// The vocabulary rows that begin and end a sentence.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    pub begin: u32,
    pub end: u32,
}

/// Word pieces of a sentence, the marks at its ends not counted.
pub fn piece_count(example: &Example, space: &FeatureSpace, features: &mut WordFeatures) -> usize {
    let mut count = 0;
    for form in &example.forms {
        space.extract(form, features);
        count += features.pieces.len();
    }
    count
}

impl Pieces {
    /// Cuts the words into pieces; `words` is the batch's padded length in words. `no_shape` is
    /// the shape of the marks and the padding.
    pub fn new(
        examples: &[&Example],
        words: usize,
        space: &FeatureSpace,
        marks: Marks,
        no_shape: u32,
    ) -> Result<Self> {
        let mut features = WordFeatures::default();
        let rows = examples.len();
        let longest = examples.iter().map(|example| piece_count(example, space, &mut features)).max();
        let length = longest.unwrap_or(0) + 2;
        let mut ids = vec![0u32; rows * length];
        let mut shapes = vec![no_shape; rows * length];
        let mut padding = vec![-1e9f32; rows * length];
        let (mut first, mut last) = (vec![0u32; rows * words], vec![0u32; rows * words]);
        for (row, example) in examples.iter().enumerate() {
            let start = row * length;
            let mut at = start;
            let mut push = |id: u32, shape: u32| {
                (ids[at], shapes[at], padding[at]) = (id, shape, 0.0);
                at += 1;
                at as u32 - 1
            };
            push(marks.begin, no_shape);
            for (word, form) in example.forms.iter().enumerate() {
                space.extract(form, &mut features);
                let positions = features.pieces.iter().map(|&piece| push(piece, features.shape));
                let positions = positions
                    .fold(None, |ends: Option<(u32, u32)>, at| Some((ends.map_or(at, |ends| ends.0), at)));
                let (from, to) = positions.unwrap_or((start as u32, start as u32));
                first[row * words + word] = from;
                last[row * words + word] = to;
            }
            push(marks.end, no_shape);
        }
        let device = &Device::Cpu;
        Ok(Self {
            rows,
            length,
            ids: Tensor::new(ids, device)?,
            shapes: Tensor::new(shapes, device)?,
            padding: Tensor::from_vec(padding, (rows, 1, 1, length), device)?,
            first: Tensor::new(first, device)?,
            last: Tensor::new(last, device)?,
        })
    }
}

/// Vectors of the batch's words, `[rows * words, width]`: the mean of a word's first and last
/// piece after the last layer.
pub fn encode(parameters: &Parameters, sizes: EncoderSizes, pieces: &Pieces) -> candle_core::Result<Tensor> {
    let get = |name: &str| parameters.get(&format!("encoder.{name}"));
    let norm = |name: &str, x: &Tensor| layer_norm(x, get(name)?, get(&format!("{name}.bias"))?, EPSILON);
    let linear = |name: &str, x: &Tensor| parameters.apply(&format!("encoder.{name}"), x);
    let (rows, length, width) = (pieces.rows, pieces.length, sizes.width);
    let shapes = get("shapes")?.index_select(&pieces.shapes, 0)?;
    let words = (get("words")?.index_select(&pieces.ids, 0)? + shapes)?.reshape((rows, length, width))?;
    let x = words.broadcast_add(&get("positions")?.narrow(0, 0, length)?)?.reshape((rows * length, width))?;
    let mut x = norm("norm", &x)?;
    for layer in 0..sizes.layers {
        let attended = attention(&linear(&format!("{layer}.attention"), &x)?, sizes, pieces)?;
        let mixed = linear(&format!("{layer}.mixed"), &attended)?;
        x = norm(&format!("{layer}.mixed.norm"), &(x + mixed)?)?;
        let inner = gelu(&linear(&format!("{layer}.inner"), &x)?)?;
        let outer = linear(&format!("{layer}.outer"), &inner)?;
        x = norm(&format!("{layer}.outer.norm"), &(x + outer)?)?;
    }
    (x.index_select(&pieces.first, 0)? + x.index_select(&pieces.last, 0)?)? * 0.5
}

/// Scaled dot-product attention over queries, keys and values side by side,
/// `[rows * length, 3 * width]`.
fn attention(all: &Tensor, sizes: EncoderSizes, pieces: &Pieces) -> candle_core::Result<Tensor> {
    let (rows, length, width) = (pieces.rows, pieces.length, sizes.width);
    let size = width / sizes.heads;
    let part = |index: usize| {
        all.narrow(1, index * width, width)?
            .reshape((rows, length, sizes.heads, size))?
            .transpose(1, 2)?
            .contiguous()
    };
    let scores = (part(0)? * (1.0 / (size as f64).sqrt()))?.matmul(&part(1)?.t()?)?;
    let weights = candle_nn::ops::softmax(&scores.broadcast_add(&pieces.padding)?, D::Minus1)?;
    weights.matmul(&part(2)?)?.transpose(1, 2)?.reshape((rows * length, width))
}
