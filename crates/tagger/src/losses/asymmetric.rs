use candle_core::Tensor;

use super::LossError;
use crate::nn::at_least_f32;

/// The asymmetric loss (Ben-Baruch et al., 2020) of multi-label classification: easy negatives
/// hardly count, and those below the margin not at all.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use tagger::losses::AsymmetricLoss;
///
/// let logits = Tensor::new(&[[0f32, -10.0]], &Device::Cpu)?;
/// let targets = Tensor::new(&[[1f32, 0.0]], &Device::Cpu)?;
/// let loss = AsymmetricLoss::default().forward(&logits, &targets)?.to_scalar::<f32>()?;
/// assert!((loss - 2f32.ln()).abs() < 1e-6);
/// # Ok::<(), tagger::losses::LossError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AsymmetricLoss {
    /// How strongly easy negatives are played down.
    pub gamma_negative: f64,
    /// How strongly easy positives are played down.
    pub gamma_positive: f64,
    /// Taken off the probability of negatives.
    pub margin: f64,
}

impl Default for AsymmetricLoss {
    /// As Tag2Text: 7, 0 and 0.05.
    fn default() -> Self {
        Self { gamma_negative: 7.0, gamma_positive: 0.0, margin: 0.05 }
    }
}

/// The smallest probability whose logarithm is taken.
const EPS: f64 = 1e-8;

impl AsymmetricLoss {
    /// Logits (B, C) and targets (B, C) of 0 and 1 → a scalar: the sum over all.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn forward(&self, logits: &Tensor, targets: &Tensor) -> Result<Tensor, LossError> {
        if logits.dims() != targets.dims() {
            let (logits, targets) = (logits.dims().to_vec(), targets.dims().to_vec());
            return Err(LossError::Shape { logits, targets });
        }
        let logits = at_least_f32(logits)?;
        let targets = targets.to_dtype(logits.dtype())?;
        let others = targets.affine(-1.0, 1.0)?;
        let positive = candle_nn::ops::sigmoid(&logits)?;
        // The probability of the negative, raised by the margin.
        let negative = positive.affine(-1.0, 1.0 + self.margin)?.minimum(1.0)?;
        let likelihood =
            ((&targets * positive.maximum(EPS)?.log()?)? + (&others * negative.maximum(EPS)?.log()?)?)?;
        // A constant for the gradient.
        let (positive, negative) = (positive.detach(), negative.detach());
        let weight = ((targets * focus(&positive, self.gamma_positive)?)?
            + (others * focus(&negative, self.gamma_negative)?)?)?;
        Ok((likelihood * weight)?.sum_all()?.neg()?)
    }
}

/// (1 − probability)^gamma.
fn focus(probability: &Tensor, gamma: f64) -> candle_core::Result<Tensor> {
    if gamma == 0.0 {
        return probability.ones_like();
    }
    probability.affine(-1.0, 1.0)?.powf(gamma)
}
