//! Small pictures of images, for pages.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageReader, Limits};

use super::caught;
use super::{ImageProblem, size_of_bytes};

/// Bytes that decoding an image may take.
const MEMORY: u64 = 512 << 20;
const QUALITY: u8 = 80;

/// A JPEG of an image, no side of which is longer than `side` pixels; smaller images keep their
/// size. Transparent parts become black.
///
/// # Errors
/// If the bytes are not an image's, or are one's that is broken or too large.
pub fn thumbnail(bytes: &[u8], side: u32) -> Result<Vec<u8>, ImageProblem> {
    // Its errors say more than the decoder's.
    size_of_bytes(bytes)?;
    caught(|| small(bytes, side).map_err(|error| ImageProblem::BrokenHeader { reason: error.to_string() }))
}

fn small(bytes: &[u8], side: u32) -> image::ImageResult<Vec<u8>> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let image = reader.decode()?;
    let is_small = image.width().max(image.height()) <= side;
    let image = if is_small { image } else { image.thumbnail(side, side) };
    let mut jpeg = Vec::new();
    DynamicImage::ImageRgb8(image.into_rgb8())
        .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY))?;
    Ok(jpeg)
}
