//! BERT with cross-attention: the tag encoder, the text decoder, and a text encoder.

mod attention;
mod cache;
mod decoder;
mod embeddings;
mod layer;
mod mask;

use candle_core::{Result, Tensor};

use super::config::BertConfig;
use crate::nn::{Context, Init, ParametersError, Scope};
use embeddings::Embeddings;
use layer::BertLayer;

pub use cache::KeyValueCache;
pub use decoder::TextDecoder;

pub(super) use attention::AttentionBlock;
pub(super) use layer::FeedForward;

const INIT_DEVIATION: f64 = 0.02;
const INIT: Init = Init::Normal { deviation: INIT_DEVIATION };

/// A batch of texts.
#[derive(Clone, Copy, Debug)]
pub struct TextInput<'a> {
    /// Token ids (B, L), u32.
    pub ids: &'a Tensor,
    /// (B, L), 1 for tokens and 0 for padding, of any type; without one nothing is padding.
    pub mask: Option<&'a Tensor>,
    /// Whether tokens see only themselves and those before, as in a decoder.
    pub causal: bool,
}

/// Embeddings and layers of self-attention, cross-attention and feed-forward blocks.
///
/// Given a source of cross-attention it is BLIP's *multimodal* mode; without one the
/// cross-attention is left out, which is its *text* mode.
#[derive(Debug)]
pub struct Bert {
    embeddings: Embeddings,
    layers: Vec<BertLayer>,
    /// What its intermediate tensors are called.
    probe: &'static str,
}

impl Bert {
    /// `source_width` is the width of what the cross-attention attends to. `probe` begins the
    /// names of intermediate tensors: `tagenc`, `dec`.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(
        config: &BertConfig,
        source_width: usize,
        probe: &'static str,
        scope: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        let layers = Self::layers_scope(scope);
        let layer = |index: usize| BertLayer::new(config, source_width, &layers.pp(index));
        Ok(Self {
            embeddings: Embeddings::new(config, &scope.pp("embeddings"))?,
            layers: (0..config.layers).map(layer).collect::<std::result::Result<_, _>>()?,
            probe,
        })
    }

    /// Where the layers lie, in a BERT of this scope.
    pub(super) fn layers_scope(scope: &Scope) -> Scope {
        scope.pp("encoder").pp("layer")
    }

    /// (B, L) ids → (B, L, W). Every token may attend to all of `source` (B, M, source width).
    ///
    /// # Errors
    /// If an id or a position is out of range, or shapes differ.
    pub fn forward(
        &self,
        input: TextInput<'_>,
        source: Option<&Tensor>,
        context: &Context,
    ) -> Result<Tensor> {
        let mut x = self.embeddings.forward(input.ids, 0, context)?;
        context.probe(|| format!("{}.embeddings", self.probe), &x);
        let mask = mask::additive(input)?;
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x, mask.as_ref(), source, context)?;
            context.probe(|| format!("{}.layer.{index}", self.probe), &x);
        }
        Ok(x)
    }

    /// The same, causal and without padding, for ids (B, L) that follow those in the cache, which
    /// they join. `source` is read when the cache is empty, and remembered there.
    ///
    /// # Errors
    /// As [`Bert::forward`].
    pub fn forward_cached(
        &self,
        ids: &Tensor,
        source: Option<&Tensor>,
        cache: &mut KeyValueCache,
        context: &Context,
    ) -> Result<Tensor> {
        let (past, length) = (cache.len(), ids.dim(1)?);
        let mut x = self.embeddings.forward(ids, past, context)?;
        let mask = mask::continued(past, length, ids.device())?;
        cache.grow(self.layers.len(), length);
        for (layer, cache) in self.layers.iter().zip(cache.layers_mut()) {
            x = layer.forward_cached(&x, mask.as_ref(), source, cache, context)?;
        }
        Ok(x)
    }

    /// The word embeddings (V, W).
    pub fn word_embeddings(&self) -> &Tensor {
        self.embeddings.words()
    }
}
