use candle_core::{Result, Tensor};

use super::attention::WindowAttention;
use super::windows::Windows;
use super::{INIT, LAYER_NORM_EPS};
use crate::nn::{Context, LayerNorm, Mlp, ParametersError, Scope, drop_path};

/// Attention in windows and a feed-forward block, each normalised before.
#[derive(Debug)]
pub(super) struct Block {
    norm1: LayerNorm,
    attention: WindowAttention,
    norm2: LayerNorm,
    mlp: Mlp,
    drop_path: f64,
}

impl Block {
    pub(super) fn new(
        width: usize,
        heads: usize,
        windows: Windows,
        drop_path: f64,
        scope: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        Ok(Self {
            norm1: LayerNorm::new(&scope.pp("norm1"), width, LAYER_NORM_EPS)?,
            attention: WindowAttention::new(width, heads, windows, &scope.pp("attn"))?,
            norm2: LayerNorm::new(&scope.pp("norm2"), width, LAYER_NORM_EPS)?,
            mlp: Mlp::new(&scope.pp("mlp"), width, 4 * width, INIT)?,
            drop_path,
        })
    }

    /// (B, tokens, C) → (B, tokens, C).
    pub(super) fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        let attended = self.attention.forward(&self.norm1.forward(x, context)?, context)?;
        let x = (x + drop_path(&attended, self.drop_path, context)?)?;
        let transformed = self.mlp.forward(&self.norm2.forward(&x, context)?, context)?;
        &x + drop_path(&transformed, self.drop_path, context)?
    }
}
