//! The Swin transformer.

mod attention;
mod block;
mod windows;

use candle_core::{D, Result, Tensor};

use super::config::SwinConfig;
use super::patch_embed::PatchEmbed;
use crate::nn::{Context, Init, LayerNorm, Linear, ParametersError, Scope, at_least_f32};
use block::Block;
use windows::Windows;

const LAYER_NORM_EPS: f64 = 1e-5;
const INIT: Init = Init::TruncatedNormal { deviation: 0.02 };

/// Swin: attention in windows that every other block shifts, and stages that halve the
/// resolution. Its global token is the mean of the others.
#[derive(Debug)]
pub struct Swin {
    patch_embed: PatchEmbed,
    patch_norm: LayerNorm,
    stages: Vec<Stage>,
    norm: LayerNorm,
}

#[derive(Debug)]
struct Stage {
    blocks: Vec<Block>,
    downsample: Option<Downsample>,
}

impl Swin {
    /// Takes a valid configuration.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(config: &SwinConfig, scope: &Scope) -> std::result::Result<Self, ParametersError> {
        let last = config.depths.len() - 1;
        let patch_embed = scope.pp("patch_embed");
        let stage = |stage| Stage::new(config, stage, &scope.pp("layers").pp(stage));
        Ok(Self {
            patch_embed: PatchEmbed::new(&patch_embed, config.patch_size, config.embed_dim)?,
            patch_norm: LayerNorm::new(&patch_embed.pp("norm"), config.embed_dim, LAYER_NORM_EPS)?,
            stages: (0..=last).map(stage).collect::<std::result::Result<_, _>>()?,
            norm: LayerNorm::new(&scope.pp("norm"), config.width(last), LAYER_NORM_EPS)?,
        })
    }

    /// (B, 3, S, S) → (B, 1 + n, D): the mean of the n tokens first.
    ///
    /// # Errors
    /// If the images have another size.
    pub fn forward(&self, images: &Tensor, context: &Context) -> Result<Tensor> {
        let mut x = self.patch_norm.forward(&self.patch_embed.forward(images, context)?, context)?;
        context.probe(|| "vis.patch_embed".to_owned(), &x);
        for (index, stage) in self.stages.iter().enumerate() {
            x = stage.forward(&x, index, context)?;
        }
        let x = self.norm.forward(&x, context)?;
        let mean = at_least_f32(&x)?.mean_keepdim(1)?.to_dtype(x.dtype())?;
        let x = Tensor::cat(&[&mean, &x], 1)?;
        context.probe(|| "vis.out".to_owned(), &x);
        Ok(x)
    }
}

impl Stage {
    fn new(config: &SwinConfig, stage: usize, scope: &Scope) -> std::result::Result<Self, ParametersError> {
        let (side, width) = (config.resolution(stage), config.width(stage));
        let plain = Windows::new(side, config.window_size, false, scope.device())?;
        let shifted = Windows::new(side, config.window_size, true, scope.device())?;
        let before: usize = config.depths[..stage].iter().sum();
        let last = config.depths.iter().sum::<usize>().max(2) - 1;
        let block = |index: usize| {
            let windows = if index.is_multiple_of(2) { &plain } else { &shifted };
            let rate = config.drop_path * (before + index) as f64 / last as f64;
            let scope = scope.pp("blocks").pp(index);
            Block::new(width, config.heads[stage], windows.clone(), rate, &scope)
        };
        let blocks = (0..config.depths[stage]).map(block).collect::<std::result::Result<_, _>>()?;
        let downsample = (stage + 1 < config.depths.len())
            .then(|| Downsample::new(side, width, &scope.pp("downsample")))
            .transpose()?;
        Ok(Self { blocks, downsample })
    }

    fn forward(&self, x: &Tensor, stage: usize, context: &Context) -> Result<Tensor> {
        let mut x = x.clone();
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, context)?;
            context.probe(|| format!("vis.layers.{stage}.blocks.{index}"), &x);
        }
        if let Some(downsample) = &self.downsample {
            x = downsample.forward(&x, context)?;
            context.probe(|| format!("vis.layers.{stage}.downsample"), &x);
        }
        Ok(x)
    }
}

/// Joins each 2 × 2 neighbours into a token of twice the width.
#[derive(Debug)]
struct Downsample {
    norm: LayerNorm,
    reduction: Linear,
    side: usize,
}

impl Downsample {
    fn new(side: usize, width: usize, scope: &Scope) -> std::result::Result<Self, ParametersError> {
        Ok(Self {
            norm: LayerNorm::new(&scope.pp("norm"), 4 * width, LAYER_NORM_EPS)?,
            reduction: Linear::without_bias(&scope.pp("reduction"), 4 * width, 2 * width, INIT)?,
            side,
        })
    }

    fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        let (batch, half) = (x.dim(0)?, self.side / 2);
        let width = x.dim(D::Minus1)?;
        // The row varies first: (even, even), (odd row, even column), (even, odd), (odd, odd).
        let joined = x
            .reshape(&[batch, half, 2, half, 2, width][..])?
            .permute([0, 1, 3, 4, 2, 5])?
            .reshape((batch, half * half, 4 * width))?;
        self.reduction.forward(&self.norm.forward(&joined, context)?, context)
    }
}
