use serde::{Deserialize, Serialize};

use super::AlignmentError;
use crate::model::Tag2TextConfig;

/// Sizes and rates of the alignment. The default is BLIP's pre-training.
///
/// ```
/// use tagger::model::AlignmentConfig;
///
/// let config = AlignmentConfig::default();
/// assert_eq!((config.features, config.queue), (256, 57_600));
/// // The share of soft targets rises over the first two epochs.
/// assert_eq!(config.alpha_at(0, 500), 0.0);
/// assert_eq!(config.alpha_at(500, 500), 0.2);
/// assert_eq!(config.alpha_at(5000, 500), 0.4);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlignmentConfig {
    /// F: width of the features that are compared.
    pub features: usize,
    /// K: how many features of earlier batches are kept as negatives.
    pub queue: usize,
    /// How much of a momentum parameter stays at each step.
    pub momentum: f64,
    /// The temperature that training starts from.
    pub temperature: f64,
    /// The share of the momentum encoders' similarities in the targets.
    pub alpha: f64,
    /// Over how many epochs that share rises from 0: 2 in pre-training, 1 in fine-tuning.
    pub alpha_epochs: f64,
    /// The most ids of a text: 30 in pre-training, 35 in fine-tuning for retrieval.
    pub text_length: usize,
    /// Which texts belong to an image.
    pub positives: Positives,
    /// Whether the tag encoder is the text encoder too.
    pub shared_text_encoder: bool,
}

/// Which texts of a batch, and of the queues, belong to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Positives {
    /// Its own alone. Negatives are drawn by similarity to momentum features. For pre-training.
    Pair,
    /// All of the same image, which batches then number. Negatives are drawn by similarity to the
    /// features that are trained. For fine-tuning where an image has several captions.
    SameImage,
}

impl Default for AlignmentConfig {
    fn default() -> Self {
        Self {
            features: 256,
            queue: 57_600,
            momentum: 0.995,
            temperature: 0.07,
            alpha: 0.4,
            alpha_epochs: 2.0,
            text_length: 30,
            positives: Positives::Pair,
            shared_text_encoder: false,
        }
    }
}

impl AlignmentConfig {
    /// BLIP's fine-tuning for retrieval.
    pub fn retrieval() -> Self {
        Self { alpha_epochs: 1.0, text_length: 35, positives: Positives::SameImage, ..Self::default() }
    }

    /// The share of soft targets at this step of training, counted from 0 over all epochs.
    pub fn alpha_at(&self, step: usize, steps_an_epoch: usize) -> f64 {
        let ramp = self.alpha_epochs * steps_an_epoch as f64;
        if (step as f64) < ramp { self.alpha * (step as f64 / ramp) } else { self.alpha }
    }

    pub(super) fn validate(&self, model: &Tag2TextConfig) -> Result<(), AlignmentError> {
        let require = |condition: bool, message: String| {
            if condition { Ok(()) } else { Err(AlignmentError::Config(message)) }
        };
        require(self.features > 0 && self.queue > 0, "features and queue must not be 0".to_owned())?;
        for (name, rate) in [("momentum", self.momentum), ("alpha", self.alpha)] {
            require((0.0..=1.0).contains(&rate), format!("{name} {rate} must be from 0 to 1"))?;
        }
        let temperature = self.temperature;
        require(
            (super::training::COLDEST..=super::training::WARMEST).contains(&temperature),
            format!("temperature {temperature} must be from 0.001 to 0.5"),
        )?;
        require(
            self.alpha_epochs.is_finite() && self.alpha_epochs >= 0.0,
            format!("alpha_epochs {} must be 0 or more", self.alpha_epochs),
        )?;
        let (length, positions) = (self.text_length, model.text.positions);
        require(
            (2..=positions).contains(&length),
            format!("text_length {length} must be from 2 to {positions}"),
        )
    }
}
