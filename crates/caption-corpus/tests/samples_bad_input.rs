//! Whatever is wrong with samples is named by file and row, and costs no more than it must.

mod common;

use std::path::PathBuf;

use arrow::array::{Int64Array, ListBuilder, StringArray, UInt8Builder};
use caption_corpus::{ImageKind, SampleChoice};
use common::samples::{open, read_samples, samples_error, tar};
use common::{Folder, array, read, read_with};
use proptest::prelude::*;

fn choice() -> SampleChoice {
    SampleChoice { wants_bytes: true, ..SampleChoice::default() }
}

fn image(name: &str) -> SampleChoice {
    SampleChoice { image: Some(name.to_owned()), ..choice() }
}

#[test]
fn image_columns_that_are_missing_or_of_the_wrong_type() {
    let folder = Folder::new();
    let mut pixels = ListBuilder::new(UInt8Builder::new());
    pixels.append_value([Some(1), Some(2)]);
    let columns = vec![
        ("caption", array(StringArray::from(vec!["a"]))),
        ("image", array(pixels.finish())),
        ("size", array(Int64Array::from(vec![1]))),
    ];
    let path = folder.parquet("a.parquet", columns, 1);
    let listed = "the columns are: caption (string), image (list of integers), size (integer)";
    let needs = SampleChoice { needs_image: true, ..choice() };
    let cases = [
        (image("image"), "the image column image (list of integers): images must be bytes"),
        (image("picture"), "no column named \"picture\" (--image-column)"),
        (
            SampleChoice { url: Some("size".into()), ..choice() },
            "the address column size (integer): addresses must be text",
        ),
        (SampleChoice { split: Some("image".into()), ..choice() }, "--split-column"),
        (
            SampleChoice { image_id: Some("id".into()), ..choice() },
            "no column named \"id\" (--image-id-column)",
        ),
        (needs.clone(), "no image column found: name it with --image-column, or with --url-column"),
    ];
    for (choice, expected) in cases {
        let error = samples_error(&path, &choice);
        assert!(
            error.contains(expected) && error.contains("a.parquet: ") && error.ends_with(listed),
            "{error}"
        );
    }
    assert_eq!(open(&path, &choice()).unwrap().images(), ImageKind::Absent);
    assert_eq!(read_samples(&path, &choice()).samples, ["1 - none [a] -"]);
    let both = SampleChoice { url: Some("caption".into()), ..image("caption") };
    assert!(samples_error(&path, &both).contains("--image-column and --url-column exclude each other"));
    let text = folder.write("a.txt", "a dog\n");
    assert!(samples_error(&text, &choice()).contains("a.txt: plain text has no images"));
    let tar = tar(&folder, "a.tar", &[("0.txt", b"a"), ("0.cls", b"5")]);
    assert!(samples_error(&tar, &needs).ends_with("the columns are: txt (member), cls (member)"));
    assert!(samples_error(&tar, &image("jpg")).contains("no column named \"jpg\""));
}

fn three(folder: &Folder) -> PathBuf {
    let members: [(&str, &[u8]); 6] = [
        ("0.jpg", &[1; 700]),
        ("0.txt", b"a dog"),
        ("1.jpg", &[2; 700]),
        ("1.txt", b"a cat"),
        ("2.jpg", &[3; 700]),
        ("2.txt", b"a cow"),
    ];
    tar(folder, "three.tar", &members)
}

/// Each image takes a header and two blocks, each text a header and one: a sample has five.
#[test]
fn tars_that_are_cut_keep_what_stands_before() {
    let folder = Folder::new();
    let bytes = std::fs::read(three(&folder)).unwrap();
    let cases = [
        (5 * 512 + 700, 1, "cut off in sample 2 (1.jpg)"),
        (8 * 512 + 100, 1, "cut off in sample 2 (a member of 1)"),
        (9 * 512 + 3, 1, "cut off in sample 2 (1.txt)"),
        (10 * 512, 2, "no mark of its end behind sample 2"),
        (10 * 512 + 9, 1, "cut off in sample 2 (a member of 1)"),
    ];
    for (length, whole, expected) in cases {
        let path = folder.write("cut.tar", &bytes[..length]);
        for read in [read_samples(&path, &choice()), read_samples(&path, &SampleChoice::default())] {
            let error = read.error.unwrap();
            assert!(error.contains(expected) && error.contains("cut.tar: "), "{length}: {error}");
            assert_eq!(read.captions.len(), whole, "{length}");
        }
        assert_eq!(read(&path).captions.len(), whole);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, &bytes[..length]).unwrap();
        let packed = read_samples(&folder.write("cut.tar.gz", gzip.finish().unwrap()), &choice());
        assert!(packed.error.unwrap().contains(expected), "{length}");
    }
    let mut damaged = bytes.clone();
    damaged[5 * 512 + 20] = b'!';
    let read = read_samples(&folder.write("damaged.tar", &damaged), &choice());
    assert!(read.error.unwrap().contains("damaged before sample 2: archive header checksum mismatch"));
    let other = folder.write("text.tar", "caption\n".repeat(200));
    assert!(samples_error(&other, &choice()).contains("text.tar: not a tar file"));
    let twice = folder.write("twice.tar", [&bytes[..], &bytes[..]].concat());
    assert_eq!(read_samples(&twice, &choice()).samples.len(), 6);
}

#[test]
fn tars_without_captions_say_what_they_have() {
    let folder = Folder::new();
    let none = tar(&folder, "none.tar", &[("0.jpg", b"x"), ("0.json", b"{\"alt\": \"a dog\", \"n\": 5}")]);
    let error = read(&none).error().to_owned();
    assert!(error.contains("none.tar: no caption column found"), "{error}");
    assert!(error.ends_with("jpg (image), alt (string), n (number)"), "{error}");
    assert_eq!(read_with(&none, &common::choice(Some("alt"), Some("n"))).texts(), ["a dog"]);
    assert_eq!(read_with(&none, &common::choice(Some("alt"), Some("n"))).images(), ["5"]);
    assert!(read_with(&none, &common::choice(Some("jpg"), None)).error().contains("jpg (image)"));
    let empty = tar(&folder, "empty.tar", &[("README", b"x")]);
    assert!(read(&empty).error().contains("empty.tar: the file is empty"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Damage anywhere in a tar gives samples or an error, never a panic, never much memory.
    #[test]
    fn damaged_tars_never_panic(at in 0usize..8000, bytes in prop::collection::vec(any::<u8>(), 1..16)) {
        let folder = Folder::new();
        let mut content = std::fs::read(three(&folder)).unwrap();
        let start = at % (content.len() - 20);
        content[start..start + bytes.len()].copy_from_slice(&bytes);
        let path = folder.write("a.tar", content);
        let samples = read_samples(&path, &choice());
        prop_assert!(samples.samples.len() <= 6);
        let captions = read(&path);
        prop_assert_eq!(captions.error, samples.error);
    }
}
