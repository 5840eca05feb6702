//! OpenCV's `warpAffine` for 8-bit RGB: bilinear, constant border, in its fixed-point arithmetic.

use image::{Rgb, RgbImage};

/// Bits of a sub-pixel position, and of the finer grid on which positions are added up.
const SUBPIXEL_BITS: u32 = 5;
const POSITION_BITS: u32 = 10;
const SUBPIXELS: i64 = 1 << SUBPIXEL_BITS;

/// Moves each pixel (x, y) to `matrix` · (x, y, 1); where nothing lands there is `fill`. The size stays.
///
/// `matrix` holds two rows of three. One that cannot be inverted gives what OpenCV gives: its linear part counts
/// as 0.
#[must_use]
pub fn warp_affine(image: &RgbImage, matrix: [f64; 6], fill: [u8; 3]) -> RgbImage {
    let inverse = invert(matrix);
    let scale = f64::from(1_u32 << POSITION_BITS);
    let fixed = |value: f64| (value * scale).round_ties_even() as i64;
    let half = 1 << (POSITION_BITS - SUBPIXEL_BITS - 1);
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let (column, row) = (f64::from(x), f64::from(y));
        let from_x = fixed(inverse[1] * row + inverse[2]) + half + fixed(inverse[0] * column);
        let from_y = fixed(inverse[4] * row + inverse[5]) + half + fixed(inverse[3] * column);
        let shift = POSITION_BITS - SUBPIXEL_BITS;
        sample(image, from_x >> shift, from_y >> shift, fill)
    })
}

/// OpenCV's inverse, operation by operation: the rounding decides about sub-pixels.
fn invert(m: [f64; 6]) -> [f64; 6] {
    let determinant = m[0] * m[4] - m[1] * m[3];
    let factor = if determinant == 0.0 { 0.0 } else { 1.0 / determinant };
    let (xx, yy) = (m[4] * factor, m[0] * factor);
    let (xy, yx) = (m[1] * -factor, m[3] * -factor);
    [xx, xy, -xx * m[2] - xy * m[5], yx, yy, -yx * m[2] - yy * m[5]]
}

/// The bilinear mean around a position given in sub-pixels.
fn sample(image: &RgbImage, x: i64, y: i64, fill: [u8; 3]) -> Rgb<u8> {
    let (column, row) = (x >> SUBPIXEL_BITS, y >> SUBPIXEL_BITS);
    let (right, lower) = (x & (SUBPIXELS - 1), y & (SUBPIXELS - 1));
    let pixel = |x: i64, y: i64| {
        let (x, y) = (u32::try_from(x).ok(), u32::try_from(y).ok());
        x.zip(y).and_then(|(x, y)| image.get_pixel_checked(x, y)).map_or(fill, |pixel| pixel.0)
    };
    let corners = [
        ((SUBPIXELS - right) * (SUBPIXELS - lower), pixel(column, row)),
        (right * (SUBPIXELS - lower), pixel(column + 1, row)),
        ((SUBPIXELS - right) * lower, pixel(column, row + 1)),
        (right * lower, pixel(column + 1, row + 1)),
    ];
    Rgb(std::array::from_fn(|channel| {
        let sum: i64 = corners.iter().map(|(weight, pixel)| weight * i64::from(pixel[channel])).sum();
        let whole = SUBPIXELS * SUBPIXELS;
        ((sum + whole / 2) / whole) as u8
    }))
}
