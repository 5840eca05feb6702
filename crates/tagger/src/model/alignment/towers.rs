//! The encoders with their projections, once as they are trained and once as momentum copies.

use candle_core::{Result, Tensor};

use super::{AlignmentConfig, normalised};
use crate::model::{Bert, ImageEncoder, Tag2TextConfig, TextInput};
use crate::nn::{Context, Init, Linear, ParametersError, Scope};

/// The modules that have a momentum copy, of the same names with `_m`.
pub(super) const MODULES: [&str; 4] = ["visual_encoder", "vision_proj", "text_encoder", "text_proj"];

/// An image encoder and a text encoder, with projections to common features.
#[derive(Debug)]
pub(super) struct Towers {
    image_encoder: ImageEncoder,
    image_projection: Linear,
    text_encoder: Bert,
    text_projection: Linear,
    /// Ends the names of features that are probed.
    suffix: &'static str,
}

impl Towers {
    /// `suffix` ends the modules' names.
    pub(super) fn new(
        config: &AlignmentConfig,
        model: &Tag2TextConfig,
        suffix: &'static str,
        text_encoder: &Scope,
        scope: &Scope,
    ) -> std::result::Result<Self, ParametersError> {
        let (image, text) = (model.image.width(), model.text.hidden_size);
        let named = |module: &str| scope.pp(format!("{module}{suffix}"));
        Ok(Self {
            image_encoder: ImageEncoder::new(&model.image, &named("visual_encoder"))?,
            image_projection: linear(&named("vision_proj"), image, config.features)?,
            text_encoder: Bert::new(&model.text, image, "textenc", text_encoder)?,
            text_projection: linear(&named("text_proj"), text, config.features)?,
            suffix,
        })
    }

    /// (B, 3, S, S) → (B, N, D).
    pub(super) fn encode_image(&self, images: &Tensor, context: &Context) -> Result<Tensor> {
        self.image_encoder.forward(images, context)
    }

    /// (B, N, D) → (B, F).
    pub(super) fn image_features(&self, image: &Tensor, context: &Context) -> Result<Tensor> {
        self.features("image", &self.image_projection, image, context)
    }

    /// (B, L) → (B, L, W), without an image.
    pub(super) fn text_hidden(&self, ids: &Tensor, mask: &Tensor, context: &Context) -> Result<Tensor> {
        let input = TextInput { ids, mask: Some(mask), causal: false };
        let hidden = self.text_encoder.forward(input, None, context)?;
        context.probe(|| format!("align.text_hidden{}", self.suffix), &hidden);
        Ok(hidden)
    }

    /// (B, L, W) → (B, F).
    pub(super) fn text_features(&self, hidden: &Tensor, context: &Context) -> Result<Tensor> {
        self.features("text", &self.text_projection, hidden, context)
    }

    /// (B, L) → (B, L, W), attending to the image (B, N, D).
    pub(super) fn joint_hidden(
        &self,
        ids: &Tensor,
        mask: &Tensor,
        image: &Tensor,
        context: &Context,
    ) -> Result<Tensor> {
        let input = TextInput { ids, mask: Some(mask), causal: false };
        self.text_encoder.forward(input, Some(image), context)
    }

    /// Of the first token.
    fn features(&self, of: &str, projection: &Linear, hidden: &Tensor, context: &Context) -> Result<Tensor> {
        let first = hidden.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?;
        let features = normalised(&projection.forward(&first, context)?)?;
        context.probe(|| format!("align.{of}_feat{}", self.suffix), &features);
        Ok(features)
    }
}

/// Starts as torch's linear layers do.
pub(super) fn linear(
    scope: &Scope,
    inputs: usize,
    outputs: usize,
) -> std::result::Result<Linear, ParametersError> {
    let init = Init::Uniform { bound: 1.0 / (inputs as f64).sqrt() };
    let weight = scope.get((outputs, inputs), "weight", init)?;
    Ok(Linear::from_tensors(weight, Some(scope.get(outputs, "bias", init)?)))
}
