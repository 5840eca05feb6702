use candle_core::{Result, Tensor};

use super::super::vit::split_qkv;
use super::INIT;
use super::windows::Windows;
use crate::nn::{Context, Linear, ParametersError, Scope, merge_heads, softmax_biased};

/// Attention among the tokens of a window, with a learned bias for each relative position.
#[derive(Debug)]
pub(super) struct WindowAttention {
    qkv: Linear,
    projection: Linear,
    /// ((2w − 1)², heads).
    bias_table: Tensor,
    /// (tokens · tokens), u32: the row of the table for each pair of tokens.
    bias_index: Tensor,
    windows: Windows,
    heads: usize,
}

impl WindowAttention {
    pub(super) fn new(
        width: usize,
        heads: usize,
        windows: Windows,
        scope: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        let offsets = 2 * windows.side - 1;
        Ok(Self {
            qkv: Linear::new(&scope.pp("qkv"), width, 3 * width, INIT)?,
            projection: Linear::new(&scope.pp("proj"), width, width, INIT)?,
            bias_table: scope.get((offsets * offsets, heads), "relative_position_bias_table", INIT)?,
            bias_index: relative_positions(windows.side, scope)?,
            windows,
            heads,
        })
    }

    /// (B, tokens, C) → (B, tokens, C).
    pub(super) fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        let x = self.windows.partition(x)?;
        let width = x.dim(2)?;
        let [queries, keys, values] = split_qkv(&self.qkv.forward(&x, context)?, self.heads)?;
        let scale = 1.0 / ((width / self.heads) as f64).sqrt();
        let scores = (queries * scale)?.matmul(&keys.t()?)?;
        let attended = merge_heads(&softmax_biased(&scores, &self.bias(context)?)?.matmul(&values)?)?;
        self.windows.join(&self.projection.forward(&attended, context)?)
    }

    /// (1 or windows, heads, tokens, tokens), with the mask of shifted windows.
    fn bias(&self, context: &Context) -> Result<Tensor> {
        let tokens = self.windows.side * self.windows.side;
        let bias = context
            .master(&self.bias_table)
            .index_select(&self.bias_index, 0)?
            .reshape((1, tokens, tokens, self.heads))?
            .permute((0, 3, 1, 2))?
            .contiguous()?;
        match &self.windows.mask {
            Some(mask) => bias.broadcast_add(&mask.to_dtype(bias.dtype())?),
            None => Ok(bias),
        }
    }
}

fn relative_positions(side: usize, scope: &Scope) -> Result<Tensor> {
    let tokens = side * side;
    let offset = |a: usize, b: usize| a + side - 1 - b;
    let mut index = Vec::with_capacity(tokens * tokens);
    for a in 0..tokens {
        for b in 0..tokens {
            let (down, right) = (offset(a / side, b / side), offset(a % side, b % side));
            index.push((down * (2 * side - 1) + right) as u32);
        }
    }
    Tensor::from_vec(index, tokens * tokens, scope.device())
}
