use candle_core::{Result, Tensor};

use super::super::config::BertConfig;
use super::{Bert, INIT, KeyValueCache, TextInput};
use crate::nn::{Context, Init, LayerNorm, Linear, ParametersError, Scope, gelu};

/// A causal BERT and the head that predicts each next token. Its last matrix is the word
/// embeddings.
#[derive(Debug)]
pub struct TextDecoder {
    bert: Bert,
    transform: Linear,
    norm: LayerNorm,
    decoder: Linear,
}

impl TextDecoder {
    /// `bert.…` and `cls.predictions.…`; attends to tokens of width `source_width`.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(
        config: &BertConfig,
        source_width: usize,
        scope: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        let (width, head) = (config.hidden_size, scope.pp("cls").pp("predictions"));
        let bert_scope = scope.pp("bert");
        let bert = Bert::new(config, source_width, "dec", &bert_scope)?;
        let transform = head.pp("transform");
        // Both of the decoder's tensors have a second name.
        let words = head.shared("decoder", &bert_scope.pp("embeddings").pp("word_embeddings"));
        let init = Init::Constant(0.0);
        let weight = words.get((config.vocabulary, width), "weight", init)?;
        let bias = head.shared("decoder", &head).get(config.vocabulary, "bias", init)?;
        Ok(Self {
            bert,
            transform: Linear::new(&transform.pp("dense"), width, width, INIT)?,
            norm: LayerNorm::new(&transform.pp("LayerNorm"), width, config.layer_norm_eps)?,
            decoder: Linear::from_tensors(weight, Some(bias)),
        })
    }

    /// (B, L) ids with their mask → logits (B, L, V) of each next token, attending to all of
    /// `source` (B, M, source width).
    ///
    /// # Errors
    /// If an id or a position is out of range, or shapes differ.
    pub fn forward(
        &self,
        ids: &Tensor,
        mask: Option<&Tensor>,
        source: &Tensor,
        context: &Context,
    ) -> Result<Tensor> {
        let hidden = self.hidden(ids, mask, source, context)?;
        let logits = self.logits(&hidden, context)?;
        context.probe(|| "dec.logits".to_owned(), &logits);
        Ok(logits)
    }

    /// As [`TextDecoder::forward`], without the head: (B, L, W).
    ///
    /// # Errors
    /// As [`TextDecoder::forward`].
    pub fn hidden(
        &self,
        ids: &Tensor,
        mask: Option<&Tensor>,
        source: &Tensor,
        context: &Context,
    ) -> Result<Tensor> {
        self.bert.forward(TextInput { ids, mask, causal: true }, Some(source), context)
    }

    /// The head alone: (…, W) → (…, V).
    ///
    /// # Errors
    /// If the width differs.
    pub fn logits(&self, hidden: &Tensor, context: &Context) -> Result<Tensor> {
        let transformed = gelu(&self.transform.forward(hidden, context)?)?;
        self.decoder.forward(&self.norm.forward(&transformed, context)?, context)
    }

    /// Logits (B, V) of the token after `ids` (B, L), which follow those in the cache and join
    /// them. `source` is read when the cache is empty, and remembered there.
    ///
    /// # Errors
    /// As [`TextDecoder::forward`].
    pub fn next(
        &self,
        ids: &Tensor,
        source: &Tensor,
        cache: &mut KeyValueCache,
        context: &Context,
    ) -> Result<Tensor> {
        let hidden = self.bert.forward_cached(ids, Some(source), cache, context)?;
        let last = hidden.narrow(1, ids.dim(1)? - 1, 1)?.squeeze(1)?.contiguous()?;
        self.logits(&last, context)
    }
}
