//! Whatever is wrong with an input is named, and costs no more than it must.

mod common;

use std::sync::Arc;

use arrow::array::{BinaryArray, Int64Array, StringArray, StructArray};
use caption_corpus::{ColumnChoice, Corpus, CorpusError, MAX_CAPTION_BYTES, SkipReason};
use common::{Folder, array, choice, read, read_with};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

fn open_error(input: &str) -> CorpusError {
    Corpus::open([input], &ColumnChoice::default()).unwrap_err()
}

#[test]
fn inputs_that_are_not_there() {
    let folder = Folder::new();
    let at = |name: &str| folder.path(name).display().to_string();
    folder.write("sub/notes.log", "x");
    assert!(matches!(open_error(&at("no.parquet")), CorpusError::NotFound { .. }));
    assert!(matches!(open_error(&at("*.parquet")), CorpusError::NoMatch { .. }));
    assert!(matches!(open_error(&at("sub")), CorpusError::NothingInFolder { .. }));
    assert!(matches!(open_error("/dev/null"), CorpusError::NotAFile { .. }));
    assert!(matches!(Corpus::open([""; 0], &ColumnChoice::default()), Err(CorpusError::NoInputs)));
    let message = open_error(&at("no.parquet")).to_string();
    assert!(message.ends_with("no.parquet: no such file or folder"), "{message}");
}

#[test]
fn files_that_are_not_what_they_say() {
    let folder = Folder::new();
    let good =
        folder.parquet("good.parquet", vec![("caption", array(StringArray::from(vec!["a dog"; 500])))], 100);
    let bytes = std::fs::read(good).unwrap();
    let cases: [(&str, &[u8], &str); 17] = [
        ("empty.parquet", b"", "empty.parquet: the file is empty"),
        ("empty.csv", b"", "the file is empty"),
        ("blank.jsonl", b"\n \n", "the file is empty"),
        (
            "json.parquet",
            b"[{\"caption\": \"a\"}]",
            "not a Parquet file: it does not begin with PAR1; it looks like JSON",
        ),
        ("short.parquet", b"PAR1", "cut off"),
        ("cut.parquet", &bytes[..bytes.len() - 1], "cut off"),
        ("half.parquet", &bytes[..bytes.len() / 2], "cut off"),
        ("picture", b"\x89PNG\0\0", "unknown format"),
        ("wide.txt", b"\xff\xfea\0 \0", "UTF-16: save it as UTF-8, as by 'iconv"),
        ("unmarked.csv", b"c\0a\0p\0t\0i\0o\0n\0\n\0", "binary data"),
        ("zeros.jsonl", &[0; 9999], "binary data"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
        ("packed.txt", b"\x28\xb5\x2f\xfd....", "packed with zstd: unpack it first, as by 'zstdcat'"),
        ("cut.txt.gz", b"\x1f\x8b\x08\0", "unexpected end of file"),
        ("mark.txt", b"\xef\xbb\xbf", "the file is empty"),
        ("cut.json", b"[{\"caption\": \"a\"", "broken JSON near byte 16"),
        ("odd.json", b"{\"annotation\": []\n}", "expected a list of objects"),
    ];
    for (name, content, expected) in cases {
        let read = read(&folder.write(name, content));
        assert!(read.error().contains(expected) && read.error().contains(name), "{}", read.error());
        assert!(read.captions.is_empty());
    }
}

#[test]
fn columns_that_are_missing_or_of_the_wrong_type() {
    let folder = Folder::new();
    let numbers = || array(Int64Array::from(vec![1]));
    let raw = arrow::datatypes::Field::new("raw", arrow::datatypes::DataType::Utf8, true);
    let records = array(StructArray::from(vec![(Arc::new(raw), array(StringArray::from(vec!["a"])))]));
    let unnamed = folder.parquet(
        "unnamed.parquet",
        vec![("words", array(StringArray::from(vec!["a"]))), ("n", numbers())],
        1,
    );
    assert!(read(&unnamed).error().ends_with(
        "no caption column found: name it with --caption-column; the columns are: words (string), n (integer)"
    ));
    assert_eq!(read_with(&unnamed, &choice(Some("words"), None)).texts(), ["a"]);
    let number = folder.parquet("number.parquet", vec![("caption", numbers())], 1);
    assert!(read(&number).error().contains("the caption column caption (integer): captions must be text"));
    let record = folder.parquet("record.parquet", vec![("sentences", records)], 1);
    assert!(read(&record).error().contains("sentences (struct of raw)"));
    let picture = folder.parquet(
        "p.parquet",
        vec![
            ("caption", array(StringArray::from(vec!["a"]))),
            ("image", array(BinaryArray::from_vec(vec![b"x"]))),
        ],
        1,
    );
    assert_eq!(read(&picture).images(), ["-"]);
    assert!(
        read_with(&picture, &choice(None, Some("image"))).error().contains("the image column image (bytes)")
    );
    let both = folder.write("both.csv", "TEXT,text\na,b\n");
    assert!(
        read(&both)
            .error()
            .contains("TEXT and text could each be the caption column: choose one with --caption-column")
    );
    let none = folder.write("none.csv", "first,second\na,b\n");
    assert!(read(&none).error().contains("give the column's number"), "{}", read(&none).error());
    let json = folder.write("n.jsonl", "{\"caption\": 5}\n{\"caption\": {\"raw\": \"a\"}}\n");
    assert!(read(&json).error().contains("caption (number)"));
    let objects = folder.write("o.json", "[{\"sentences\": [{\"raw\": \"a\"}]}]");
    assert!(read(&objects).error().contains("sentences (list of objects)"));
}

/// Every format meets the same five rows: good, broken in three ways, good.
#[test]
fn captions_that_cannot_be_used_cost_themselves_alone() {
    let folder = Folder::new();
    let long = "long ".repeat(20_000);
    let huge = "x".repeat(MAX_CAPTION_BYTES + 1);
    let rows: [&[u8]; 6] =
        [b"first", b"\xff\xfe bad", b" \t ", huge.as_bytes(), long.trim().as_bytes(), "🎉🎉".as_bytes()];
    let lines = |before: &str, after: &str| -> Vec<u8> {
        rows.iter().flat_map(|row| [before.as_bytes(), row, after.as_bytes(), b"\n"].concat()).collect()
    };
    let json: Vec<u8> =
        lines("{\"caption\":\"", "\"}").iter().map(|&byte| if byte == b'\t' { b' ' } else { byte }).collect();
    let list = [
        b"[",
        json.trim_ascii_end().split(|&b| b == b'\n').collect::<Vec<_>>().join(&b",\n"[..]).as_slice(),
        b"]",
    ]
    .concat();
    let files = [
        folder.write("a.txt", lines("", "")),
        folder.write("a.jsonl", &json),
        folder.write("a.json", list),
        folder.write("a.csv", [b"caption,n\n".to_vec(), lines("\"", "\",1")].concat()),
        folder.parquet("b.parquet", vec![("caption", array(BinaryArray::from_iter_values(rows)))], 2),
        folder.write("t.parquet", careless_parquet(&rows)),
    ];
    for path in files {
        let read = read(&path);
        assert_eq!(read.texts(), ["first", long.trim(), "🎉🎉"], "{}", path.display());
        let reasons: Vec<_> = read.skips().iter().map(|&(reason, count, _)| (reason, count)).collect();
        assert_eq!(
            reasons,
            [(SkipReason::Empty, 1), (SkipReason::NotUtf8, 1), (SkipReason::TooLong, 1)],
            "{}",
            path.display()
        );
        assert_eq!(read.rows, 6);
    }
}

/// A column that is declared as text and holds any bytes.
fn careless_parquet(rows: &[&[u8]]) -> Vec<u8> {
    let schema = parse_message_type("message captions { required binary caption (UTF8); }").unwrap();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let values: Vec<ByteArray> = rows.iter().map(|row| row.to_vec().into()).collect();
    column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn malformed_rows_are_counted_and_an_open_quote_is_named() {
    let folder = Folder::new();
    let csv = folder.write("a.csv", "caption,url\na,http://a\nb\nc,d,e\n\nf,http://f\n");
    assert_eq!(read(&csv).texts(), ["a", "f"]);
    assert_eq!(read(&csv).skips(), [(SkipReason::Malformed, 2, vec![3, 4])]);
    let open = folder.write("open.csv", "caption,url\na,http://a\n\"b,http://b\nc,http://c\nd,http://d\n");
    assert_eq!(read(&open).captions.len(), 1);
    assert!(
        read(&open).error().contains("the quote opened on line 3 is never closed"),
        "{}",
        read(&open).error()
    );
    let last = folder.write("last.csv", "id,caption\n5,\"unclosed a dog\n6,a car\n7,a bus\n");
    assert!(read(&last).error().contains("the quote opened on line 2 is never closed"));
    let closed = folder.write("closed.csv", "id,caption\n5,\"a dog\non grass\"\n");
    assert_eq!(read(&closed).texts(), ["a dog\non grass"]);
    let lines =
        folder.write("a.jsonl", "{\"caption\": \"a\"}\nnot json\n{\"caption\": 5}\n[1]\n{\"caption\": \"b\"");
    assert_eq!(read(&lines).texts(), ["a"]);
    assert_eq!(
        read(&lines).skips(),
        [(SkipReason::NotText, 1, vec![3]), (SkipReason::Malformed, 3, vec![2, 4, 5])]
    );
    let list = folder.write(
        "a.json",
        "[{\"caption\": \"a\"}, {\"caption\" \"b\"}, 7, {\"caption\": \"c\"}, {\"caption\": \"d",
    );
    assert_eq!(read(&list).captions.len(), 2);
    assert_eq!(read(&list).skips(), [(SkipReason::Malformed, 2, vec![2, 3])]);
    assert!(read(&list).error().contains("a string has no end"));
}

/// Found in review: what followed the list was not looked at.
#[test]
fn json_documents_end_where_they_should() {
    let folder = Folder::new();
    let list = "[{\"caption\": \"a\"}]";
    let coco = format!("{{\"annotations\": {list}");
    let cases = [
        (format!("{list} garbage"), "near byte 19: the document is at its end, but more follows"),
        (format!("{list}\n{list}"), "near byte 19: the document is at its end"),
        (format!("{coco}}}]"), "near byte 35: the document is at its end"),
        (coco.clone(), "near byte 34: the object has no end"),
        (format!("{coco} garbage}}"), "near byte 35: expected the name of a member"),
        (format!("{coco}, \"annotations\": []}}"), "a second list named"),
    ];
    for (content, expected) in cases {
        let read = read(&folder.write("a.json", &content));
        assert!(read.error().contains(expected), "{content}: {}", read.error());
        assert_eq!(read.captions.len(), 1, "{content}");
    }
    for content in [format!("{list}\n\n"), format!("{coco}, \"licenses\": [{{}}], \"n\": 1 }}\r\n")] {
        assert_eq!(read(&folder.write("a.json", content)).texts(), ["a"]);
    }
}

#[test]
fn a_quote_without_end_does_not_fill_the_memory() {
    let folder = Folder::new();
    let mut csv = b"caption,url\na,http://a\n\"b,http://b\n".to_vec();
    csv.resize(40 << 20, b'x');
    let read = read(&folder.write("open.csv", csv));
    assert_eq!(read.captions.len(), 1);
    assert!(read.error().contains("never closed"), "{}", read.error());
}

#[test]
fn row_groups_before_the_broken_one_are_kept() {
    let folder = Folder::new();
    let texts: Vec<String> = (0..4000).map(|number| format!("caption number {number} of many")).collect();
    let path = folder.parquet("a.parquet", vec![("caption", array(StringArray::from(texts.clone())))], 1000);
    let mut bytes = std::fs::read(&path).unwrap();
    // The pages of the third row group.
    let middle = bytes.len() * 6 / 10;
    bytes[middle - 4000..middle].fill(0xFF);
    let read = read(&folder.write("broken.parquet", bytes));
    assert!(read.error.is_some());
    assert!(read.captions.len() >= 1000 && read.captions.len() < 4000, "{}", read.captions.len());
    assert!(read.captions.iter().zip(&texts).all(|((_, caption, _), text)| caption == text));
}

/// Found by the test below: in a page's header, a list of 2³¹ numbers was skipped one by one beyond
/// the end of the file, for hours.
#[test]
fn a_page_header_that_never_ends() {
    let folder = Folder::new();
    let path = folder.parquet("a.parquet", vec![("caption", array(StringArray::from(vec!["a dog"])))], 1);
    let mut bytes = std::fs::read(&path).unwrap();
    // A field that nobody knows, a list of doubles.
    bytes[4..11].copy_from_slice(b"\xf9\xf7\xff\xff\xff\xff\x07");
    let read = read(&folder.write("b.parquet", bytes));
    assert!(read.error().contains("broken Parquet file"), "{}", read.error());
    assert!(read.captions.is_empty());
}

/// Found in review: the Parquet library reads columns by recursion, also those that nobody wants,
/// and the whole run died with the stack.
#[test]
fn columns_that_are_nested_too_deeply() {
    let folder = Folder::new();
    assert_eq!(read(&folder.write("64.parquet", deep_parquet(64))).texts(), ["a dog"]);
    for levels in [65, 500, 5000] {
        let read = read(&folder.write("deep.parquet", deep_parquet(levels)));
        let expected = "deep.parquet: broken Parquet file: column deep is nested more than 64 levels deep";
        assert!(read.error().contains(expected), "{}", read.error());
    }
}

/// A number within so many groups, and then captions.
fn deep_parquet(levels: usize) -> Vec<u8> {
    let write = move || {
        let [mut schema, ends] = ["message a { ".to_owned(), "} ".repeat(levels)];
        schema += &"required group deep { ".repeat(levels);
        schema += &format!("required int32 n; {ends} required binary caption (UTF8); }}");
        let schema = Arc::new(parse_message_type(&schema).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&[1], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&["a dog".into()], None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.into_inner().unwrap()
    };
    // The writer needs much of a stack, too; what it does not touch costs nothing.
    std::thread::Builder::new().stack_size(1 << 28).spawn(write).unwrap().join().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Damage anywhere in a Parquet file gives captions or an error, never a panic.
    #[test]
    fn damaged_parquet_never_panics(at in 4usize..6000, bytes in prop::collection::vec(any::<u8>(), 1..16)) {
        let folder = Folder::new();
        let texts: Vec<String> = (0..300).map(|number| format!("caption {number}")).collect();
        let ids = array(Int64Array::from_iter_values(0..300));
        let path = folder.parquet("a.parquet", vec![("image_id", ids), ("caption", array(StringArray::from(texts)))], 100);
        let mut content = std::fs::read(&path).unwrap();
        let start = at % (content.len() - 20);
        content[start..start + bytes.len()].copy_from_slice(&bytes);
        let _ = read(&folder.write("a.parquet", content));
    }
}
