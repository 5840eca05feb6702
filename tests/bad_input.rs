//! Each kind of bad input: what is said, how it ends, and what is kept.

mod support;

use arrow::array::{Int64Array, StringArray};
use support::{Workplace, array, captions, json_lines};

fn good_parquet(place: &Workplace, name: &str) {
    place.parquet(name, vec![("caption", array(StringArray::from(vec!["a dog", "a cat on a mat"])))]);
}

/// Runs on an input that cannot be used at all: exit 2, and nothing is written.
#[track_caller]
fn refused(place: &Workplace, input: &str, said: &[&str]) {
    let before = place.list("");
    place.run(&[input]).expect(2, said).expect(2, &[input]);
    assert_eq!(place.list(""), before, "something was written");
}

#[test]
fn inputs_that_do_not_exist() {
    let place = Workplace::new();
    place.write("notes/readme.md", "no captions");
    refused(&place, "no.parquet", &["no such file or folder"]);
    refused(&place, "no/*.parquet", &["no file matches"]);
    refused(&place, "notes", &["no captions in this folder", ".parquet"]);
}

#[test]
fn files_that_are_not_what_they_should_be() {
    let place = Workplace::new();
    good_parquet(&place, "good.parquet");
    let bytes = place.read("good.parquet");
    place.write("text.parquet", "caption\na dog\n");
    place.write("cut.parquet", &bytes[..bytes.len() / 2]);
    place.write("empty.parquet", "").write("empty.jsonl", "");
    place.parquet(
        "unnamed.parquet",
        vec![("words", array(StringArray::from(vec!["a"]))), ("size", array(Int64Array::from(vec![1])))],
    );
    place.parquet("numbers.parquet", vec![("caption", array(Int64Array::from(vec![1])))]);
    refused(&place, "text.parquet", &["not a Parquet file", "rename it"]);
    refused(&place, "cut.parquet", &["cut off"]);
    refused(&place, "empty.parquet", &["the file is empty"]);
    refused(&place, "empty.jsonl", &["the file is empty"]);
    refused(
        &place,
        "unnamed.parquet",
        &["no caption column found", "--caption-column", "words (string), size (integer)"],
    );
    refused(&place, "numbers.parquet", &["caption (integer)", "captions must be text"]);
    let named = place.run(&["unnamed.parquet", "--caption-column", "word"]);
    named.expect(2, &["no column named \"word\"", "words (string)"]);
    place.run(&["unnamed.parquet", "--caption-column", "words"]).expect(0, &["1 caption "]);
}

#[test]
fn captions_that_cannot_be_used_are_counted_and_named() {
    let place = Workplace::new();
    let mut lines = b"a dog\n\n \t \nbad \xff\xfe bytes\n\xf0\x9f\x8e\x89\xf0\x9f\x8e\x8a\n".to_vec();
    lines.extend("a cat and ".repeat(10_000).bytes());
    lines.extend(b"\n???\na horse");
    place.write("a.txt", lines);
    let ran = place.run(&["a.txt"]);
    ran.expect(
        1,
        &[
            "Read 5 captions",
            "Skipped 3 captions",
            "a.txt: 2 empty (lines 2, 3)",
            "a.txt: 1 not valid UTF-8 (line 4)",
        ],
    );
    let run = place.json("mined/run.json");
    assert_eq!(
        run["inputs"][0]["skipped"][0],
        serde_json::json!({"reason": "empty", "count": 2, "first_rows": [2, 3]})
    );
    assert_eq!(run["inputs"][0]["rows"], 8);
    let tags = place.text("mined/candidates.csv");
    assert!(tags.contains("dog,object,1,1,1") && tags.contains("horse,object,1,1,1"), "{tags}");

    place.write("emoji.txt", "🎉🎉🎉\n👍🏽\n");
    place.run(&["emoji.txt", "--out", "emoji"]).expect(0, &["Read 2 captions"]);
    place.write("blank.txt", "\n  \n");
    place.run(&["blank.txt", "--out", "blank"]).expect(2, &["no caption could be read", "2 empty"]);
    assert!(!place.path("blank").exists());
}

#[test]
fn one_bad_shard_does_not_cost_the_others() {
    let place = Workplace::new();
    place.write("in/a.jsonl", json_lines(&captions(50)));
    place.write("in/b.parquet", "not parquet");
    good_parquet(&place, "in/c.parquet");
    // A file that breaks off is kept as far as it goes.
    place.write("in/d.json", "[{\"caption\": \"a zebra\"}, {\"caption\": \"a gi");
    let ran = place.run(&["in"]);
    ran.expect(
        1,
        &["in/b.parquet: not a Parquet file", "in/d.json: broken JSON", "Read 53 captions", "from 4 files"],
    );
    let run = place.json("mined/run.json");
    assert_eq!(run["counts"]["captions"], 53);
    assert!(run["inputs"][1]["error"].as_str().unwrap().contains("not a Parquet file"));
    assert_eq!(run["inputs"][0]["error"], serde_json::Value::Null);
    assert!(place.text("mined/report.html").contains("in/b.parquet"));
}

/// Found in review: files with a header alone went unnamed.
#[test]
fn files_without_rows_are_named() {
    let place = Workplace::new();
    let none: Vec<&str> = Vec::new();
    place.write("in/a.txt", "a dog\n").write("in/b.csv", "caption,url\n");
    place.parquet("in/c.parquet", vec![("caption", array(StringArray::from(none)))]);
    refused(&place, "in/b.csv", &["no caption could be read", "no rows"]);
    let said = [
        "mine-tags: in/b.csv: no captions: the file has columns but no rows",
        "mine-tags: in/c.parquet: no captions",
        "Read 1 caption ",
    ];
    place.run(&["in"]).expect(0, &said);
    let quiet = place.run(&["in", "--force", "--quiet"]);
    assert_eq!(quiet.expect(0, &[]).stderr, "");
}

/// Found in review: the flag had no effect, and nobody was told.
#[test]
fn column_flags_mean_nothing_to_plain_text() {
    let place = Workplace::new();
    place.write("a.txt", "a dog\n").write("b.txt", "a cat\n").write("c.csv", "words,url\na horse,http://a\n");
    let ran = place.run(&["a.txt", "b.txt", "c.csv", "--caption-column", "words"]);
    let said =
        "--caption-column does not apply to plain text: every line of a.txt (and of 1 more) is a caption";
    ran.expect(0, &[said, "Read 3 captions"]);
    assert_eq!(ran.stderr.matches("--caption-column").count(), 1, "{}", ran.stderr);
    let ran = place.run(&["a.txt", "--caption-column", "words", "--image-column", "url", "--out", "other"]);
    ran.expect(
        2,
        &["--caption-column and --image-column: plain text has no columns", "a.txt", ".csv or .tsv"],
    );
    assert!(!place.path("other").exists());
}

#[test]
fn results_are_never_mixed_or_lost() {
    let place = Workplace::new();
    place.write("a.txt", "a dog\n").write("b.txt", "a cat\n").write("broken.parquet", "x");
    place.run(&["a.txt"]).expect(0, &[]);
    let first = place.read("mined/tags.parquet");
    place.run(&["b.txt"]).expect(2, &["mined exists already", "--out", "--force"]);
    assert!(first == place.read("mined/tags.parquet"));
    // A run that fails keeps the old results, force or not.
    place.run(&["broken.parquet", "--force"]).expect(2, &["not a Parquet file"]);
    assert!(first == place.read("mined/tags.parquet"));
    place.run(&["b.txt", "--force"]).expect(0, &[]);
    assert!(
        place.text("mined/candidates.csv").contains("cat,object")
            && first != place.read("mined/tags.parquet")
    );
    assert_eq!(place.list(""), ["a.txt", "b.txt", "broken.parquet", "mined"]);
}

#[test]
fn force_replaces_nothing_but_an_earlier_run() {
    let place = Workplace::new();
    place.write("a.txt", "a dog\n").write("home/thesis.tex", "years of work").write("fake/run.json", "{}");
    place
        .run(&["a.txt", "--out", "home", "--force"])
        .expect(2, &["home has no run.json of an earlier run, but holds thesis.tex"]);
    place.run(&["a.txt", "--out", "fake", "--force"]).expect(2, &["has no run.json of an earlier run"]);
    place.run(&["a.txt", "--out", "a.txt", "--force"]).expect(2, &["a.txt is not a folder"]);
    place.run(&["a.txt", "--out", "a.txt/below"]).expect(2, &["cannot write to"]);
    assert_eq!(place.text("home/thesis.tex"), "years of work");
    // A run with a note among its results is somebody's work, too.
    place.run(&["a.txt"]).expect(0, &[]);
    place.write("mined/notes.txt", "mine");
    place.run(&["a.txt", "--force"]).expect(2, &["mined holds notes.txt"]);
    assert_eq!(place.text("mined/notes.txt"), "mine");
    place.run(&["a.txt", "--out", "new/deep/run"]).expect(0, &[]);
    assert!(place.path("new/deep/run/report.html").exists());
}

/// Found in review: a link to itself ended the run, and names that are not UTF-8 were left out
/// or taken for one.
#[test]
#[cfg(target_os = "linux")]
fn odd_folder_entries_cost_nothing_else() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let place = Workplace::new();
    place.write("captions/a.txt", "a dog\n");
    for (name, json) in
        [(&b"\xff.jsonl"[..], r#"["a cat", "two cats"]"#), (b"\xfe.jsonl", r#"["a car", "a bus"]"#)]
    {
        let path = place.path("captions").join(OsStr::from_bytes(name));
        std::fs::write(path, format!("{{\"captions\": {json}}}\n")).unwrap();
    }
    std::os::unix::fs::symlink("self.txt", place.path("captions/self.txt")).unwrap();
    place.run(&["captions"]).expect(0, &["Read 5 captions of 3 images from 3 files"]);
    place.run(&["captions/*"]).expect(2, &["captions/*", "not UTF-8; give the folder instead"]);
    place.write("links/a.txt", "a dog\n");
    std::os::unix::fs::symlink("self.txt", place.path("links/self.txt")).unwrap();
    place.run(&["links/*", "--force"]).expect(0, &["Read 1 caption of 1 image from 1 file"]);
}
