use candle_core::{Result, Tensor, bail};

use super::super::config::BertConfig;
use super::INIT_DEVIATION;
use crate::nn::{Context, Embedding, LayerNorm, ParametersError, Scope, add_parameter, dropout};

/// Words and positions. There are no token types.
#[derive(Debug)]
pub(super) struct Embeddings {
    words: Embedding,
    positions: Embedding,
    norm: LayerNorm,
    dropout: f64,
}

impl Embeddings {
    pub(super) fn new(config: &BertConfig, scope: &Scope) -> std::result::Result<Self, ParametersError> {
        let embedding =
            |name, count| Embedding::new(&scope.pp(name), count, config.hidden_size, INIT_DEVIATION);
        Ok(Self {
            words: embedding("word_embeddings", config.vocabulary)?.with_padding(config.pad),
            positions: embedding("position_embeddings", config.positions)?,
            norm: LayerNorm::new(&scope.pp("LayerNorm"), config.hidden_size, config.layer_norm_eps)?,
            dropout: config.dropout,
        })
    }

    /// (B, L) ids at the positions from `past` on → (B, L, W).
    pub(super) fn forward(&self, ids: &Tensor, past: usize, context: &Context) -> Result<Tensor> {
        let length = ids.dim(1)?;
        let available = self.positions.weight().dim(0)?;
        if past + length > available {
            bail!("a text of {} tokens is longer than the {available} positions", past + length);
        }
        let positions = context.master(self.positions.weight()).narrow(0, past, length)?;
        let embedded = add_parameter(&self.words.forward(ids, context)?, &positions)?;
        let normalised = self.norm.forward(&embedded, context)?.to_dtype(context.dtype())?;
        dropout(&normalised, self.dropout, context)
    }

    pub(super) fn words(&self) -> &Tensor {
        self.words.weight()
    }
}
