//! The ten operations of RandAugment.

use image::{Rgb, RgbImage};

use super::warp::warp_affine;

/// An operation on a whole image. Strengths go from level 0 to [`Operation::MAX_LEVEL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Changes nothing.
    Identity,
    /// Stretches each channel to 0 to 255.
    AutoContrast,
    /// Scales all channels by 0.1 to 1.9; level 5 changes nothing.
    Brightness,
    /// Smooths or sharpens by 0.1 to 1.9; level 5 changes nothing.
    Sharpness,
    /// Makes each channel's values equally frequent.
    Equalize,
    /// Shears along rows by up to 0.3.
    ShearX,
    /// Shears along columns by up to 0.3.
    ShearY,
    /// Moves along rows by up to 10 pixels.
    TranslateX,
    /// Moves along columns by up to 10 pixels.
    TranslateY,
    /// Turns about the centre by up to 30°.
    Rotate,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 10] = [
        Self::Identity,
        Self::AutoContrast,
        Self::Brightness,
        Self::Sharpness,
        Self::Equalize,
        Self::ShearX,
        Self::ShearY,
        Self::TranslateX,
        Self::TranslateY,
        Self::Rotate,
    ];

    /// The strongest level.
    pub const MAX_LEVEL: f64 = 10.0;

    /// Whether it has two directions, of which one is drawn.
    #[must_use]
    pub const fn has_direction(self) -> bool {
        matches!(self, Self::ShearX | Self::ShearY | Self::TranslateX | Self::TranslateY | Self::Rotate)
    }

    /// The image after the operation. `negative` reverses the direction, if it has one; `fill` is for pixels that
    /// come from outside of the image.
    #[must_use]
    pub fn apply(self, image: &RgbImage, level: f64, negative: bool, fill: [u8; 3]) -> RgbImage {
        let strength = level / Self::MAX_LEVEL;
        let signed = if negative { -strength } else { strength };
        let factor = strength * 1.8 + 0.1;
        // The reference holds its matrices in f32.
        let single = |value: f64| f64::from(value as f32);
        match self {
            Self::Identity => image.clone(),
            Self::AutoContrast => by_channel(image, auto_contrast),
            Self::Brightness => by_channel(image, |_| brightness(factor)),
            Self::Sharpness => sharpness(image, factor),
            Self::Equalize => by_channel(image, equalize),
            Self::ShearX => warp_affine(image, [1.0, single(signed * 0.3), 0.0, 0.0, 1.0, 0.0], fill),
            Self::ShearY => warp_affine(image, [1.0, 0.0, 0.0, single(signed * 0.3), 1.0, 0.0], fill),
            Self::TranslateX => warp_affine(image, [1.0, 0.0, single(-signed * 10.0), 0.0, 1.0, 0.0], fill),
            Self::TranslateY => warp_affine(image, [1.0, 0.0, 0.0, 0.0, 1.0, single(-signed * 10.0)], fill),
            Self::Rotate => warp_affine(image, rotation(image, signed * 30.0), fill),
        }
    }
}

type Histogram = [u64; 256];
type Table = [u8; 256];

/// Replaces each channel's values by a table made from the channel's histogram.
fn by_channel(image: &RgbImage, table: impl Fn(&Histogram) -> Table) -> RgbImage {
    let mut histograms = [[0; 256]; 3];
    for pixel in image.pixels() {
        for (histogram, &value) in histograms.iter_mut().zip(&pixel.0) {
            histogram[usize::from(value)] += 1;
        }
    }
    let tables = histograms.map(|histogram| table(&histogram));
    let mut result = image.clone();
    for pixel in result.pixels_mut() {
        for (table, value) in tables.iter().zip(&mut pixel.0) {
            *value = table[usize::from(*value)];
        }
    }
    result
}

fn identity() -> Table {
    std::array::from_fn(|value| value as u8)
}

/// PIL's `ImageOps.autocontrast` without a cut-off.
fn auto_contrast(histogram: &Histogram) -> Table {
    let low = histogram.iter().position(|&count| count > 0).unwrap_or(0);
    let high = histogram.iter().rposition(|&count| count > 0).unwrap_or(0);
    if high <= low {
        return identity();
    }
    let scale = 255.0 / (high - low) as f64;
    let offset = -(low as f64) * scale;
    std::array::from_fn(|value| (value as f64 * scale + offset).clamp(0.0, 255.0) as u8)
}

/// PIL's `ImageOps.equalize`.
fn equalize(histogram: &Histogram) -> Table {
    let total: u64 = histogram.iter().sum();
    let last = histogram.iter().rev().find(|&&count| count > 0).copied().unwrap_or(0);
    let step = (total - last) / 255;
    if step == 0 {
        return identity();
    }
    let mut sum = step / 2;
    std::array::from_fn(|value| {
        let entry = (sum / step).min(255) as u8;
        sum += histogram[value];
        entry
    })
}

fn brightness(factor: f64) -> Table {
    let factor = factor as f32;
    std::array::from_fn(|value| (value as f32 * factor).clamp(0.0, 255.0) as u8)
}

/// Mixes each inner pixel with its neighbourhood's mean, in which it counts five times. The outermost pixels stay.
fn sharpness(image: &RgbImage, factor: f64) -> RgbImage {
    let factor = factor as f32;
    let mut result = image.clone();
    if factor == 1.0 {
        return result;
    }
    for y in 1..image.height().saturating_sub(1) {
        for x in 1..image.width().saturating_sub(1) {
            let own = image.get_pixel(x, y).0;
            let mut sums = own.map(|value| 4 * u32::from(value));
            for (row, column) in
                (y - 1..=y + 1).flat_map(|row| (x - 1..=x + 1).map(move |column| (row, column)))
            {
                for (sum, &value) in sums.iter_mut().zip(&image.get_pixel(column, row).0) {
                    *sum += u32::from(value);
                }
            }
            let mixed = std::array::from_fn(|channel| {
                let smooth = ((2 * sums[channel] + 13) / 26) as f32;
                (smooth + factor * (f32::from(own[channel]) - smooth)).clamp(0.0, 255.0) as u8
            });
            result.put_pixel(x, y, Rgb(mixed));
        }
    }
    result
}

/// OpenCV's `getRotationMatrix2D` about (width / 2, height / 2), counter-clockwise.
fn rotation(image: &RgbImage, degrees: f64) -> [f64; 6] {
    let (x, y) = (f64::from(image.width()) / 2.0, f64::from(image.height()) / 2.0);
    let angle = degrees * std::f64::consts::PI / 180.0;
    let (sine, cosine) = (angle.sin(), angle.cos());
    [cosine, sine, (1.0 - cosine) * x - sine * y, -sine, cosine, sine * x + (1.0 - cosine) * y]
}
