//! What people train with in Python loads the files as they are. A check whose package is not
//! installed says that it is skipped; `MINE_TAGS_PYTHON` names another interpreter.

mod support;

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::{samples_per_shard, triplet, write};
use tag_triplets::{Format, Image, Triplet};

/// What `loaders.py` exits with if a package is missing.
const SKIPPED: i32 = 77;

/// Triplets with all that tends to go wrong: nothing known, no tags, odd text.
fn triplets(image: impl Fn(usize) -> Image) -> Vec<Triplet> {
    let odd = "\"quoted\", \u{e9}\u{1f436}\n\\";
    (0..25)
        .map(|number| {
            let captions: &[(&str, &[u32])] = match number % 3 {
                0 => &[("a dog", &[0, 3]), ("nothing", &[])],
                1 => &[(odd, &[])],
                _ => &[("a train", &[58, 59]), (odd, &[1, 59]), ("", &[])],
            };
            let mut triplet = triplet(&format!("id {number}"), image(number), captions);
            if number.is_multiple_of(2) {
                (triplet.width, triplet.height) = (Some(640), Some(480));
                triplet.split = Some("train".to_owned());
            }
            triplet
        })
        .collect()
}

fn files(number: usize) -> Image {
    let extension = if number.is_multiple_of(2) { "jpg" } else { "png" };
    Image::Bytes { data: (0..=255).cycle().take(number * 50).collect(), extension: extension.to_owned() }
}

fn expected(triplet: &Triplet) -> Value {
    let mut value = json!({
        "image_id": triplet.image_id,
        "captions": triplet.captions,
        "caption_tags": triplet.caption_tags,
        "image_tags": triplet.image_tags,
        "width": triplet.width,
        "height": triplet.height,
        "split": triplet.split,
    });
    match &triplet.image {
        Image::Path(path) => value["image_path"] = json!(path),
        Image::Url(url) => value["url"] = json!(url),
        Image::Bytes { data, extension } => {
            let mut hex = String::new();
            data.iter().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
            value["image"] = json!({ "bytes": hex, "extension": extension });
        }
    }
    value
}

/// Writes triplets and has Python load them.
fn check(format: Format, checks: &[&str], triplets: &[Triplet]) {
    let place = tempfile::tempdir().unwrap();
    let (folder, list) = (place.path().join("triplets"), place.path().join("expected.json"));
    write(&folder, format, "train", &samples_per_shard(10), triplets).unwrap();
    fs::write(&list, Value::from_iter(triplets.iter().map(expected)).to_string()).unwrap();
    let interpreter = env::var_os("MINE_TAGS_PYTHON").unwrap_or_else(|| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/loaders.py");
    for check in checks {
        let mut command = Command::new(&interpreter);
        command.arg("-B").arg(&script).arg(check).arg(&folder).arg(&list);
        let Ok(ran) = command.output() else {
            eprintln!("skipped: {check}: no {} to run", interpreter.to_string_lossy());
            continue;
        };
        let [out, err] = [&ran.stdout, &ran.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        match ran.status.code() {
            Some(0) => {}
            Some(SKIPPED) => eprintln!("{check} of {format}: {}", out.trim_end()),
            _ => panic!("{check} of {format}: {out}{err}"),
        }
    }
}

#[test]
fn parquet_loads_everywhere() {
    let programs = ["pandas", "polars", "duckdb", "datasets"];
    check(Format::Parquet, &programs, &triplets(files));
    check(Format::Parquet, &programs, &triplets(|number| Image::Path(format!("a/{number}.jpg"))));
    check(
        Format::Parquet,
        &programs,
        &triplets(|number| Image::Url(format!("https://example.org/{number}"))),
    );
}

#[test]
fn webdataset_loads_tars() {
    check(Format::WebDataset, &["webdataset"], &triplets(files));
    check(Format::WebDataset, &["webdataset"], &triplets(|number| Image::Path(format!("a/{number}.jpg"))));
}

#[test]
fn recognize_anything_loads_json() {
    check(Format::Json, &["recognize_anything"], &triplets(files));
}
