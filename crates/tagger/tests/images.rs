//! Reading image files: every kind of pixel as PIL converts it, and no file that can hurt.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba};
use proptest::prelude::*;
use tagger::preprocessing::{
    CropBox, DecodeLimits, ImageError, Preprocess, ResizeFilter, decode_image, decode_image_bytes,
    load_images, resize, resize_region,
};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images").join(name)
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decode(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    decode_image_bytes(bytes, Path::new("a picture"), &DecodeLimits::default())
}

fn png(image: impl Into<DynamicImage>) -> RgbImage {
    decode(&encoded(image, ImageFormat::Png)).unwrap()
}

/// Four pixels of a 24 × 16 image.
fn corners(image: &RgbImage) -> [[u8; 3]; 4] {
    [(0, 0), (5, 3), (23, 15), (12, 8)].map(|(x, y)| image.get_pixel(x, y).0)
}

/// The files were written by PIL 9.5; the numbers are what its `convert("RGB")` gives for them.
#[test]
fn files_are_read_as_pil_reads_them() {
    let read = |name| decode_image(&file(name), &DecodeLimits::default()).unwrap();
    let palette = read("palette.png");
    assert_eq!(corners(&palette), [[50, 15, 226], [50, 15, 226], [200, 210, 99], [135, 128, 154]]);
    let alpha = read("alpha.webp");
    assert_eq!(corners(&alpha), [[0, 0, 255], [50, 45, 218], [230, 225, 80], [120, 120, 163]]);
    for (name, expected) in [
        ("cmyk.jpg", [[0, 0, 255], [50, 45, 218], [230, 225, 80], [120, 120, 163]]),
        // Its EXIF data asks for a quarter turn, which PIL leaves to others.
        ("rotated.jpg", [[1, 1, 255], [49, 45, 218], [231, 224, 82], [119, 121, 162]]),
    ] {
        let image = read(name);
        assert_eq!(image.dimensions(), (24, 16));
        for (ours, theirs) in corners(&image).as_flattened().iter().zip(expected.as_flattened()) {
            assert!(ours.abs_diff(*theirs) <= 2, "{name}: {ours} for {theirs}");
        }
    }
}

#[test]
fn every_kind_of_pixel_becomes_rgb() {
    let one = |image: RgbImage| image.get_pixel(0, 0).0;
    assert_eq!(one(png(GrayImage::from_pixel(2, 2, Luma([7])))), [7; 3]);
    assert_eq!(one(png(ImageBuffer::from_pixel(2, 2, LumaA([7_u8, 0])))), [7; 3]);
    // Dropped, not blended: what is transparent keeps its colour.
    assert_eq!(one(png(ImageBuffer::from_pixel(2, 2, Rgba([1_u8, 2, 3, 0])))), [1, 2, 3]);
    // The high byte, not the nearest.
    assert_eq!(one(png(ImageBuffer::from_pixel(2, 2, Rgb([0x01ff_u16, 0x80ff, 0xffff])))), [1, 0x80, 0xff]);
    assert_eq!(one(png(ImageBuffer::from_pixel(2, 2, Rgba([0x01ff_u16, 0x80ff, 0, 9])))), [1, 0x80, 0]);
    // PIL's mode for these is cut at 255.
    assert_eq!(one(png(ImageBuffer::from_pixel(2, 2, Luma([300_u16])))), [255; 3]);
    assert_eq!(one(png(ImageBuffer::from_pixel(2, 2, Luma([30_u16])))), [30; 3]);
}

/// A PNG that says it is `side` pixels wide and high.
fn bomb(side: u32) -> Vec<u8> {
    let mut bytes = encoded(GrayImage::new(1, 1), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&side.to_be_bytes());
    bytes[20..24].copy_from_slice(&side.to_be_bytes());
    let checksum = !bytes[12..29].iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    });
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_the_file() {
    assert!(decode(&bomb(1)).is_ok());
    let too_large = decode(&bomb(60_000)).unwrap_err();
    assert!(matches!(too_large, ImageError::TooLarge { .. }), "{too_large}");
    let small = DecodeLimits { max_pixels: 3, max_file_bytes: 1 << 20 };
    let bytes = encoded(RgbImage::new(2, 2), ImageFormat::Png);
    let error = decode_image_bytes(&bytes, Path::new("a picture"), &small).unwrap_err();
    assert!(error.to_string().contains("a picture") && error.to_string().contains("2 × 2 pixels"), "{error}");
    let small = DecodeLimits { max_pixels: 100, max_file_bytes: 20 };
    assert!(matches!(decode_image(&file("cmyk.jpg"), &small), Err(ImageError::TooLarge { .. })));
    for bytes in [&b""[..], b"GIF89a, which is not read", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"] {
        let error = decode(bytes).unwrap_err();
        assert!(error.to_string().contains("a picture"), "{error}");
    }
    assert!(decode_image(&file(""), &DecodeLimits::default()).is_err());
    assert!(decode_image(&file("missing.jpg"), &DecodeLimits::default()).is_err());
}

#[test]
fn a_truncated_file_is_an_error() {
    for name in ["palette.png", "cmyk.jpg", "rotated.jpg", "alpha.webp"] {
        let bytes = fs::read(file(name)).unwrap();
        assert!(decode(&bytes).is_ok());
        let error = decode(&bytes[..bytes.len() * 4 / 5]).unwrap_err();
        assert!(matches!(error, ImageError::Broken { .. }), "{name}: {error}");
    }
}

#[test]
fn a_batch_keeps_its_order_and_its_broken_files() {
    let names = ["palette.png", "missing.png", "cmyk.jpg", "alpha.webp"];
    let paths: Vec<PathBuf> = names.iter().cycle().take(40).map(|name| file(name)).collect();
    let preprocess = Preprocess::released(8);
    for (path, result) in paths.iter().zip(load_images(&paths, &preprocess)) {
        match result {
            Ok(pixels) => assert_eq!(pixels, preprocess.load(path).unwrap()),
            Err(error) => assert!(error.to_string().contains("missing.png")),
        }
    }
}

#[test]
fn an_impossible_resize_is_an_error() {
    let image = RgbImage::new(4, 3);
    let whole = CropBox { left: 0, top: 0, width: 4, height: 3 };
    for region in [
        CropBox { width: 0, ..whole },
        CropBox { left: 1, ..whole },
        CropBox { top: u32::MAX, ..whole },
        CropBox { height: u32::MAX, top: 1, ..whole },
    ] {
        assert!(resize_region(&image, region, 2, 2, ResizeFilter::Bilinear).is_err(), "{region:?}");
    }
    assert!(resize(&image, 0, 2, ResizeFilter::Bilinear).is_err());
    assert!(resize(&RgbImage::new(0, 5), 2, 2, ResizeFilter::Bicubic).is_err());
}

proptest! {
    #[test]
    fn damaged_files_never_panic(
        name in prop::sample::select(vec!["palette.png", "cmyk.jpg", "rotated.jpg", "alpha.webp"]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        kept in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = fs::read(file(name)).unwrap();
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if cut {
            bytes.truncate(kept.index(bytes.len()));
        }
        let limits = DecodeLimits { max_pixels: 1 << 20, ..DecodeLimits::default() };
        let _ = decode_image_bytes(&bytes, Path::new("a picture"), &limits);
    }

    #[test]
    fn a_resize_keeps_flat_colours(
        (width, height) in (1_u32..40, 1_u32..40),
        (to_width, to_height) in (1_u32..60, 1_u32..60),
        colour in any::<[u8; 3]>(),
    ) {
        let image = RgbImage::from_pixel(width, height, Rgb(colour));
        for filter in [ResizeFilter::Bilinear, ResizeFilter::Bicubic] {
            let result = resize(&image, to_width, to_height, filter).unwrap();
            prop_assert_eq!(result, RgbImage::from_pixel(to_width, to_height, Rgb(colour)));
        }
    }
}
