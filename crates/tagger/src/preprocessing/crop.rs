//! The random crop of training.

use image::RgbImage;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CropBox {
    /// Columns left of it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

/// A crop of random area and aspect, drawn as torchvision's `RandomResizedCrop` does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomResizedCrop {
    /// Least and largest share of the image's area.
    pub scale: (f64, f64),
    /// Least and largest width over height.
    pub ratio: (f64, f64),
}

impl Default for RandomResizedCrop {
    fn default() -> Self {
        Self { scale: (0.2, 1.0), ratio: (3.0 / 4.0, 4.0 / 3.0) }
    }
}

const ATTEMPTS: usize = 10;

impl RandomResizedCrop {
    /// Draws a box within `image`. If ten draws do not fit, it is the largest central box of an allowed aspect.
    pub fn draw(&self, image: &RgbImage, rng: &mut impl Rng) -> CropBox {
        let (width, height) = image.dimensions();
        let area = f64::from(width) * f64::from(height);
        for _ in 0..ATTEMPTS {
            let target = area * between(self.scale, rng);
            let aspect = between((self.ratio.0.ln(), self.ratio.1.ln()), rng).exp();
            // A cast of something too large or not a number saturates and then does not fit.
            let crop_width = (target * aspect).sqrt().round_ties_even() as u32;
            let crop_height = (target / aspect).sqrt().round_ties_even() as u32;
            if (1..=width).contains(&crop_width) && (1..=height).contains(&crop_height) {
                let top = rng.random_range(0..=height - crop_height);
                let left = rng.random_range(0..=width - crop_width);
                return CropBox { left, top, width: crop_width, height: crop_height };
            }
        }
        self.central(width, height)
    }

    fn central(&self, width: u32, height: u32) -> CropBox {
        let aspect = f64::from(width) / f64::from(height);
        let (mut crop_width, mut crop_height) = (width, height);
        if aspect < self.ratio.0 {
            crop_height = (f64::from(width) / self.ratio.0).round_ties_even() as u32;
        } else if aspect > self.ratio.1 {
            crop_width = (f64::from(height) * self.ratio.1).round_ties_even() as u32;
        }
        let (crop_width, crop_height) = (crop_width.clamp(1, width), crop_height.clamp(1, height));
        CropBox {
            left: (width - crop_width) / 2,
            top: (height - crop_height) / 2,
            width: crop_width,
            height: crop_height,
        }
    }
}

/// A uniform draw that, unlike `random_range`, takes any bounds.
fn between((low, high): (f64, f64), rng: &mut impl Rng) -> f64 {
    low + (high - low) * rng.random::<f64>()
}
