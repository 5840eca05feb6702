//! The main job over the real binary: right counts, and the same bytes however the work is cut.

mod support;

use std::collections::BTreeMap;
use std::fs::File;

use arrow::array::{AsArray, StringArray};
use arrow::datatypes::{UInt32Type, UInt64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use support::{Workplace, array, captions, json_lines};

/// (name, kind) → (mentions, captions, images, rank).
type Tags = BTreeMap<(String, String), (u64, u64, u64, u32)>;

fn tags(place: &Workplace, file: &str) -> Tags {
    let file = File::open(place.path(file)).unwrap();
    let mut tags = BTreeMap::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let text = |name: &str| {
            let column =
                arrow::compute::cast(batch.column_by_name(name).unwrap(), &arrow::datatypes::DataType::Utf8)
                    .unwrap();
            column.as_string::<i32>().clone()
        };
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<UInt64Type>().clone();
        let rank = batch.column_by_name("rank").unwrap().as_primitive::<UInt32Type>().clone();
        let (names, kinds) = (text("name"), text("kind"));
        let (mentions, captions, images) = (number("mentions"), number("captions"), number("images"));
        for row in 0..batch.num_rows() {
            let counts = (mentions.value(row), captions.value(row), images.value(row), rank.value(row));
            tags.insert((names.value(row).to_owned(), kinds.value(row).to_owned()), counts);
        }
    }
    tags
}

#[test]
fn captions_in_and_counted_tags_out() {
    let place = Workplace::new();
    let ids = array(StringArray::from(vec!["1", "1", "2", "3"]));
    let texts = vec![
        "A man riding a brown horse.",
        "a man rides a horse on the beach",
        "brown dog next to a dog",
        "a dog",
    ];
    place.parquet("captions.parquet", vec![("image_id", ids), ("caption", array(StringArray::from(texts)))]);
    let ran = place.run(&["captions.parquet", "--top", "3"]);
    ran.expect(0, &["Read 4 captions of 3 images from 1 file", "Results are in mined", "report.html"]);
    assert_eq!(ran.stdout, "");

    let names = ["candidates.csv", "candidates.parquet", "report.html", "run.json", "tags.parquet"];
    assert_eq!(place.list("mined"), names);
    let tags = tags(&place, "mined/tags.parquet");
    check_counts(&tags);
    check_candidates(&place.text("mined/candidates.csv"));
    check_record(&place.json("mined/run.json"), tags.len());
    check_report(&place.text("mined/report.html"));
}

fn check_counts(tags: &Tags) {
    let counts =
        |name: &str, kind: &str| tags.get(&(name.to_owned(), kind.to_owned())).map(|&(m, c, i, _)| (m, c, i));
    assert_eq!(counts("man", "object"), Some((2, 2, 1)));
    assert_eq!(counts("horse", "object"), Some((2, 2, 1)));
    assert_eq!(counts("dog", "object"), Some((3, 2, 2)));
    assert_eq!(counts("ride", "action"), Some((2, 2, 1)));
    assert_eq!(counts("beach", "scene"), Some((1, 1, 1)));
    assert_eq!(counts("brown", "attribute"), Some((2, 2, 2)));
    assert_eq!(counts("a", "object").or(counts("on", "action")).or(counts("next to", "action")), None);
}

fn check_candidates(csv: &str) {
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 4, "{csv}");
    assert_eq!(lines[0], "name,kind,mentions,captions,images,rank,examples");
    assert!(lines[1].starts_with("dog,object,3,2,2,1,"), "{csv}");
    assert!(lines[2].starts_with("brown,attribute,2,2,2,2,"), "{csv}");
}

fn check_record(run: &Value, tags: usize) {
    assert_eq!(run["counts"]["captions"], 4);
    assert_eq!(run["counts"]["images"], 3);
    assert_eq!(run["counts"]["tags"], tags);
    assert_eq!(run["counts"]["candidates"], 3);
    assert_eq!(run["inputs"][0]["caption_column"], "caption");
    assert_eq!(run["parser_model"].as_str().unwrap().len(), 64);
}

fn check_report(report: &str) {
    assert!(report.contains("<svg") && report.contains("dog"), "the report has no plot or no tags");
    assert!(
        !report.contains("src=\"http") && !report.contains("@import"),
        "the report reaches out to the network"
    );
}

#[test]
fn threads_shards_their_order_and_formats_change_nothing() {
    let place = Workplace::new();
    let captions = captions(5000);
    place.write("whole.jsonl", json_lines(&captions));
    let mut shuffled = captions.clone();
    shuffled.reverse();
    let third = shuffled.len() / 3;
    let (images, texts): (Vec<_>, Vec<_>) = shuffled[2 * third..].iter().cloned().unzip();
    let columns =
        vec![("file_name", array(StringArray::from(images))), ("caption", array(StringArray::from(texts)))];
    place.write("cut/b.jsonl", json_lines(&shuffled[..third]));
    place.write("cut/sub/a.jsonl", json_lines(&shuffled[third..2 * third]));
    place.parquet("cut/z.parquet", columns);

    place.run(&["whole.jsonl", "--out", "one", "--threads", "1"]).expect(0, &[]);
    place.run(&["whole.jsonl", "--out", "four", "--threads", "4"]).expect(0, &[]);
    place.run(&["cut", "--out", "cut-four", "--threads", "4"]).expect(0, &[]);
    for file in ["tags.parquet", "candidates.csv", "candidates.parquet"] {
        let expected = place.read(&format!("one/{file}"));
        assert!(expected == place.read(&format!("four/{file}")), "{file} depends on the threads");
        assert!(expected == place.read(&format!("cut-four/{file}")), "{file} depends on the shards");
    }
    assert!(
        place.read("one/report.html") == place.read("four/report.html"),
        "the report depends on the threads"
    );
    let (mut one, mut four) = (place.json("one/run.json"), place.json("four/run.json"));
    for run in [&mut one, &mut four] {
        run.as_object_mut().unwrap().remove("timings");
        run["options"].as_object_mut().unwrap().remove("threads");
    }
    assert_eq!(one, four);
}

#[test]
fn a_list_of_captions_is_one_image_even_without_a_name() {
    let place = Workplace::new();
    place.write("a.jsonl", "{\"captions\": [\"a dog\", \"the dog\"]}\n{\"captions\": [\"a dog\"]}\n");
    place.run(&["a.jsonl"]).expect(0, &["Read 3 captions of 2 images"]);
    assert_eq!(tags(&place, "mined/tags.parquet")[&("dog".to_owned(), "object".to_owned())], (3, 3, 2, 1));
}

#[test]
fn results_of_an_earlier_run_are_not_read_as_captions() {
    let place = Workplace::new();
    place.write("a.txt", "a dog\n");
    place.run(&["."]).expect(0, &["from 1 file"]);
    place.run(&[".", "--out", "again"]).expect(0, &["from 1 file"]);
}

#[test]
fn quiet_is_quiet_and_help_tells_the_flags() {
    let place = Workplace::new();
    place.write("a.txt", "a dog\n");
    let ran = place.run(&["a.txt", "--quiet"]);
    assert_eq!((ran.status, ran.stderr.as_str(), ran.stdout.as_str()), (0, "", ""));
    let help = place.run(&["--help"]);
    for flag in
        ["--out", "--top", "--caption-column", "--image-column", "--threads", "--force", "--quiet", "parse"]
    {
        assert!(help.stdout.contains(flag), "{flag} is not in the help");
    }
    assert_eq!(place.run(&[]).status, 2);
}
