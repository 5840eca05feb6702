//! The beginning of an image's file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};

use image::{ImageError, ImageFormat, ImageReader, Limits};

use super::{ImageProblem, ImageSize};
use crate::triplet::{Image, is_image_extension};

/// Bytes that the header is looked for in first. Few have their size further behind, and a
/// JPEG's decoder would read the whole file.
const BEGINNING: usize = 64 << 10;
/// Longest side of an image, in pixels: that of JPEG.
const LONGEST_SIDE: u32 = 65_535;

/// How the name of an image's file ends, by its first bytes: "jpg", "png" or "webp".
pub fn extension(bytes: &[u8]) -> Option<&'static str> {
    match format(bytes)? {
        ImageFormat::Jpeg => Some("jpg"),
        ImageFormat::Png => Some("png"),
        ImageFormat::WebP => Some("webp"),
        _ => None,
    }
}

/// An image file of these bytes. Its ending is that of its format; of formats that are not known
/// here it is the ending of the file's name, or "bin".
pub fn image_file(data: Vec<u8>, name: Option<&str>) -> Image {
    let ending = extension(&data).map(str::to_owned).or_else(|| name.and_then(ending));
    Image::Bytes { data, extension: ending.unwrap_or_else(|| "bin".to_owned()) }
}

/// How a file's name ends, if that could be an image's.
fn ending(name: &str) -> Option<String> {
    let (_, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    is_image_extension(&ending).then_some(ending)
}

/// Width and height of an image, by its header.
///
/// # Errors
/// If the bytes are not an image's or the header is broken.
pub fn size_of_bytes(bytes: &[u8]) -> Result<ImageSize, ImageProblem> {
    if bytes.is_empty() {
        return Err(ImageProblem::Empty);
    }
    let format = format(bytes).ok_or(ImageProblem::NotAnImage)?;
    decode(&bytes[..bytes.len().min(BEGINNING)], format).or_else(|_| decode(bytes, format))
}

/// The same of a file. The outer error is the system's.
pub(super) fn size_of_file(mut file: File) -> io::Result<Result<ImageSize, ImageProblem>> {
    let mut beginning = Vec::new();
    file.by_ref().take(BEGINNING as u64).read_to_end(&mut beginning)?;
    let size = size_of_bytes(&beginning);
    let Some(format) = format(&beginning) else { return Ok(size) };
    if size.is_ok() || beginning.len() < BEGINNING {
        return Ok(size);
    }
    file.rewind()?;
    Ok(decode_from(BufReader::new(file), format))
}

fn format(bytes: &[u8]) -> Option<ImageFormat> {
    let format = image::guess_format(bytes).ok()?;
    format.reading_enabled().then_some(format)
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<ImageSize, ImageProblem> {
    decode_from(Cursor::new(bytes), format)
}

fn decode_from(bytes: impl BufRead + Seek, format: ImageFormat) -> Result<ImageSize, ImageProblem> {
    let mut reader = ImageReader::with_format(bytes, format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    reader.limits(limits);
    let broken = |reason: String| ImageProblem::BrokenHeader { reason };
    match reader.into_dimensions() {
        Ok((0, _) | (_, 0)) => Err(broken("it has no pixels".to_owned())),
        Ok((width, height)) => Ok(ImageSize { width, height }),
        Err(ImageError::Limits(_)) => Err(broken(format!("a side is over {LONGEST_SIDE} pixels"))),
        Err(error) => Err(broken(error.to_string())),
    }
}
