//! The vision transformer, as in BLIP.

use candle_core::{Result, Tensor};

use super::config::VitConfig;
use super::patch_embed::PatchEmbed;
use crate::nn::{
    Context, Init, LayerNorm, Linear, Mlp, ParametersError, Scope, add_parameter, attend, drop_path,
    merge_heads, repeat_batch,
};

const LAYER_NORM_EPS: f64 = 1e-6;
const INIT: Init = Init::TruncatedNormal { deviation: 0.02 };

/// ViT: patches and a learned class token, one global attention in each block.
#[derive(Debug)]
pub struct Vit {
    patch_embed: PatchEmbed,
    cls_token: Tensor,
    pos_embed: Tensor,
    blocks: Vec<Block>,
    norm: LayerNorm,
}

impl Vit {
    /// Takes a valid configuration.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(config: &VitConfig, scope: &Scope) -> std::result::Result<Self, ParametersError> {
        let tokens = 1 + (config.image_size / config.patch_size).pow(2);
        let block = |index| {
            let rate = config.drop_path * index as f64 / (config.depth.max(2) - 1) as f64;
            Block::new(config, rate, &scope.pp("blocks").pp(index))
        };
        Ok(Self {
            patch_embed: PatchEmbed::new(&scope.pp("patch_embed"), config.patch_size, config.width)?,
            cls_token: scope.get((1, 1, config.width), "cls_token", INIT)?,
            pos_embed: scope.get((1, tokens, config.width), "pos_embed", INIT)?,
            blocks: (0..config.depth).map(block).collect::<std::result::Result<_, _>>()?,
            norm: LayerNorm::new(&scope.pp("norm"), config.width, LAYER_NORM_EPS)?,
        })
    }

    /// (B, 3, S, S) → (B, 1 + (S/patch)², width), the class token first.
    ///
    /// # Errors
    /// If the images have another size.
    pub fn forward(&self, images: &Tensor, context: &Context) -> Result<Tensor> {
        let patches = self.patch_embed.forward(images, context)?;
        context.probe(|| "vis.patch_embed".to_owned(), &patches);
        let class = repeat_batch(&context.weight(&self.cls_token)?, patches.dim(0)?)?;
        let tokens = Tensor::cat(&[&class, &patches], 1)?;
        let mut x = add_parameter(&tokens, &context.master(&self.pos_embed))?;
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, context)?;
            context.probe(|| format!("vis.blocks.{index}"), &x);
        }
        let x = self.norm.forward(&x, context)?;
        context.probe(|| "vis.out".to_owned(), &x);
        Ok(x)
    }
}

#[derive(Debug)]
struct Block {
    norm1: LayerNorm,
    qkv: Linear,
    projection: Linear,
    norm2: LayerNorm,
    mlp: Mlp,
    heads: usize,
    drop_path: f64,
}

impl Block {
    fn new(config: &VitConfig, drop_path: f64, scope: &Scope) -> std::result::Result<Self, ParametersError> {
        let (width, attention) = (config.width, scope.pp("attn"));
        Ok(Self {
            norm1: LayerNorm::new(&scope.pp("norm1"), width, LAYER_NORM_EPS)?,
            qkv: Linear::new(&attention.pp("qkv"), width, 3 * width, INIT)?,
            projection: Linear::new(&attention.pp("proj"), width, width, INIT)?,
            norm2: LayerNorm::new(&scope.pp("norm2"), width, LAYER_NORM_EPS)?,
            mlp: Mlp::new(&scope.pp("mlp"), width, 4 * width, INIT)?,
            heads: config.heads,
            drop_path,
        })
    }

    fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        let attended = self.attention(&self.norm1.forward(x, context)?, context)?;
        let x = (x + drop_path(&attended, self.drop_path, context)?)?;
        let transformed = self.mlp.forward(&self.norm2.forward(&x, context)?, context)?;
        &x + drop_path(&transformed, self.drop_path, context)?
    }

    fn attention(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        let [queries, keys, values] = split_qkv(&self.qkv.forward(x, context)?, self.heads)?;
        let attended = attend(&queries, &keys, &values, None, 0.0, context)?;
        self.projection.forward(&merge_heads(&attended)?, context)
    }
}

/// (B, N, 3·C) → queries, keys and values (B, heads, N, C/heads), with a single copy.
pub(super) fn split_qkv(qkv: &Tensor, heads: usize) -> Result<[Tensor; 3]> {
    let (batch, tokens, width) = qkv.dims3()?;
    let qkv = qkv
        .reshape((batch, tokens, 3, heads, width / (3 * heads)))?
        .permute((2, 0, 3, 1, 4))?
        .contiguous()?;
    Ok([qkv.get(0)?, qkv.get(1)?, qkv.get(2)?])
}
