use candle_core::{Result, Tensor};

use super::super::config::BertConfig;
use super::INIT;
use super::cache::KeysValues;
use crate::nn::{
    Context, LayerNorm, Linear, ParametersError, Scope, attend, dropout, merge_heads, repeat_batch,
    split_heads,
};

/// Attention, added to its input and normalised.
#[derive(Debug)]
pub(in super::super) struct AttentionBlock {
    query: Linear,
    key: Linear,
    value: Linear,
    dense: Linear,
    norm: LayerNorm,
    heads: usize,
    dropout: f64,
    attention_dropout: f64,
}

impl AttentionBlock {
    /// `self.{query,key,value}` and `output.{dense,LayerNorm}`. `heads` need not be those of the
    /// configuration: the tagging head uses the same weights with fewer.
    pub(in super::super) fn new(
        config: &BertConfig,
        source_width: usize,
        heads: usize,
        scope: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        let (width, own, output) = (config.hidden_size, scope.pp("self"), scope.pp("output"));
        Ok(Self {
            query: Linear::new(&own.pp("query"), width, width, INIT)?,
            key: Linear::new(&own.pp("key"), source_width, width, INIT)?,
            value: Linear::new(&own.pp("value"), source_width, width, INIT)?,
            dense: Linear::new(&output.pp("dense"), width, width, INIT)?,
            norm: LayerNorm::new(&output.pp("LayerNorm"), width, config.layer_norm_eps)?,
            heads,
            dropout: config.dropout,
            attention_dropout: config.attention_dropout,
        })
    }

    /// Of (B, M, source width): each (B, heads, M, d).
    pub(in super::super) fn keys_values(&self, source: &Tensor, context: &Context) -> Result<KeysValues> {
        let keys = split_heads(&self.key.forward(source, context)?, self.heads)?;
        let values = split_heads(&self.value.forward(source, context)?, self.heads)?;
        Ok((keys, values))
    }

    /// (B, L, W) → (B, L, W). `x` may have a batch of 1 where the keys have more: the queries are
    /// then computed once for all.
    pub(in super::super) fn forward(
        &self,
        x: &Tensor,
        (keys, values): &KeysValues,
        mask: Option<&Tensor>,
        context: &Context,
    ) -> Result<Tensor> {
        let mut queries = split_heads(&self.query.forward(x, context)?, self.heads)?;
        let mut x = x.clone();
        let batch = keys.dim(0)?;
        if x.dim(0)? == 1 && batch > 1 {
            queries = repeat_batch(&queries, batch)?;
            x = repeat_batch(&x, batch)?;
        }
        let attended = attend(&queries, keys, values, mask, self.attention_dropout, context)?;
        let output = self.dense.forward(&merge_heads(&attended)?, context)?;
        self.norm.forward(&(dropout(&output, self.dropout, context)? + x)?, context)
    }
}
