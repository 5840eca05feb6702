//! What training minimises. All are computed in f32 at least.

mod asymmetric;
mod caption;
mod error;

use candle_core::Tensor;

pub use asymmetric::AsymmetricLoss;
pub use caption::{IGNORED, caption_loss};
pub use error::LossError;

/// Far below every ratio of losses that are not 0.
const LEAST_RATIO: f64 = 1e-30;

/// The caption loss plus the tagging loss divided by the constant tagging / caption: the tagging
/// loss, a sum, weighs as much as the caption loss whatever the batch and the number of tags. The
/// value is twice the caption loss, so log both losses too. A tagging loss of 0, of images without
/// tags of which the model is sure, adds nothing (the reference's formula would give no number).
///
/// # Errors
/// As candle's.
pub fn total_loss(caption: &Tensor, tagging: &Tensor) -> Result<Tensor, LossError> {
    let ratio = (tagging.detach() / caption.detach())?.maximum(LEAST_RATIO)?;
    Ok((caption + tagging.div(&ratio)?)?)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::total_loss;

    /// Found in review: one batch whose tagging loss is 0 made every weight no number.
    #[test]
    fn a_tagging_loss_of_zero_adds_nothing() {
        let scalar = |value: f32| Tensor::new(value, &Device::Cpu).unwrap();
        let total = |tagging| total_loss(&scalar(2.0), &scalar(tagging)).unwrap().to_scalar::<f32>().unwrap();
        assert_eq!(total(0.0), 2.0);
        assert_eq!(total(1e-12), 4.0);
    }
}
