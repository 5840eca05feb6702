use candle_core::{Result, Tensor};

use super::bert::{AttentionBlock, Bert, FeedForward};
use super::config::Tag2TextConfig;
use crate::nn::{Context, Embedding, Init, ParametersError, Scope, at_least_f32, group_wise_linear};

/// The recognition decoder: each tag's embedding attends to the image, never to another tag, and
/// has a classifier of its own. Its layers are the first of the tag encoder, used with another
/// number of heads.
#[derive(Debug)]
pub struct TaggingHead {
    label_embed: Embedding,
    layers: Vec<(AttentionBlock, FeedForward)>,
    /// (1, C, W).
    weight: Tensor,
    /// (1, C).
    bias: Tensor,
}

impl TaggingHead {
    /// `label_embed`, `fc` and `tagging_head` in this scope; the layers in `tag_encoder`'s.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(
        config: &Tag2TextConfig,
        scope: &Scope,
        tag_encoder: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        let (width, layers) = (config.text.hidden_size, Bert::layers_scope(&scope.pp("tagging_head")));
        let layer = |index: usize| {
            let scope = layers.shared(index, &Bert::layers_scope(tag_encoder).pp(index));
            let (source, cross) = (config.image.width(), scope.pp("crossattention"));
            let attention = AttentionBlock::new(&config.text, source, config.tagging.heads, &cross)?;
            Ok((attention, FeedForward::new(&config.text, &scope)?))
        };
        let (classifier, init) = (scope.pp("fc"), Init::Uniform { bound: 1.0 / (width as f64).sqrt() });
        Ok(Self {
            label_embed: Embedding::new(&scope.pp("label_embed"), config.tags, width, 1.0)?,
            layers: (0..config.tagging.layers)
                .map(layer)
                .collect::<std::result::Result<_, ParametersError>>()?,
            weight: classifier.get((1, config.tags, width), "W", init)?,
            bias: classifier.get((1, config.tags), "b", init)?,
        })
    }

    /// E (B, N, D) → logits (B, C), in f32; of these tags only (u32 ids), if given: the others
    /// make no difference to them.
    ///
    /// # Errors
    /// If an id is out of range, or the width differs.
    pub fn forward(&self, image: &Tensor, tags: Option<&Tensor>, context: &Context) -> Result<Tensor> {
        let chosen = |parameter: &Tensor, dimension| {
            let parameter = context.master(parameter);
            tags.map_or(Ok(parameter.clone()), |tags| parameter.index_select(tags, dimension))
        };
        let labels = chosen(self.label_embed.weight(), 0)?.to_dtype(context.dtype())?.unsqueeze(0)?;
        let mut x = labels;
        for (index, (attention, feed_forward)) in self.layers.iter().enumerate() {
            x = attention.forward(&x, &attention.keys_values(image, context)?, None, context)?;
            context.probe(|| format!("tagging.layer.{index}.cross"), &x);
            x = feed_forward.forward(&x, context)?;
            context.probe(|| format!("tagging.layer.{index}"), &x);
        }
        let x = at_least_f32(&x)?;
        let weight = chosen(&self.weight, 1)?.to_dtype(x.dtype())?;
        let bias = chosen(&self.bias, 1)?.to_dtype(x.dtype())?;
        let logits = group_wise_linear(&x, &weight, &bias)?;
        context.probe(|| "tagging.logits".to_owned(), &logits);
        Ok(logits)
    }
}
