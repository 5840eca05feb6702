//! Small models, and the reference's files where they are at hand.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use tagger::model::{
    BertConfig, ImageEncoderConfig, SpecialTokens, SwinConfig, Tag2TextConfig, TaggingHeadConfig,
    TrainingBatch, VitConfig,
};
use tagger::nn::{SafetensorsFile, TensorSource};

/// A folder or file of the reference's.
pub fn reference(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/tag2text").join(name);
    if !path.exists() {
        eprintln!("skipped: shared/tag2text/{name} is not at hand");
        return None;
    }
    Some(path)
}

/// The reference's reduced sizes: "swin" or "vit".
pub fn tiny_config(kind: &str) -> Tag2TextConfig {
    let image = match kind {
        "swin" => ImageEncoderConfig::Swin(SwinConfig {
            image_size: 128,
            patch_size: 4,
            window_size: 4,
            embed_dim: 8,
            depths: vec![2, 2, 2, 2],
            heads: vec![1, 2, 4, 8],
            drop_path: 0.1,
        }),
        _ => ImageEncoderConfig::Vit(VitConfig {
            image_size: 64,
            patch_size: 16,
            width: 48,
            depth: 3,
            heads: 3,
            drop_path: 0.0,
        }),
    };
    Tag2TextConfig {
        image,
        text: BertConfig {
            vocabulary: 129,
            hidden_size: 32,
            layers: 3,
            heads: 4,
            intermediate_size: 64,
            positions: 64,
            ..BertConfig::base()
        },
        tagging: TaggingHeadConfig { layers: 2, heads: 2 },
        tags: 37,
        tokens: SpecialTokens { cls: 5, sep: 6, bos: 127, enc: 128 },
        tag_tokens: 40,
    }
}

/// Sizes for tests that need many passes.
pub fn smallest_config(kind: &str) -> Tag2TextConfig {
    let image = match kind {
        "swin" => ImageEncoderConfig::Swin(SwinConfig {
            image_size: 16,
            patch_size: 2,
            window_size: 4,
            embed_dim: 4,
            depths: vec![2, 2],
            heads: vec![1, 2],
            drop_path: 0.1,
        }),
        _ => ImageEncoderConfig::Vit(VitConfig {
            image_size: 8,
            patch_size: 4,
            width: 8,
            depth: 2,
            heads: 2,
            drop_path: 0.1,
        }),
    };
    let text = BertConfig {
        vocabulary: 19,
        hidden_size: 8,
        layers: 2,
        heads: 4,
        intermediate_size: 12,
        positions: 9,
        ..BertConfig::base()
    };
    Tag2TextConfig {
        image,
        text,
        tags: 5,
        tokens: SpecialTokens { cls: 1, sep: 2, bos: 17, enc: 18 },
        tag_tokens: 7,
        ..tiny_config(kind)
    }
}

/// Uniform in [−1, 1), f64.
pub fn random(dims: &[usize], seed: u64) -> Tensor {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let count = dims.iter().product();
    let values: Vec<f64> =
        (0..count).map(|_| f64::from(generator.next_u32()) / 2f64.powi(31) - 1.0).collect();
    Tensor::from_vec(values, dims, &Device::Cpu).unwrap()
}

pub fn random_f32(dims: &[usize], seed: u64) -> Tensor {
    random(dims, seed).to_dtype(DType::F32).unwrap()
}

pub fn random_ids(dims: &[usize], below: usize, seed: u64) -> Tensor {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let ids: Vec<u32> = (0..dims.iter().product()).map(|_| generator.next_u32() % below as u32).collect();
    Tensor::from_vec(ids, dims, &Device::Cpu).unwrap()
}

/// Ones, with the end of every second row zero.
pub fn padded_mask(batch: usize, length: usize) -> Tensor {
    let seen = |at: usize| (at / length).is_multiple_of(2) || at % length < length - 2;
    let mask: Vec<f32> = (0..batch * length).map(|at| if seen(at) { 1.0 } else { 0.0 }).collect();
    Tensor::from_vec(mask, (batch, length), &Device::Cpu).unwrap()
}

/// A random batch that fits the model. Every token and every tag occurs.
pub fn batch(config: &Tag2TextConfig, size: usize) -> TrainingBatch {
    let (side, length) = (config.image.image_size(), config.text.positions.min(9));
    let ids = random_ids(&[size, length], config.text.vocabulary, 2);
    TrainingBatch {
        images: random_f32(&[size, 3, side, side], 1),
        tags: random_ids(&[size, config.tags], 2, 3).to_dtype(DType::F32).unwrap(),
        tag_ids: random_ids(&[size, config.tag_tokens], config.text.vocabulary, 4),
        tag_mask: padded_mask(size, config.tag_tokens),
        caption_targets: ids.to_dtype(DType::I64).unwrap(),
        caption_ids: ids,
        caption_mask: padded_mask(size, length),
    }
}

pub fn read(file: &SafetensorsFile, name: &str) -> Tensor {
    file.read(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The largest absolute difference; NaN counts as infinite.
pub fn difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.dims(), b.dims());
    let values = |tensor: &Tensor| {
        tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap()
    };
    let difference = |(a, b): (f64, f64)| if (a - b).is_nan() { f64::INFINITY } else { (a - b).abs() };
    values(a).into_iter().zip(values(b)).map(difference).fold(0.0, f64::max)
}

pub fn largest(tensor: &Tensor) -> f64 {
    difference(tensor, &tensor.zeros_like().unwrap())
}
