//! Image files to 8-bit RGB, as PIL's `convert("RGB")` gives it.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use image::{
    DynamicImage, ImageBuffer, ImageDecoder, ImageFormat, ImageReader, Limits, Luma, Pixel, RgbImage,
};
use serde::{Deserialize, Serialize};

/// Why an image could not be read. Every message names the file.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file could not be opened or read.
    #[error("cannot read the image {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The content is no JPEG, PNG or WebP.
    #[error("{} is not a JPEG, PNG or WebP image; convert it or leave it out", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// Reading it would take more than the limits allow.
    #[error("the image {} is too large: {what}; make it smaller or raise the limit", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What is too large, and the limit.
        what: String,
    },
    /// The content is damaged or uses something that cannot be decoded.
    #[error("the image {} cannot be decoded: {reason}; replace it or leave it out", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        reason: String,
    },
}

/// What reading one image may cost at most.
///
/// A small file can claim to hold thousands of megapixels; such a file is refused before its pixels are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecodeLimits {
    /// Most pixels (width times height). The default is PIL's limit, 89,478,485.
    pub max_pixels: u64,
    /// Most bytes of the file. The default is 256 MiB.
    pub max_file_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self { max_pixels: 89_478_485, max_file_bytes: 256 << 20 }
    }
}

/// Reads an image file as RGB.
///
/// The format is told by the content, not by the name. Grey becomes three equal channels, palettes their colours,
/// alpha is dropped without blending, 16-bit channels keep their high byte (but grey without alpha is cut at 255),
/// CMYK becomes RGB. An orientation in the EXIF data is not applied, and of an animation the first frame is taken.
/// PIL does all the same. JPEGs may differ by a few grey levels: decoders are free to round, and to smooth
/// subsampled colours, in their own way.
///
/// # Errors
/// [`ImageError`], which names the file. A damaged file is an error too, never a panic.
pub fn decode_image(path: &Path, limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let read = |source| ImageError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(read)?;
    let mut bytes = Vec::new();
    file.take(limits.max_file_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(read)?;
    decode_image_bytes(&bytes, path, limits)
}

/// Decodes an image that is already in memory; `path` only names it in errors.
///
/// # Errors
/// As [`decode_image`].
pub fn decode_image_bytes(bytes: &[u8], path: &Path, limits: &DecodeLimits) -> Result<RgbImage, ImageError> {
    let owned = || path.to_owned();
    if bytes.len() as u64 > limits.max_file_bytes {
        let what = format!("its file has more than {} bytes", limits.max_file_bytes);
        return Err(ImageError::TooLarge { path: owned(), what });
    }
    let format = image::guess_format(bytes)
        .ok()
        .filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP))
        .ok_or_else(|| ImageError::Format { path: owned() })?;
    if format == ImageFormat::Jpeg && !jpeg_is_complete(bytes) {
        return Err(ImageError::Broken { path: owned(), reason: "the file is truncated".to_owned() });
    }
    match panic_guard::catch(|| decode(bytes, format, limits)) {
        Ok(Ok(image)) => Ok(image),
        Ok(Err(Failure::TooLarge(what))) => Err(ImageError::TooLarge { path: owned(), what }),
        Ok(Err(Failure::Broken(reason))) | Err(reason) => Err(ImageError::Broken { path: owned(), reason }),
    }
}

enum Failure {
    TooLarge(String),
    Broken(String),
}

impl From<image::ImageError> for Failure {
    fn from(error: image::ImageError) -> Self {
        match error {
            image::ImageError::Limits(limit) => Self::TooLarge(limit.to_string()),
            other => Self::Broken(other.to_string()),
        }
    }
}

fn decode(bytes: &[u8], format: ImageFormat, limits: &DecodeLimits) -> Result<RgbImage, Failure> {
    // 16-bit RGBA is the widest pixel; decoders need something for themselves besides.
    let memory = limits.max_pixels.saturating_mul(8).saturating_add(64 << 20);
    let mut allowed = Limits::default();
    allowed.max_alloc = Some(memory);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(allowed);
    let decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Failure::Broken(format!("it has {width} × {height} pixels")));
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(Failure::TooLarge(format!(
            "{width} × {height} pixels, more than {} in all",
            limits.max_pixels
        )));
    }
    to_rgb(DynamicImage::from_decoder(decoder)?)
}

fn to_rgb(image: DynamicImage) -> Result<RgbImage, Failure> {
    Ok(match image {
        DynamicImage::ImageRgb8(image) => image,
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLumaA8(_) | DynamicImage::ImageRgba8(_) => {
            image.into_rgb8()
        }
        DynamicImage::ImageLuma16(image) => clipped(&image),
        DynamicImage::ImageLumaA16(image) => high_bytes(&image),
        DynamicImage::ImageRgb16(image) => high_bytes(&image),
        DynamicImage::ImageRgba16(image) => high_bytes(&image),
        other => return Err(Failure::Broken(format!("pixels of the type {:?}", other.color()))),
    })
}

/// PIL keeps the high byte of 16-bit channels; the `image` crate would round.
fn high_bytes<P: Pixel<Subpixel = u16>>(image: &ImageBuffer<P, Vec<u16>>) -> RgbImage {
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue] = image.get_pixel(x, y).to_rgb().0;
        image::Rgb([red, green, blue].map(|channel| (channel >> 8) as u8))
    })
}

/// PIL has one mode for 16-bit grey images and for 32-bit integers, and cuts both at 255.
fn clipped(image: &ImageBuffer<Luma<u16>, Vec<u16>>) -> RgbImage {
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        image::Rgb([image.get_pixel(x, y).0[0].min(255) as u8; 3])
    })
}

/// Whether the image data of a JPEG reaches its end marker. The decoder fills what a truncated file lacks with
/// grey and says nothing.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == 0xff)) else {
            return false;
        };
        at += offset + 1;
        let Some(&marker) = bytes.get(at) else { return false };
        match marker {
            0xd9 => return true,
            // A filling byte: the marker follows.
            0xff => continue,
            // A stuffed byte, a restart marker or a start of image: no length follows.
            0x00 | 0x01 | 0xd0..=0xd8 => at += 1,
            _ => {
                let Some(&[high, low]) = bytes.get(at + 1..at + 3) else { return false };
                at += 1 + usize::from(u16::from_be_bytes([high, low]));
            }
        }
    }
}
