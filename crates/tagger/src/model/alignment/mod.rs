//! Image–text alignment after BLIP: contrast (ITC), matching (ITM), and retrieval by both.
//!
//! ```text
//! E (B, N, D) ─ first token ─ vision_proj ─ normalised ─► image features (B, F) ┐
//! [CLS] text ─ text encoder, without the image ─ text_proj ─ normalised ─► text features (B, F) ┴ ITC
//! [ENC] text ─ text encoder, attending to E ─ first token ─ itm_head ─► matches or not (B, 2)     ITM
//! ```
//!
//! [`Alignment`] is what retrieval needs. [`AlignmentTraining`] adds what only training needs:
//! momentum copies of the encoders and queues of their features. Both keep all they have in the
//! model's parameters under BLIP's names, so that a checkpoint holds it.

mod config;
mod contrastive;
mod error;
mod momentum;
mod negatives;
mod queues;
mod retrieval;
mod towers;
mod training;

use candle_core::{D, Tensor};

use super::{SpecialTokens, Tag2TextConfig};
use crate::nn::{Context, Init, Linear, Scope, at_least_f32};
use towers::{Towers, linear};

pub use config::{AlignmentConfig, Positives};
pub use error::AlignmentError;
pub use negatives::{HardNegatives, Negatives};
pub use retrieval::{RetrievalScores, rerank};
pub use training::{AlignmentBatch, AlignmentLosses, AlignmentTraining, MomentumFeatures};

/// What aligns images and texts: a text encoder, projections to common features, and a head that
/// tells whether a text matches an image. The image encoder is the model's.
#[derive(Debug)]
pub struct Alignment {
    config: AlignmentConfig,
    tokens: SpecialTokens,
    towers: Towers,
    head: Linear,
    temperature: Tensor,
}

impl Alignment {
    /// `text_encoder`, `vision_proj`, `text_proj`, `itm_head` and `temp` in the scope of the
    /// model, whose image encoder and, where shared, tag encoder it uses. What does not exist is
    /// created.
    ///
    /// # Errors
    /// If a configuration fits no model, or parameters exist with other shapes.
    pub fn new(
        config: &AlignmentConfig,
        model: &Tag2TextConfig,
        scope: &Scope,
    ) -> Result<Self, AlignmentError> {
        model.validate()?;
        config.validate(model)?;
        let text_encoder = if config.shared_text_encoder {
            scope.shared("text_encoder", &scope.pp("tag_encoder"))
        } else {
            scope.pp("text_encoder")
        };
        Ok(Self {
            config: config.clone(),
            tokens: model.tokens,
            towers: Towers::new(config, model, "", &text_encoder, scope)?,
            head: linear(&scope.pp("itm_head"), model.text.hidden_size, 2)?,
            temperature: scope.get((), "temp", Init::Constant(config.temperature))?,
        })
    }

    /// Its sizes and rates.
    pub fn config(&self) -> &AlignmentConfig {
        &self.config
    }

    /// Normalised images (B, 3, S, S) → E (B, N, D), as the model's own image encoder does it.
    ///
    /// # Errors
    /// If the images have another size.
    pub fn encode_image(&self, images: &Tensor, context: &Context) -> Result<Tensor, AlignmentError> {
        Ok(self.towers.encode_image(images, context)?)
    }

    /// E (B, N, D) → features (B, F) of length 1, f32.
    ///
    /// # Errors
    /// If E has another width.
    pub fn image_features(&self, image: &Tensor, context: &Context) -> Result<Tensor, AlignmentError> {
        Ok(self.towers.image_features(image, context)?)
    }

    /// Texts as token ids (B, L), u32, `[CLS]` first, with their mask (B, L) → features (B, F) of
    /// length 1, f32. Their products with the images' features are cosine similarities.
    ///
    /// # Errors
    /// If an id is out of range, or shapes differ.
    pub fn text_features(
        &self,
        ids: &Tensor,
        mask: &Tensor,
        context: &Context,
    ) -> Result<Tensor, AlignmentError> {
        let hidden = self.towers.text_hidden(ids, mask, context)?;
        Ok(self.towers.text_features(&hidden, context)?)
    }

    /// Texts as for [`Alignment::text_features`] and E (B, N, D), row by row → logits (B, 2), f32,
    /// that they do not match and that they do.
    ///
    /// # Errors
    /// If an id is out of range, or shapes differ.
    pub fn matching_logits(
        &self,
        ids: &Tensor,
        mask: &Tensor,
        image: &Tensor,
        context: &Context,
    ) -> Result<Tensor, AlignmentError> {
        let (rows, length) = ids.dims2()?;
        // The text's first token says which way it is encoded.
        let first = Tensor::full(self.tokens.enc, (rows, 1), ids.device())?.to_dtype(ids.dtype())?;
        let ids = Tensor::cat(&[first, ids.narrow(1, 1, length - 1)?], 1)?;
        let hidden = self.towers.joint_hidden(&ids, mask, image, context)?;
        context.probe(|| "align.itm_hidden".to_owned(), &hidden);
        let first = hidden.narrow(1, 0, 1)?.squeeze(1)?;
        let logits = at_least_f32(&self.head.forward(&first, context)?)?;
        context.probe(|| "align.itm_logits".to_owned(), &logits);
        Ok(logits)
    }

    /// What similarities are divided by before a softmax; a scalar that is learned.
    pub fn temperature(&self) -> &Tensor {
        &self.temperature
    }
}

/// (…, F) to length 1 along the last dimension, f32.
fn normalised(x: &Tensor) -> candle_core::Result<Tensor> {
    let x = at_least_f32(x)?;
    // So that a zero has a gradient that is a number.
    let square = x.sqr()?.sum_keepdim(D::Minus1)?.affine(1.0, 1e-24)?;
    x.broadcast_div(&square.sqrt()?)
}
