//! The contrastive loss: an image's features lie nearest to its text's, and a text's to its
//! image's, among those of the batch and the queues.

use candle_core::{D, DType, Result, Tensor};

use crate::nn::softmax;

/// Similarities divided by the temperature, (B, B + K), the batch first.
#[derive(Debug)]
pub(super) struct Similarities {
    pub(super) image_to_text: Tensor,
    pub(super) text_to_image: Tensor,
}

impl Similarities {
    /// Features (B, F) of images and texts, and those (F, B + K) of all that they are compared to.
    pub(super) fn new(
        images: &Tensor,
        texts: &Tensor,
        (all_images, all_texts): &(Tensor, Tensor),
        temperature: &Tensor,
    ) -> Result<Self> {
        Ok(Self {
            image_to_text: images.matmul(all_texts)?.broadcast_div(temperature)?,
            text_to_image: texts.matmul(all_images)?.broadcast_div(temperature)?,
        })
    }

    /// Of a batch's features (B, F) with each other alone, without gradients: (B, B).
    pub(super) fn within(images: &Tensor, texts: &Tensor, temperature: &Tensor) -> Result<Self> {
        let (images, texts) = (images.detach(), texts.detach());
        let all = (images.t()?.contiguous()?, texts.t()?.contiguous()?);
        Self::new(&images, &texts, &all, &temperature.detach())
    }

    /// Of the share `alpha` these similarities' softmax, of the rest `hard` (B, B + K).
    pub(super) fn soft_targets(&self, hard: &Tensor, alpha: f64) -> Result<Self> {
        let soften =
            |similarity: &Tensor| (softmax(&similarity.detach())? * alpha)? + (hard * (1.0 - alpha))?;
        Ok(Self { image_to_text: soften(&self.image_to_text)?, text_to_image: soften(&self.text_to_image)? })
    }

    /// The mean of both directions' cross-entropies.
    pub(super) fn loss(&self, targets: &Self) -> Result<Tensor> {
        let from_image = cross_entropy(&self.image_to_text, &targets.image_to_text)?;
        let from_text = cross_entropy(&self.text_to_image, &targets.text_to_image)?;
        (from_image + from_text)? / 2.0
    }
}

/// (B, B + K): 1 where one of the batch (B, …) meets itself.
pub(super) fn own_pairs(batch: &Tensor, queue: usize) -> Result<Tensor> {
    Tensor::eye(batch.dim(0)?, DType::F32, batch.device())?.pad_with_zeros(1, 0, queue)
}

/// (B, B + K): the same share for all of the same image, by their numbers (1, B) and (1, B + K).
pub(super) fn same_images(ids: &Tensor, all: &Tensor) -> Result<Tensor> {
    let same = ids.t()?.broadcast_eq(all)?.to_dtype(DType::F32)?;
    same.broadcast_div(&same.sum_keepdim(1)?)
}

/// Logits (B, C) against probabilities (B, C), a mean over the batch.
pub(super) fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    // The largest is a constant: its gradient cancels.
    let largest = logits.detach().max_keepdim(D::Minus1)?;
    let shifted = logits.broadcast_sub(&largest)?;
    let log_sum = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
    let log_probabilities = shifted.broadcast_sub(&log_sum)?;
    (log_probabilities * targets.detach())?.sum(D::Minus1)?.mean_all()?.neg()
}
