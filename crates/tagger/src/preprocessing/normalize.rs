//! 8-bit pixels to normalised channel planes.

use image::RgbImage;
use serde::{Deserialize, Serialize};

/// Whose mean and standard deviation the channels are normalised with.
///
/// The release trains with [`Self::Clip`] and infers with [`Self::ImageNet`]; a checkpoint says which it expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalization {
    /// ImageNet's statistics.
    ImageNet,
    /// CLIP's statistics.
    Clip,
}

impl Normalization {
    /// Means of red, green and blue in 0 to 1.
    #[must_use]
    pub const fn mean(self) -> [f32; 3] {
        match self {
            Self::ImageNet => [0.485, 0.456, 0.406],
            Self::Clip => [0.481_454_66, 0.457_827_5, 0.408_210_73],
        }
    }

    /// Standard deviations of red, green and blue in 0 to 1.
    #[must_use]
    pub const fn standard_deviation(self) -> [f32; 3] {
        match self {
            Self::ImageNet => [0.229, 0.224, 0.225],
            Self::Clip => [0.268_629_54, 0.261_302_6, 0.275_777_1],
        }
    }

    /// (value / 255 − mean) / deviation as three planes of rows: shape (3, height, width), flattened.
    #[must_use]
    pub fn planes(self, image: &RgbImage) -> Vec<f32> {
        let pixels = image.as_raw();
        let mut planes = Vec::with_capacity(pixels.len());
        for (channel, (mean, deviation)) in self.mean().into_iter().zip(self.standard_deviation()).enumerate()
        {
            let values = pixels.iter().skip(channel).step_by(3);
            planes.extend(values.map(|&value| (f32::from(value) / 255.0 - mean) / deviation));
        }
        planes
    }
}
