//! Every format, as it comes in the wild, gives the same captions.

mod common;

use std::io::Write;

use arrow::array::{
    BinaryArray, BinaryViewArray, DictionaryArray, FixedSizeListBuilder, Float64Array, Int64Array,
    LargeBinaryArray, LargeListBuilder, LargeStringArray, ListBuilder, StringArray, StringBuilder,
    StringViewArray, UInt8Array,
};
use arrow::datatypes::{Int8Type, Int32Type};
use caption_corpus::{ColumnChoice, Corpus, Format, SkipReason};
use common::{Folder, array, choice, read, read_with};
use parquet::basic::Compression;

const CAPTIONS: [&str; 3] = ["a dog, running", "eine Katze 🐈", "two \"red\" cars"];

#[test]
fn parquet_strings_of_all_types_over_several_row_groups() {
    let folder = Folder::new();
    let texts = CAPTIONS.to_vec();
    let columns = [
        ("string", array(StringArray::from(texts.clone()))),
        ("large_string", array(LargeStringArray::from(texts.clone()))),
        ("string_view", array(StringViewArray::from(texts.clone()))),
        ("dictionary", array(texts.iter().copied().collect::<DictionaryArray<Int8Type>>())),
        ("dictionary32", array(texts.iter().copied().collect::<DictionaryArray<Int32Type>>())),
        ("binary", array(BinaryArray::from_iter_values(&texts))),
        ("large_binary", array(LargeBinaryArray::from_iter_values(&texts))),
        ("binary_view", array(BinaryViewArray::from_iter_values(&texts))),
    ];
    for (name, captions) in columns {
        let ids = array(Int64Array::from(vec![10, 11, -12]));
        let path =
            folder.parquet(&format!("{name}.parquet"), vec![("image_id", ids), ("caption", captions)], 2);
        let read = read(&path);
        assert_eq!(read.texts(), CAPTIONS, "{name}");
        assert_eq!(read.images(), ["10", "11", "-12"], "{name}");
        assert_eq!(read.row_numbers(), [1, 2, 3], "{name}");
    }
}

/// Found in review: Brotli was called a broken file.
#[test]
fn parquet_of_every_compression() {
    let folder = Folder::new();
    let columns = || vec![("caption", array(StringArray::from(CAPTIONS.to_vec())))];
    let compressions = [
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::BROTLI(Default::default()),
        Compression::LZ4,
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
    ];
    for compression in compressions {
        let path = folder.compressed_parquet("a.parquet", columns(), 2, compression);
        assert_eq!(read(&path).texts(), CAPTIONS, "{compression}");
    }
    // Nobody writes LZO here: the column's metadata, behind its name, is made to say so.
    let mut bytes = std::fs::read(folder.parquet("a.parquet", columns(), 9)).unwrap();
    let (uncompressed, lzo) = (b"caption\x15\x00", b"caption\x15\x06");
    let at = bytes.windows(uncompressed.len()).rposition(|window| window == uncompressed).unwrap();
    bytes[at..at + lzo.len()].copy_from_slice(lzo);
    let read = read(&folder.write("lzo.parquet", bytes));
    assert!(
        read.error().contains("compressed with LZO") && read.error().contains("zstd"),
        "{}",
        read.error()
    );
}

#[test]
fn parquet_lists_share_their_image_and_nulls_are_counted() {
    let folder = Folder::new();
    let rows: [Option<&[Option<&str>]>; 5] = [
        Some(&[Some("a dog"), Some("the dog")]),
        None,
        Some(&[]),
        Some(&[None, Some(" "), Some("a cat")]),
        Some(&[Some("x")]),
    ];
    let mut list = ListBuilder::new(StringBuilder::new());
    let mut large = LargeListBuilder::new(StringBuilder::new());
    for row in rows {
        let owned = row.map(|elements| elements.to_vec());
        list.append_option(owned.clone());
        large.append_option(owned);
    }
    for (name, captions) in [("list", array(list.finish())), ("large_list", array(large.finish()))] {
        let ids = array(StringArray::from(vec![Some("a"), Some("b"), Some("c"), Some("d"), None]));
        let path =
            folder.parquet(&format!("{name}.parquet"), vec![("captions", captions), ("file_name", ids)], 3);
        let read = read(&path);
        assert_eq!(read.texts(), ["a dog", "the dog", "a cat", "x"]);
        assert_eq!(read.images(), ["a", "a", "d", "-"]);
        assert_eq!(read.row_numbers(), [1, 1, 4, 5]);
        assert_eq!(read.rows, 5);
        assert_eq!(read.skips(), [(SkipReason::Null, 2, vec![2, 4]), (SkipReason::Empty, 2, vec![3, 4])]);
    }
}

#[test]
fn parquet_fixed_size_lists_and_image_numbers_of_other_types() {
    let folder = Folder::new();
    let mut pairs = FixedSizeListBuilder::new(StringBuilder::new(), 2);
    for text in ["a", "b", "c", "d"] {
        pairs.values().append_value(text);
    }
    pairs.append(true);
    pairs.append(true);
    let ids = array(Float64Array::from(vec![Some(7.0), Some(0.5)]));
    let path = folder.parquet("pairs.parquet", vec![("sentences", array(pairs.finish())), ("key", ids)], 9);
    assert_eq!(read(&path).texts(), ["a", "b", "c", "d"]);
    assert_eq!(read(&path).images(), ["7", "7", "0.5", "0.5"]);

    let bytes = array(UInt8Array::from(vec![1, 255]));
    let path = folder.parquet(
        "small.parquet",
        vec![("TEXT", array(StringArray::from(vec!["a", "b"]))), ("n", bytes)],
        9,
    );
    assert_eq!(read(&path).images(), ["-", "-"]);
    assert_eq!(read_with(&path, &choice(None, Some("N"))).images(), ["1", "255"]);
}

#[test]
fn json_lines_and_json_lists() {
    let folder = Folder::new();
    let lines = "{\"image\": \"a.jpg\", \"caption\": \"a dog\"}\n\n{\"caption\": [\"x\", \"y\"], \"image\": \"b.jpg\", \"size\": {\"w\": [1, \"]}\"]}}\r\n";
    let path = folder.write("c.jsonl", lines);
    assert_eq!(read(&path).texts(), ["a dog", "x", "y"]);
    assert_eq!(read(&path).images(), ["a.jpg", "b.jpg", "b.jpg"]);
    assert_eq!(read(&path).row_numbers(), [1, 3, 3]);

    let list = "\u{feff} [ {\"image\": 5, \"caption\": \"a \\\"]dog\\\\\"} ,\n{\"image\": 6.0, \"caption\": [\"x\", \"y\"]}]\n";
    let path = folder.write("list.json", list);
    assert_eq!(read(&path).texts(), ["a \"]dog\\", "x", "y"]);
    assert_eq!(read(&path).images(), ["5", "6", "6"]);
    assert_eq!(read(&path).row_numbers(), [1, 2, 2]);

    // The content decides between the two, whatever the name says.
    assert_eq!(read(&folder.write("lines.json", lines)).texts(), ["a dog", "x", "y"]);
    assert_eq!(read(&folder.write("list.jsonl", list)).images(), ["5", "6", "6"]);
}

#[test]
fn coco_captions() {
    let folder = Folder::new();
    let coco = r#"{"info": {"note": "annotations: [none]"}, "images": [{"id": 9, "file_name": "9.jpg"}],
        "annotations": [{"image_id": 9, "id": 1, "caption": "A cat sits."}, {"image_id": 9, "id": 2, "caption": "A cat"},
        {"image_id": 10, "id": 3}], "licenses": []}"#;
    for content in [coco.to_owned(), coco.replace('\n', "")] {
        let read = read(&folder.write("captions_val.json", content));
        assert_eq!(read.texts(), ["A cat sits.", "A cat"]);
        assert_eq!(read.images(), ["9", "9"]);
        assert_eq!(read.skips(), [(SkipReason::Null, 1, vec![3])]);
    }
}

#[test]
fn csv_and_tsv_with_headers() {
    let folder = Folder::new();
    let csv = "id,caption,url\n1,\"a dog, running\",http://a\n2,\"two \"\"red\"\"\ncars\",http://b\n3,plain 'quoted\" text,http://c\n";
    let path = folder.write("c.csv", csv);
    assert_eq!(read(&path).texts(), ["a dog, running", "two \"red\"\ncars", "plain 'quoted\" text"]);
    assert_eq!(read(&path).images(), ["http://a", "http://b", "http://c"]);
    assert_eq!(read(&path).row_numbers(), [2, 3, 5]);

    let path = folder.write("c.tsv", "\u{feff}Caption\tImage ID\r\na dog, running\t7\r\n");
    assert_eq!((read(&path).texts(), read(&path).images()), (vec!["a dog, running"], vec!["7"]));
    // Flickr30k's and Flickr8k's own files.
    let path = folder.write(
        "results.csv",
        "image_name| comment_number| comment\n1.jpg| 0| Two men , one smiling .\n1.jpg| 1| a\n",
    );
    assert_eq!(
        (read(&path).texts(), read(&path).images()),
        (vec!["Two men , one smiling .", "a"], vec!["1.jpg", "1.jpg"])
    );
    let path = folder.write("captions.txt", "image,caption\n1.jpg,A child .\n");
    assert_eq!((read(&path).texts(), read(&path).images()), (vec!["A child ."], vec!["1.jpg"]));
}

#[test]
fn cc3m_and_cc12m_without_headers_are_told_apart() {
    let folder = Folder::new();
    let cc3m = "\"a dog\" in a park\thttp://a.b/1.jpg\n\"no end\thttps://a.b/2.jpg\nthird\tHTTP://c\n";
    let path = folder.write("Train_GCC-training.tsv", cc3m);
    assert_eq!(read(&path).texts(), ["\"a dog\" in a park", "\"no end", "third"]);
    assert_eq!(read(&path).images(), ["http://a.b/1.jpg", "https://a.b/2.jpg", "HTTP://c"]);
    let swapped: Vec<String> =
        cc3m.lines().map(|line| line.split('\t').rev().collect::<Vec<_>>().join("\t")).collect();
    let path = folder.write("cc12m.tsv", swapped.join("\n"));
    assert_eq!(read(&path).texts(), ["\"a dog\" in a park", "\"no end", "third"]);
    // Neither header nor addresses: a number names the column.
    let path = folder.write("plain.tsv", "one\ta dog\ntwo\ta cat\n");
    let read = read_with(&path, &choice(Some("2"), Some("1")));
    assert_eq!((read.texts(), read.images()), (vec!["a dog", "a cat"], vec!["one", "two"]));
}

#[test]
fn plain_text_gzip_and_files_without_a_telling_name() {
    let folder = Folder::new();
    let path = folder.write("c.txt", "a dog\r\n\n  a cat \nlast");
    assert_eq!(read(&path).texts(), ["a dog", "a cat", "last"]);
    assert_eq!(read(&path).row_numbers(), [1, 3, 4]);
    assert_eq!(read(&path).skips(), [(SkipReason::Empty, 1, vec![2])]);

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"{\"caption\": \"a dog\"}\n").unwrap();
    let gzip = gzip.finish().unwrap();
    // The content decides, whatever the name says.
    for name in ["c.jsonl.gz", "c.jsonl", "c"] {
        assert_eq!(read(&folder.write(name, &gzip)).texts(), ["a dog"]);
    }
    assert_eq!(read(&folder.write("unpacked.jsonl.gz", "{\"caption\": \"a dog\"}\n")).texts(), ["a dog"]);

    let parquet = folder.parquet("x.parquet", vec![("caption", array(StringArray::from(vec!["a"])))], 1);
    let formats = [
        (std::fs::read(parquet).unwrap(), Format::Parquet),
        (b"[{\"caption\": \"a\"}]".to_vec(), Format::Json),
        (b"{\"caption\": \"a\"}\n{\"caption\": \"b\"}".to_vec(), Format::JsonLines),
        (b"a\thttp://b\n".to_vec(), Format::Tsv),
        (b"a\n".to_vec(), Format::Text),
    ];
    for (content, format) in formats {
        let path = folder.write("shard-0001", content);
        assert_eq!(Corpus::open([&path], &ColumnChoice::default()).unwrap().shards()[0].format, format);
        assert_eq!(read(&path).texts()[0], "a");
    }
}

#[test]
fn files_folders_and_patterns_are_sorted_and_counted_once() {
    let folder = Folder::new();
    for name in [
        "b/2.txt",
        "a/1.jsonl",
        "a/deep/3.csv",
        "a/.hidden.txt",
        "a/_temporary/4.txt",
        "a/0_stats.json",
        "a/image.jpg",
        "c.log",
    ] {
        folder.write(name, "x");
    }
    let root = folder.0.path();
    let names = |inputs: &[String]| -> Vec<String> {
        let corpus = Corpus::open(inputs, &ColumnChoice::default()).unwrap();
        corpus
            .shards()
            .iter()
            .map(|shard| shard.path.strip_prefix(root).unwrap().display().to_string())
            .collect()
    };
    let at = |name: &str| folder.path(name).display().to_string();
    assert_eq!(names(&[at("")]), ["a/1.jsonl", "a/deep/3.csv", "b/2.txt"]);
    assert_eq!(names(&[at("b"), at("*/*.txt"), at("b/../b/2.txt"), at("c.log")]), ["b/2.txt", "c.log"]);
    assert_eq!(names(&[at("**/*.csv")]), ["a/deep/3.csv"]);
    std::os::unix::fs::symlink(root, folder.path("b/loop")).unwrap();
    assert_eq!(names(&[at("")]).len(), 3);
}
