//! Resizing as PIL does it: the filter widens with the reduction, so that nothing aliases.
//!
//! It is our own because the bar is one grey level: `fast_image_resize` holds its weights in 16 bits and was up
//! to two levels off. This follows PIL's arithmetic and is equal.

use image::{RgbImage, imageops};
use serde::{Deserialize, Serialize};

use super::crop::CropBox;

/// A request that cannot be met: an empty result, or a region outside of the image.
#[derive(Debug, thiserror::Error)]
#[error("cannot resize {region:?} of a {} × {} image to {} × {}", image.0, image.1, target.0, target.1)]
pub struct ResizeError {
    image: (u32, u32),
    region: CropBox,
    target: (u32, u32),
}

/// How pixels are weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResizeFilter {
    /// PIL's `BILINEAR`: a triangle. The released inference uses it.
    Bilinear,
    /// PIL's `BICUBIC` (a = −0.5). The released training uses it.
    Bicubic,
}

impl ResizeFilter {
    const fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

/// Resizes the whole image to `width` × `height`, whatever its aspect.
///
/// # Errors
/// If something is empty.
pub fn resize(
    image: &RgbImage,
    width: u32,
    height: u32,
    filter: ResizeFilter,
) -> Result<RgbImage, ResizeError> {
    let whole = CropBox { left: 0, top: 0, width: image.width(), height: image.height() };
    resize_region(image, whole, width, height, filter)
}

/// Cuts `region` out and resizes it; no pixel outside of the region has a part in the result.
///
/// # Errors
/// If `region` does not lie within the image, or something is empty.
pub fn resize_region(
    image: &RgbImage,
    region: CropBox,
    width: u32,
    height: u32,
    filter: ResizeFilter,
) -> Result<RgbImage, ResizeError> {
    let within =
        |start: u32, length: u32, whole: u32| start.checked_add(length).is_some_and(|end| end <= whole);
    let inside =
        within(region.left, region.width, image.width()) && within(region.top, region.height, image.height());
    if !inside || [width, height, region.width, region.height].contains(&0) {
        return Err(ResizeError { image: image.dimensions(), region, target: (width, height) });
    }
    let mut result =
        imageops::crop_imm(image, region.left, region.top, region.width, region.height).to_image();
    // Rows first, then columns, as PIL: between the two values are cut to 8 bits.
    if width != region.width {
        result = resize_rows(&result, &taps(region.width, width, filter));
    }
    if height != region.height {
        result = resize_columns(&result, &taps(region.height, height, filter));
    }
    Ok(result)
}

const CHANNELS: usize = 3;
/// Fraction bits of a weight: what 8-bit values and a sign leave of 32, less one for overshoot.
const PRECISION: u32 = 32 - 8 - 2;

/// The sources of one target pixel.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

fn taps(source: u32, target: u32, filter: ResizeFilter) -> Vec<Taps> {
    let scale = f64::from(source) / f64::from(target);
    let widening = scale.max(1.0);
    let reach = filter.support() * widening;
    let one = f64::from(1 << PRECISION);
    (0..target)
        .map(|index| {
            let centre = (f64::from(index) + 0.5) * scale;
            // Casts cut towards 0 as in C; below 0 they stop at 0.
            let first = (centre - reach + 0.5) as u32;
            let end = ((centre + reach + 0.5) as u32).min(source);
            let weight = |at: u32| filter.weight((f64::from(at) - centre + 0.5) * (1.0 / widening));
            let sum: f64 = (first..end).map(weight).sum();
            let fixed = |at| (weight(at) / sum * one).round() as i32;
            Taps { first: first as usize, weights: (first..end).map(fixed).collect() }
        })
        .collect()
}

/// A sum of weighted values as a value, rounded.
fn cut(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

const HALF: i32 = 1 << (PRECISION - 1);

fn resize_rows(image: &RgbImage, taps: &[Taps]) -> RgbImage {
    let mut result = RgbImage::new(taps.len() as u32, image.height());
    let rows = image.as_raw().chunks_exact(image.width() as usize * CHANNELS);
    for (row, target) in rows.zip(result.chunks_exact_mut(taps.len() * CHANNELS)) {
        for (taps, pixel) in taps.iter().zip(target.chunks_exact_mut(CHANNELS)) {
            let mut sums = [HALF; CHANNELS];
            for (source, weight) in row[taps.first * CHANNELS..].chunks_exact(CHANNELS).zip(&taps.weights) {
                for (sum, &value) in sums.iter_mut().zip(source) {
                    *sum += i32::from(value) * weight;
                }
            }
            pixel.copy_from_slice(&sums.map(cut));
        }
    }
    result
}

fn resize_columns(image: &RgbImage, taps: &[Taps]) -> RgbImage {
    let length = image.width() as usize * CHANNELS;
    let mut result = RgbImage::new(image.width(), taps.len() as u32);
    let mut sums = vec![HALF; length];
    for (taps, target) in taps.iter().zip(result.chunks_exact_mut(length)) {
        sums.fill(HALF);
        for (row, weight) in image.as_raw()[taps.first * length..].chunks_exact(length).zip(&taps.weights) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += i32::from(value) * weight;
            }
        }
        for (value, &sum) in target.iter_mut().zip(&sums) {
            *value = cut(sum);
        }
    }
    result
}
