use candle_core::{Result, Tensor};

use super::super::config::BertConfig;
use super::INIT;
use super::attention::AttentionBlock;
use super::cache::LayerCache;
use crate::nn::{Context, LayerNorm, Linear, ParametersError, Scope, dropout, gelu};

/// Self-attention, cross-attention, feed-forward: each added to its input and then normalised.
#[derive(Debug)]
pub(super) struct BertLayer {
    attention: AttentionBlock,
    cross_attention: AttentionBlock,
    feed_forward: FeedForward,
}

impl BertLayer {
    pub(super) fn new(
        config: &BertConfig,
        source_width: usize,
        scope: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        let (width, heads) = (config.hidden_size, config.heads);
        let cross = scope.pp("crossattention");
        Ok(Self {
            attention: AttentionBlock::new(config, width, heads, &scope.pp("attention"))?,
            cross_attention: AttentionBlock::new(config, source_width, heads, &cross)?,
            feed_forward: FeedForward::new(config, scope)?,
        })
    }

    pub(super) fn forward(
        &self,
        x: &Tensor,
        mask: Option<&Tensor>,
        source: Option<&Tensor>,
        context: &Context,
    ) -> Result<Tensor> {
        let mut x = self.attention.forward(x, &self.attention.keys_values(x, context)?, mask, context)?;
        if let Some(source) = source {
            let found = self.cross_attention.keys_values(source, context)?;
            x = self.cross_attention.forward(&x, &found, None, context)?;
        }
        self.feed_forward.forward(&x, context)
    }

    pub(super) fn forward_cached(
        &self,
        x: &Tensor,
        mask: Option<&Tensor>,
        source: Option<&Tensor>,
        cache: &mut LayerCache,
        context: &Context,
    ) -> Result<Tensor> {
        let own = cache.append(self.attention.keys_values(x, context)?)?;
        let mut x = self.attention.forward(x, own, mask, context)?;
        if let (None, Some(source)) = (&cache.source, source) {
            cache.source = Some(self.cross_attention.keys_values(source, context)?);
        }
        if let Some(found) = &cache.source {
            x = self.cross_attention.forward(&x, found, None, context)?;
        }
        self.feed_forward.forward(&x, context)
    }
}

/// Two linear layers with a GELU between, added to their input and normalised.
#[derive(Debug)]
pub(in super::super) struct FeedForward {
    intermediate: Linear,
    output: Linear,
    norm: LayerNorm,
    dropout: f64,
}

impl FeedForward {
    /// `intermediate.dense` and `output.{dense,LayerNorm}`.
    pub(in super::super) fn new(
        config: &BertConfig,
        scope: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        let (width, hidden, output) = (config.hidden_size, config.intermediate_size, scope.pp("output"));
        Ok(Self {
            intermediate: Linear::new(&scope.pp("intermediate").pp("dense"), width, hidden, INIT)?,
            output: Linear::new(&output.pp("dense"), hidden, width, INIT)?,
            norm: LayerNorm::new(&output.pp("LayerNorm"), width, config.layer_norm_eps)?,
            dropout: config.dropout,
        })
    }

    /// (B, L, W) → (B, L, W).
    pub(in super::super) fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        let hidden = gelu(&self.intermediate.forward(x, context)?)?;
        let output = dropout(&self.output.forward(&hidden, context)?, self.dropout, context)?;
        self.norm.forward(&(output + x)?, context)
    }
}
