//! Whole ways from an image file to normalised pixels, and batches over threads.

use std::path::Path;

use candle_core::{Device, Tensor};
use image::{RgbImage, imageops};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::augment::RandAugment;
use super::crop::RandomResizedCrop;
use super::decode::{DecodeLimits, ImageError, decode_image};
use super::normalize::Normalization;
use super::resize::{ResizeError, ResizeFilter, resize, resize_region};

/// What the model does with an image at inference: resize it to a square, whatever its aspect, and normalise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocess {
    /// The side of the square in pixels.
    pub size: u32,
    /// The filter of the resize.
    pub filter: ResizeFilter,
    /// The statistics that the checkpoint expects.
    pub normalization: Normalization,
    /// What reading a file may cost.
    #[serde(default)]
    pub limits: DecodeLimits,
}

impl Preprocess {
    /// As the release infers: bilinear, ImageNet's statistics.
    #[must_use]
    pub fn released(size: u32) -> Self {
        Self {
            size,
            filter: ResizeFilter::Bilinear,
            normalization: Normalization::ImageNet,
            limits: DecodeLimits::default(),
        }
    }

    /// Normalised pixels of shape (3, size, size), flattened.
    ///
    /// # Errors
    /// If [`Self::size`] is 0.
    pub fn apply(&self, image: &RgbImage) -> Result<Vec<f32>, ResizeError> {
        Ok(self.normalization.planes(&resize(image, self.size, self.size, self.filter)?))
    }

    /// Reads a file and applies it.
    ///
    /// # Errors
    /// [`ImageError`], which names the file.
    pub fn load(&self, path: &Path) -> Result<Vec<f32>, ImageError> {
        let image = decode_image(path, &self.limits)?;
        self.apply(&image).map_err(|error| broken(path, &error))
    }
}

/// What training does with an image: a random crop, a flip, RandAugment, and normalise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingPreprocess {
    /// The side of the square in pixels.
    pub size: u32,
    /// The crop, which is then resized.
    #[serde(default)]
    pub crop: RandomResizedCrop,
    /// The filter of the resize.
    pub filter: ResizeFilter,
    /// How likely left and right are exchanged.
    pub flip_probability: f64,
    /// Augmentation after that, if any.
    pub augmentation: Option<RandAugment>,
    /// The statistics.
    pub normalization: Normalization,
    /// What reading a file may cost.
    #[serde(default)]
    pub limits: DecodeLimits,
}

impl TrainingPreprocess {
    /// As the release trains: crops of 20 to 100 % of the area, bicubic, flips of every second image, RandAugment,
    /// CLIP's statistics.
    #[must_use]
    pub fn released(size: u32) -> Self {
        Self {
            size,
            crop: RandomResizedCrop::default(),
            filter: ResizeFilter::Bicubic,
            flip_probability: 0.5,
            augmentation: Some(RandAugment::default()),
            normalization: Normalization::Clip,
            limits: DecodeLimits::default(),
        }
    }

    /// Normalised pixels of shape (3, size, size), flattened. They depend on the image and the state of `rng` only.
    ///
    /// # Errors
    /// If [`Self::size`] or a side of the image is 0.
    pub fn apply(&self, image: &RgbImage, rng: &mut impl Rng) -> Result<Vec<f32>, ResizeError> {
        let region = self.crop.draw(image, rng);
        let mut image = resize_region(image, region, self.size, self.size, self.filter)?;
        if rng.random::<f64>() < self.flip_probability {
            imageops::flip_horizontal_in_place(&mut image);
        }
        if let Some(augmentation) = &self.augmentation {
            image = augmentation.apply(image, rng);
        }
        Ok(self.normalization.planes(&image))
    }

    /// Reads a file and applies it with the draws of `seed`; see [`visit_seed`].
    ///
    /// # Errors
    /// [`ImageError`], which names the file.
    pub fn load(&self, path: &Path, seed: u64) -> Result<Vec<f32>, ImageError> {
        let image = decode_image(path, &self.limits)?;
        self.apply(&image, &mut ChaCha8Rng::seed_from_u64(seed)).map_err(|error| broken(path, &error))
    }
}

fn broken(path: &Path, error: &ResizeError) -> ImageError {
    ImageError::Broken { path: path.to_owned(), reason: error.to_string() }
}

/// Loads images on all of rayon's threads. Results stand in the order of `paths`; a broken file costs only itself.
pub fn load_images<P: AsRef<Path> + Sync>(
    paths: &[P],
    preprocess: &Preprocess,
) -> Vec<Result<Vec<f32>, ImageError>> {
    paths.par_iter().map(|path| preprocess.load(path.as_ref())).collect()
}

/// Loads training images, each with its own seed, on all of rayon's threads. Results stand in the order of
/// `visits` and do not depend on the number of threads.
pub fn load_training_images<P: AsRef<Path> + Sync>(
    visits: &[(P, u64)],
    preprocess: &TrainingPreprocess,
) -> Vec<Result<Vec<f32>, ImageError>> {
    visits.par_iter().map(|(path, seed)| preprocess.load(path.as_ref(), *seed)).collect()
}

/// The seed of one visit of one item: different for each epoch and item, whatever the batches and threads.
#[must_use]
pub fn visit_seed(seed: u64, epoch: u64, item: u64) -> u64 {
    [epoch, item].into_iter().fold(seed, |state, part| mix(state ^ mix(part)))
}

/// The output function of SplitMix64 (Steele et al., 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Stacks the pixels of images of one size into a tensor of shape (B, 3, size, size).
///
/// # Errors
/// candle's, if an image does not have 3 · size · size values.
pub fn stack_images(images: &[Vec<f32>], size: u32, device: &Device) -> candle_core::Result<Tensor> {
    let side = size as usize;
    Tensor::from_vec(images.concat(), (images.len(), 3, side, side), device)
}
