//! What training minimises. All are computed in f32 at least.

mod asymmetric;
mod caption;
mod error;

use candle_core::Tensor;

pub use asymmetric::AsymmetricLoss;
pub use caption::{IGNORED, caption_loss};
pub use error::LossError;

/// The caption loss plus the tagging loss divided by the constant tagging / caption: the tagging
/// loss, a sum, weighs as much as the caption loss whatever the batch and the number of tags. The
/// value is twice the caption loss, so log both losses too.
///
/// # Errors
/// As candle's.
pub fn total_loss(caption: &Tensor, tagging: &Tensor) -> Result<Tensor, LossError> {
    let ratio = (tagging.detach() / caption.detach())?;
    Ok((caption + tagging.div(&ratio)?)?)
}
