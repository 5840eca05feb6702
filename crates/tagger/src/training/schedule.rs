//! Learning rates over the course of a training.

use serde::{Deserialize, Serialize};

/// The learning rate of each step. Epochs and steps count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LearningRateSchedule {
    /// Pre-training: a linear warm-up within the first epoch, a constant factor between epochs.
    WarmupDecay {
        /// The rate that the warm-up leads to.
        peak: f64,
        /// The rate of the first step.
        start: f64,
        /// The least rate of any later epoch.
        min: f64,
        /// What the rate is multiplied by after each epoch.
        decay: f64,
        /// Steps of the warm-up. It ends with epoch 0 even if that has fewer: as the release does.
        warmup_steps: u64,
    },
    /// Fine-tuning: half a cosine from `peak` to `min`, the same rate throughout an epoch.
    Cosine {
        /// The rate of the first epoch.
        peak: f64,
        /// The rate that would follow the last epoch.
        min: f64,
        /// How many epochs there are.
        epochs: u64,
    },
}

impl LearningRateSchedule {
    /// The release's pre-training: to 1e-4 in 3,000 steps, then × 0.9 each epoch, never below 5e-7.
    pub const PRE_TRAINING: Self =
        Self::WarmupDecay { peak: 1e-4, start: 5e-7, min: 5e-7, decay: 0.9, warmup_steps: 3_000 };

    /// The release's fine-tuning: a cosine from 5e-6 to 0.
    #[must_use]
    pub const fn fine_tuning(epochs: u64) -> Self {
        Self::Cosine { peak: 5e-6, min: 0.0, epochs }
    }

    /// The rate of a step of an epoch.
    ///
    /// ```
    /// use tagger::training::schedule::LearningRateSchedule;
    ///
    /// assert_eq!(LearningRateSchedule::PRE_TRAINING.rate(0, 0), 5e-7);
    /// assert_eq!(LearningRateSchedule::PRE_TRAINING.rate(1, 0), 9e-5);
    /// ```
    #[must_use]
    pub fn rate(&self, epoch: u64, step: u64) -> f64 {
        match *self {
            Self::WarmupDecay { peak, start, warmup_steps, .. } if epoch == 0 && step < warmup_steps => {
                peak.min(start + (peak - start) * step as f64 / warmup_steps as f64)
            }
            Self::WarmupDecay { peak, min, decay, .. } => min.max(peak * decay.powf(epoch as f64)),
            Self::Cosine { peak, min, epochs } => {
                let part = epoch.min(epochs) as f64 / epochs.max(1) as f64;
                (peak - min) * 0.5 * (1.0 + (std::f64::consts::PI * part).cos()) + min
            }
        }
    }
}
