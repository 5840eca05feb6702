//! A BERT encoder (Devlin et al. 2019) that can be trained, over word pieces.
//!
//! candle-transformers' BERT normalises and attends with operations that have no backward pass.

use anyhow::Result;
use candle_core::{D, Tensor};

use crate::layers::{gelu, layer_norm};
use crate::parameters::Parameters;
use crate::pretrained::{EncoderSizes, Pretrained};
use crate::word_pieces::PieceBatch;

const EPSILON: f32 = 1e-12;

/// Takes the pretrained weights into `parameters` under `encoder.`. The word embeddings stay as
/// they are, so that pieces which no treebank has keep their place among the others.
///
/// # Errors
/// If a tensor is missing or has another shape than `config.json` has it.
pub fn load(pretrained: &Pretrained, parameters: &mut Parameters) -> Result<EncoderSizes> {
    let sizes = pretrained.sizes()?;
    let width = sizes.width;
    let positions = pretrained.weights("embeddings.position_embeddings.weight", &[sizes.longest, width])?;
    insert(parameters, "encoder.positions", &positions)?;
    load_norm(pretrained, parameters, "encoder.norm", "embeddings.LayerNorm", width)?;
    for layer in 0..sizes.layers {
        load_layer(pretrained, parameters, layer, sizes)?;
    }
    let words =
        pretrained.weights("embeddings.word_embeddings.weight", &[pretrained.vocabulary.len(), width])?;
    let kinds = pretrained.weights("embeddings.token_type_embeddings.weight", &[sizes.kinds, width])?;
    let words = words.broadcast_add(&kinds.get(0)?)?;
    parameters.freeze("encoder.words", words.flatten_all()?.to_vec1()?, words.dims())?;
    Ok(sizes)
}

fn load_layer(
    pretrained: &Pretrained,
    parameters: &mut Parameters,
    layer: usize,
    sizes: EncoderSizes,
) -> Result<()> {
    let EncoderSizes { width, inner, .. } = sizes;
    let (ours, theirs) = (format!("encoder.{layer}"), format!("encoder.layer.{layer}"));
    let linear = |name: &str, from: usize, to: usize| -> Result<(Tensor, Tensor)> {
        let weight = pretrained.weights(&format!("{theirs}.{name}.weight"), &[to, from])?;
        Ok((weight.t()?, pretrained.weights(&format!("{theirs}.{name}.bias"), &[to])?))
    };
    let [query, key, value] =
        ["query", "key", "value"].map(|name| linear(&format!("attention.self.{name}"), width, width));
    let ((query, query_bias), (key, key_bias), (value, value_bias)) = (query?, key?, value?);
    insert(parameters, &format!("{ours}.attention"), &Tensor::cat(&[query, key, value], 1)?)?;
    let biases = Tensor::cat(&[query_bias, key_bias, value_bias], 0)?;
    insert(parameters, &format!("{ours}.attention.bias"), &biases)?;
    let products = [
        ("mixed", "attention.output.dense", width, width),
        ("inner", "intermediate.dense", width, inner),
        ("outer", "output.dense", inner, width),
    ];
    for (name, theirs, from, to) in products {
        let (weight, bias) = linear(theirs, from, to)?;
        insert(parameters, &format!("{ours}.{name}"), &weight)?;
        insert(parameters, &format!("{ours}.{name}.bias"), &bias)?;
    }
    for (name, from) in [("mixed.norm", "attention.output.LayerNorm"), ("outer.norm", "output.LayerNorm")] {
        load_norm(pretrained, parameters, &format!("{ours}.{name}"), &format!("{theirs}.{from}"), width)?;
    }
    Ok(())
}

fn load_norm(
    pretrained: &Pretrained,
    parameters: &mut Parameters,
    ours: &str,
    theirs: &str,
    width: usize,
) -> Result<()> {
    insert(parameters, ours, &pretrained.weights(&format!("{theirs}.weight"), &[width])?)?;
    insert(parameters, &format!("{ours}.bias"), &pretrained.weights(&format!("{theirs}.bias"), &[width])?)
}

fn insert(parameters: &mut Parameters, name: &str, tensor: &Tensor) -> Result<()> {
    Ok(parameters.insert(name, tensor.flatten_all()?.to_vec1()?, tensor.dims())?)
}

/// Vectors of the batch's words, `[rows * words, width]`: the mean of a word's first and last
/// piece after the last layer.
pub fn encode(
    parameters: &Parameters,
    sizes: EncoderSizes,
    pieces: &PieceBatch,
) -> candle_core::Result<Tensor> {
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
fn attention(all: &Tensor, sizes: EncoderSizes, pieces: &PieceBatch) -> candle_core::Result<Tensor> {
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
