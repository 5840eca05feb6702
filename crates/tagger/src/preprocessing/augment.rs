//! RandAugment (Cubuk et al., 2020) in the form that BLIP and Tag2Text train with.

use image::RgbImage;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::operations::Operation;

/// Draws some of [`Operation::ALL`] with replacement; each drawn one is then applied or left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandAugment {
    /// How many operations are drawn.
    pub operations: usize,
    /// Their strength, 0 to 10.
    pub level: f64,
    /// How likely a drawn operation is applied.
    pub probability: f64,
    /// The colour of what comes from outside of the image.
    pub fill: [u8; 3],
}

impl Default for RandAugment {
    fn default() -> Self {
        Self { operations: 2, level: 5.0, probability: 0.5, fill: [128; 3] }
    }
}

impl RandAugment {
    /// Applies it. The result depends on the image and the state of `rng` only.
    #[must_use]
    pub fn apply(&self, image: RgbImage, rng: &mut impl Rng) -> RgbImage {
        // All are drawn before any is applied: what one draws cannot move the others.
        let drawn: Vec<_> = (0..self.operations)
            .map(|_| {
                let operation = Operation::ALL[rng.random_range(0..Operation::ALL.len())];
                (operation, rng.random::<f64>() < self.probability, rng.random::<bool>())
            })
            .collect();
        drawn.into_iter().filter(|&(_, applied, _)| applied).fold(image, |image, (operation, _, negative)| {
            operation.apply(&image, self.level, negative, self.fill)
        })
    }
}
