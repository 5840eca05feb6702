//! Samples of every format: images, ids, splits, and all captions of a row together.

mod common;

use std::path::Path;

use arrow::array::{
    BinaryArray, Int64Array, LargeBinaryArray, ListBuilder, StringArray, StringBuilder, StructArray,
};
use arrow::datatypes::{DataType, Field};
use caption_corpus::{ColumnChoice, Corpus, ImageKind, SampleChoice, SkipReason};
use common::samples::{read_samples, samples_error, tar};
use common::{Folder, array};
use proptest::prelude::*;

fn choice() -> SampleChoice {
    SampleChoice { wants_bytes: true, ..SampleChoice::default() }
}

fn with(name: &str, set: fn(&mut SampleChoice, Option<String>)) -> SampleChoice {
    let mut choice = choice();
    set(&mut choice, Some(name.to_owned()));
    choice
}

#[test]
fn parquet_with_images_of_every_kind() {
    let folder = Folder::new();
    let images: [Option<&[u8]>; 4] = [Some(b"\xff\xd8one"), None, Some(b""), Some(b"\x89PNG\0\0four")];
    let mut captions = ListBuilder::new(StringBuilder::new());
    captions.append_value([Some("a dog"), Some("the dog")]);
    captions.append_value([Some("b")]);
    captions.append_value([Some("c")]);
    captions.append_value([Some("d"), None, Some(" e ")]);
    let captions = array(captions.finish());
    let paths = array(StringArray::from(vec![Some("1.jpg"), Some("2.jpg"), None, None]));
    let bytes = array(BinaryArray::from(images.to_vec()));
    let structs = array(StructArray::from(vec![
        (Field::new("bytes", DataType::Binary, true).into(), bytes.clone()),
        (Field::new("path", DataType::Utf8, true).into(), paths.clone()),
    ]));
    let ids = || array(Int64Array::from(vec![7, 8, 9, 10]));
    let splits = || array(StringArray::from(vec![Some("train"), Some("val"), None, Some("train")]));
    let write = |name, image| {
        let columns =
            vec![("image_id", ids()), ("captions", captions.clone()), ("image", image), ("split", splits())];
        folder.parquet(name, columns, 3)
    };
    let split = with("split", |choice, name| choice.split = name);
    for (name, image) in [("binary", bytes), ("large", array(LargeBinaryArray::from(images.to_vec())))] {
        let read = read_samples(&write(name, image), &split);
        assert_eq!(
            read.samples,
            [
                "1 7 bytes(\"\\xff\\xd8one\", -) [a dog|the dog] train",
                "2 8 none [b] val",
                "3 9 none [c] -",
                "4 10 bytes(\"\\x89PNG\\x00\\x00four\", -) [d|e] train"
            ]
        );
        let without: Vec<_> = read.without_image.iter().collect();
        assert_eq!(without, [(SkipReason::Null, 1, &[2][..]), (SkipReason::Empty, 1, &[3][..])]);
        assert_eq!(read.skipped.total(), 1);
    }
    let path = write("struct.parquet", structs);
    let read = read_samples(&path, &choice());
    // Without bytes, Hugging Face's path is that of a file. No split was asked for.
    assert_eq!(read.samples[0], "1 7 bytes(\"\\xff\\xd8one\", 1.jpg) [a dog|the dog] -");
    assert_eq!(read.samples[1..3], ["2 8 name(2.jpg) [b] -", "3 9 none [c] -"]);
    assert_eq!(read.images, Some(ImageKind::Embedded));
    let unread = read_samples(&path, &SampleChoice::default());
    assert_eq!(unread.samples[..2], ["1 7 unread(1.jpg) [a dog|the dog] -", "2 8 unread(2.jpg) [b] -"]);
}

/// The images' pages are damaged: who does not want them does not notice.
#[test]
fn bytes_that_are_not_wanted_are_not_read() {
    let folder = Folder::new();
    let image = vec![0xAB; 5000];
    let images = array(BinaryArray::from_iter_values(vec![image.clone(); 20]));
    let captions = array(StringArray::from_iter_values((0..20).map(|number| format!("caption {number}"))));
    let path = folder.parquet("a.parquet", vec![("caption", captions), ("image", images)], 10);
    let mut bytes = std::fs::read(&path).unwrap();
    // Lengths and images alike.
    let at = bytes.windows(8).position(|window| window == &image[..8]).unwrap();
    bytes[at - 4..at + 4].fill(0xFF);
    let path = folder.write("broken.parquet", bytes);
    assert!(read_samples(&path, &choice()).error.unwrap().contains("broken Parquet file"));
    let read = read_samples(&path, &SampleChoice::default());
    assert_eq!((read.samples.len(), &read.error), (20, &None));
    assert_eq!(read.samples[19], "20 - unread(-) [caption 19] -");
}

#[test]
fn tables_and_records_name_their_images() {
    let folder = Folder::new();
    let csv = folder
        .write("a.csv", "image,caption,fold\n1.jpg,a dog,train\n,b,\nHTTP://x/3.jpg,c,val\n4.jpg,,val\n");
    let read = read_samples(&csv, &with("fold", |choice, name| choice.split = name));
    assert_eq!(
        read.samples,
        ["2 - name(1.jpg) [a dog] train", "3 - none [b] -", "4 - url(HTTP://x/3.jpg) [c] val"]
    );
    assert_eq!(read.without_image.iter().next(), Some((SkipReason::Empty, 1, &[3][..])));
    assert_eq!(read.images, Some(ImageKind::Referenced));
    let cc3m = folder.write("cc3m.tsv", "a dog\thttp://a/1\na cat\thttp://a/2\n");
    assert_eq!(
        read_samples(&cc3m, &choice()).samples,
        ["1 - url(http://a/1) [a dog] -", "2 - url(http://a/2) [a cat] -"]
    );
    let lines = "{\"image_id\": 5, \"file_name\": \"5.jpg\", \"url\": \"//b/5\", \"captions\": [\"x\", \"y\"]}\n{\"file_name\": 6, \"captions\": \"z\", \"split\": 1.0}\n";
    let lines = folder.write("a.jsonl", lines);
    assert_eq!(read_samples(&lines, &choice()).samples, ["1 5 name(5.jpg) [x|y] -", "2 - name(6) [z] -"]);
    let mut by_url = with("url", |choice, name| choice.url = name);
    by_url.split = Some("split".to_owned());
    let read = read_samples(&lines, &by_url);
    assert_eq!(read.samples, ["1 5 url(//b/5) [x|y] -", "2 - none [z] 1"]);
}

#[test]
fn coco_images_are_joined_wherever_the_list_stands() {
    let folder = Folder::new();
    let images = r#""images": [{"id": 9, "file_name": "nine.jpg", "coco_url": "http://c/9", "fold": "val"},
        {"id": 10, "file_name": "ten.jpg", "coco_url": "http://c/10"}, "odd"]"#;
    let annotations = r#""annotations": [{"image_id": 10, "id": 1, "caption": "a"},
        {"image_id": 9, "id": 2, "caption": "b"}, {"image_id": 10, "id": 3, "caption": "c"},
        {"image_id": 11, "id": 4, "caption": "d"}, {"image_id": 9, "id": 5}]"#;
    for content in [format!("{{{images}, {annotations}}}"), format!("{{{annotations}, {images}}}")] {
        let path = folder.write("captions.json", &content);
        let read = read_samples(&path, &with("fold", |choice, name| choice.split = name));
        assert_eq!(
            read.samples,
            [
                "1 10 name(ten.jpg) [a] -",
                "2 9 name(nine.jpg) [b] val",
                "3 10 name(ten.jpg) [c] -",
                "4 11 none [d] -"
            ]
        );
        assert_eq!(read.without_image.iter().next(), Some((SkipReason::Null, 1, &[4][..])));
        let read = read_samples(&path, &with("coco_url", |choice, name| choice.url = name));
        assert_eq!(read.samples[1], "2 9 url(http://c/9) [b] -");
        let twice = content.replace("\"id\": 10", "\"id\": 9");
        let error = samples_error(&folder.write("twice.json", twice), &choice());
        assert!(error.contains("twice.json: the list \"images\" has two different images with the id 9"));
    }
}

#[test]
fn tars_as_webdataset_writes_them() {
    let folder = Folder::new();
    let long = format!("{}/3.txt", "deep".repeat(60));
    let path = tar(
        &folder,
        "000.tar",
        &[
            ("./0.jpg", b"JPEG0"),
            ("./0.txt", b"a dog\n"),
            ("./0.json", br#"{"caption": "a dog", "url": "http://a/0", "uid": 70, "fold": "train"}"#),
            ("__info__.json", b"{}"),
            ("README", b"nothing"),
            ("a/0.PNG", b"PNG1"),
            ("a/0.txt", b"one\r\n\n two \nthree"),
            ("a/0.json", br#"{"captions": ["two", null, "four"], "caption": "five"}"#),
            ("2.webp", b""),
            ("2.json", br#"{"text": "six", "url": 5}"#),
            (&long, b"no image"),
            ("4.jpg", b"JPEG4"),
            ("5.jpg", b"JPEG5"),
            ("5.txt", b"x"),
            ("5.json", b"{"),
            ("6.txt", b"x"),
            ("6.TXT", b"y"),
        ],
    );
    let read = read_samples(&path, &choice());
    assert_eq!(read.error, None);
    let deep = long.trim_end_matches(".txt");
    assert_eq!(
        read.samples,
        [
            "1 0 bytes(\"JPEG0\", ./0.jpg) [a dog] -".to_owned(),
            "2 a/0 bytes(\"PNG1\", a/0.PNG) [two|four|five|one|three] -".to_owned(),
            "3 2 none [six] -".to_owned(),
            format!("4 {deep} none [no image] -"),
            "6 5 bytes(\"JPEG5\", 5.jpg) [x] -".to_owned(),
        ]
    );
    let skipped: Vec<_> = read.skipped.iter().map(|(reason, _, rows)| (reason, rows.to_vec())).collect();
    assert_eq!(skipped, [(SkipReason::Null, vec![2, 5]), (SkipReason::Malformed, vec![6, 7])]);
    let without: Vec<_> =
        read.without_image.iter().map(|(reason, _, rows)| (reason, rows.to_vec())).collect();
    assert_eq!(without, [(SkipReason::Null, vec![4]), (SkipReason::Empty, vec![3])]);
    assert_eq!(
        read_samples(&path, &SampleChoice::default()).samples[1],
        "2 a/0 unread(a/0.PNG) [two|four|five|one|three] -"
    );
    let named = SampleChoice {
        image_id: Some("uid".to_owned()),
        url: Some("url".to_owned()),
        split: Some("fold".to_owned()),
        ..choice()
    };
    assert_eq!(read_samples(&path, &named).samples[0], "1 70 url(http://a/0) [a dog] train");
    // Packed, and without a name, a tar is a tar.
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(read_samples(&folder.write("shard-0", &bytes), &choice()).samples, read.samples);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &bytes).unwrap();
    let packed = gzip.finish().unwrap();
    for name in ["1.tar.gz", "1.tgz", "1.tar"] {
        assert_eq!(read_samples(&folder.write(name, &packed), &choice()).samples, read.samples);
    }
}

/// img2dataset writes the captions of its tars into Parquet files beside them.
#[test]
fn tars_with_a_parquet_twin_are_not_read_twice() {
    let folder = Folder::new();
    for name in ["data/0.tar", "data/1.tar"] {
        tar(&folder, name, &[("a.txt", b"a dog")]);
    }
    folder.parquet("data/0.parquet", vec![("caption", array(StringArray::from(vec!["a dog"])))], 1);
    let names = |input: &Path| -> Vec<String> {
        let corpus = Corpus::open([input], &ColumnChoice::default()).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        corpus.shards().iter().map(|shard| name(&shard.path)).collect()
    };
    assert_eq!(names(&folder.path("data")), ["0.parquet", "1.tar"]);
    assert_eq!(names(&folder.path("data/*.tar")), ["0.tar", "1.tar"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever stands in a file: its samples have the captions that its caption batches have, and
    /// the images that were written.
    #[test]
    fn samples_have_the_same_captions(
        rows in prop::collection::vec(
            (prop::collection::vec("[a-z \u{e9}]{0,12}", 0..4), prop::collection::vec(any::<u8>(), 0..2000)),
            1..50,
        )
    ) {
        let folder = Folder::new();
        let mut captions = ListBuilder::new(StringBuilder::new());
        rows.iter().for_each(|(texts, _)| captions.append_value(texts.iter().map(Some)));
        let images = array(BinaryArray::from_iter_values(rows.iter().map(|(_, image)| image)));
        let parquet = folder.parquet("a.parquet", vec![("captions", array(captions.finish())), ("image", images)], 7);
        let lines: String = rows
            .iter()
            .enumerate()
            .map(|(number, (texts, _))| {
                serde_json::json!({"captions": texts, "image_path": format!("{number}.jpg")}).to_string() + "\n"
            })
            .collect();
        let lines = folder.write("a.jsonl", lines);
        let members: Vec<(String, Vec<u8>)> = rows
            .iter()
            .enumerate()
            .flat_map(|(number, (texts, image))| [
                (format!("{number}.jpg"), image.clone()),
                (format!("{number}.json"), serde_json::json!({"captions": texts}).to_string().into_bytes()),
            ])
            .collect();
        let members: Vec<(&str, &[u8])> =
            members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let shard = tar(&folder, "a.tar", &members);
        for (path, embeds) in [(parquet, true), (lines, false), (shard, true)] {
            let batches = common::read(&path);
            let read = read_samples(&path, &choice());
            prop_assert_eq!(&batches.error, &read.error);
            let plain: Vec<(u64, String)> =
                batches.captions.iter().map(|(row, caption, _)| (*row, caption.clone())).collect();
            prop_assert_eq!(plain, read.captions);
            prop_assert_eq!(batches.skipped, read.skipped);
            prop_assert_eq!(batches.rows, read.rows);
            for (row, image) in &read.embedded {
                prop_assert_eq!(image, &rows[*row as usize - 1].1);
            }
            let given = rows.iter().filter(|(texts, image)| {
                texts.iter().any(|text| !text.trim().is_empty()) && !image.is_empty()
            });
            prop_assert_eq!(read.embedded.len(), if embeds { given.count() } else { 0 });
        }
    }
}
