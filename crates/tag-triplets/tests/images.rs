//! Images are looked at, and whatever is wrong with one is said of that one alone.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{ImageFormat, RgbImage};
use proptest::prelude::*;
use tag_triplets::Image;
use tag_triplets::images::{
    ImageProblem, ImageReport, ImageRoot, ImageSize, check, check_batch, extension, size_of_bytes, thumbnail,
};
use tag_triplets::plan::{Draft, DraftCaption, Position, Reference};

const FORMATS: [(ImageFormat, &str); 3] =
    [(ImageFormat::Jpeg, "jpg"), (ImageFormat::Png, "png"), (ImageFormat::WebP, "webp")];

/// An image that no format makes small.
fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut state = 1u32;
    let noise = RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    noise.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG whose size stands behind 200 kB of other things, as in photographs with a preview.
fn jpeg_with_long_beginning(jpeg: &[u8]) -> Vec<u8> {
    let mut segment = vec![0xff, 0xe7, 0xff, 0xff];
    segment.resize(2 + 0xffff, b'x');
    [&jpeg[..2], &segment.repeat(3), &jpeg[2..]].concat()
}

fn draft(image_id: &str, image: Image) -> (Draft, Image) {
    let reference = match &image {
        Image::Path(path) => Reference::Path(path.clone()),
        Image::Url(url) => Reference::Url(url.clone()),
        Image::Bytes { .. } => Reference::Embedded,
    };
    let draft = Draft {
        image_id: image_id.to_owned(),
        image: reference,
        position: Position::default(),
        captions: vec![DraftCaption { text: "a dog".to_owned(), tags: vec![1] }],
        split: None,
        size: None,
    };
    (draft, image)
}

fn at(path: &str) -> Image {
    Image::Path(path.to_owned())
}

fn reason(path: &str, root: &ImageRoot) -> &'static str {
    match check(&at(path), Some(root)) {
        Ok(size) => panic!("{path:?} passes with {size:?}"),
        Err(problem) => {
            assert!(!problem.to_string().is_empty());
            problem.as_str()
        }
    }
}

#[test]
fn sizes_are_read_from_files_and_bytes_of_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let root = ImageRoot::open(folder.path()).unwrap();
    fs::create_dir(folder.path().join("deep")).unwrap();
    for (format, name) in FORMATS {
        for (width, height) in [(7, 3), (300, 200)] {
            let bytes = encoded(width, height, format);
            assert_eq!(extension(&bytes), Some(name));
            let size = Ok(Some(ImageSize { width, height }));
            // The content tells the format, not the name.
            fs::write(folder.path().join("deep/image.gif"), &bytes).unwrap();
            assert_eq!(check(&at("deep/image.gif"), Some(&root)), size);
            let image = Image::Bytes { data: bytes.clone(), extension: name.to_owned() };
            assert_eq!(root.load("./deep/image.gif").unwrap(), image);
            let small = ImageSize { width: width.min(30), height: height.min(20) };
            assert_eq!(size_of_bytes(&thumbnail(&bytes, 30).unwrap()), Ok(small));
            assert_eq!(check(&Image::Bytes { data: bytes, extension: String::new() }, None), size);
        }
    }
    let long = jpeg_with_long_beginning(&encoded(7, 3, ImageFormat::Jpeg));
    fs::write(folder.path().join("long.jpg"), &long).unwrap();
    assert_eq!(check(&at("long.jpg"), Some(&root)), Ok(Some(ImageSize { width: 7, height: 3 })));
    assert_eq!(size_of_bytes(&long), Ok(ImageSize { width: 7, height: 3 }));
    assert_eq!(check(&Image::Url("https://example.org/a.jpg".to_owned()), None), Ok(None));
}

#[test]
fn files_that_are_no_images_are_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let root = ImageRoot::open(folder.path()).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("text.jpg", b"a dog runs, and this is no image");
    write("empty.jpg", b"");
    write("other.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;");
    fs::create_dir(folder.path().join("folder.jpg")).unwrap();
    assert_eq!(reason("text.jpg", &root), "not_an_image");
    assert_eq!(reason("empty.jpg", &root), "empty");
    assert_eq!(reason("other.gif", &root), "not_an_image");
    assert_eq!(reason("folder.jpg", &root), "not_a_file");
    assert_eq!(reason("nowhere.jpg", &root), "missing");
    assert_eq!(reason("text.jpg/inside.jpg", &root), "missing");
    assert_eq!(reason("nul\0.jpg", &root), "unreadable");
    for (format, name) in FORMATS {
        write(name, &encoded(40, 30, format)[..20]);
        assert_eq!(reason(name, &root), "broken_header", "{name}");
    }
    let problem = check(&at("a.jpg"), None).unwrap_err();
    assert_eq!(problem, ImageProblem::NoRoot { path: "a.jpg".to_owned() });
    assert!(ImageRoot::open(&folder.path().join("text.jpg")).is_err());
    let error = ImageRoot::open(Path::new("/no/such/folder")).unwrap_err();
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
}

/// A PNG may say that it has 2³¹ pixels a line.
#[test]
fn sizes_beyond_any_sense_are_refused() {
    let mut png = encoded(7, 3, ImageFormat::Png);
    png[16..20].copy_from_slice(&70_000u32.to_be_bytes());
    let checksum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    let problem = size_of_bytes(&png).unwrap_err();
    assert!(problem.to_string().contains("65535"), "{problem}");
}

/// The checksum of a PNG's chunk, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[cfg(unix)]
#[test]
fn no_path_leads_out_of_the_folder_of_the_images() {
    use std::os::unix::fs::symlink;

    let place = tempfile::tempdir().unwrap();
    let inside = place.path().join("images");
    fs::create_dir_all(inside.join("deep")).unwrap();
    let jpeg = encoded(7, 3, ImageFormat::Jpeg);
    fs::write(place.path().join("secret.jpg"), &jpeg).unwrap();
    fs::write(inside.join("good.jpg"), &jpeg).unwrap();
    symlink("../secret.jpg", inside.join("link.jpg")).unwrap();
    symlink("..", inside.join("up")).unwrap();
    symlink("../good.jpg", inside.join("deep/good.jpg")).unwrap();
    symlink("gone.jpg", inside.join("dangling.jpg")).unwrap();
    symlink("loop.jpg", inside.join("loop.jpg")).unwrap();
    // The folder itself may be named by a link.
    symlink("images", place.path().join("named")).unwrap();
    let root = ImageRoot::open(&place.path().join("named")).unwrap();

    let absolute = place.path().join("secret.jpg");
    for path in
        ["../secret.jpg", "deep/../../secret.jpg", "deep/../good.jpg", "", ".", absolute.to_str().unwrap()]
    {
        let expected = if path == "." { "not_a_file" } else { "bad_path" };
        assert_eq!(reason(path, &root), expected, "{path:?}");
        assert!(root.load(path).is_err());
    }
    assert_eq!(reason("link.jpg", &root), "outside");
    assert_eq!(reason("up/secret.jpg", &root), "outside");
    assert_eq!(reason("dangling.jpg", &root), "missing");
    assert_eq!(reason("loop.jpg", &root), "unreadable");
    assert!(check(&at("deep/good.jpg"), Some(&root)).is_ok(), "a link that stays inside");
}

#[test]
fn a_batch_keeps_its_order_and_loses_only_what_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let root = ImageRoot::open(folder.path()).unwrap();
    let mut expected = Vec::new();
    let mut batch = Vec::new();
    for number in 0..60u32 {
        let id = format!("{number:03}");
        let name = format!("{id}.png");
        if number % 3 == 0 {
            batch.push(draft(&id, at(&name)));
            continue;
        }
        fs::write(folder.path().join(&name), encoded(number, 2, ImageFormat::Png)).unwrap();
        batch.push(draft(&id, at(&name)));
        let (good, image) = draft(&id, at(&name));
        expected.push((Draft { size: Some((number, 2)), ..good }, image));
    }
    let url = draft("url", Image::Url("https://example.org".to_owned()));
    batch.push(url.clone());
    expected.push(url);

    let mut report = ImageReport::default();
    assert_eq!(check_batch(batch, Some(&root), &mut report), expected);
    assert_eq!((report.good, report.unchecked), (40, 1));
    let missing = &report.refused["missing"];
    assert_eq!((report.refused.len(), missing.count, missing.first.len()), (1, 20, 20));
    assert_eq!(missing.first[1].image_id, "003");
    assert!(missing.first[1].detail.contains("003.png"));
    assert!(serde_json::to_string(&report).unwrap().contains("\"missing\""));
}

proptest! {
    /// Damaged and cut images give a size or a problem, and never a panic.
    #[test]
    fn damaged_images_never_panic(
        format in prop::sample::select(FORMATS.map(|(format, _)| format).to_vec()),
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((0usize..64, any::<u8>()), 0..6),
    ) {
        let mut bytes = encoded(20, 10, format);
        bytes.truncate(cut.index(bytes.len()));
        for (place, value) in changes {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
        }
        if let Ok(small) = thumbnail(&bytes, 8) {
            let ImageSize { width, height } = size_of_bytes(&small).unwrap();
            prop_assert!(width <= 8 && height <= 8);
        }
        _ = check(&Image::Bytes { data: bytes, extension: String::new() }, None);
    }
}
