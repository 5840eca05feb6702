//! Runs the real binary in a folder of its own.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

pub struct Workplace(TempDir);

/// What a run left: exit status, standard output and standard error.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workplace {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }

    /// Writes columns as Parquet.
    pub fn parquet(&self, name: &str, columns: Vec<(&str, ArrayRef)>) -> &Self {
        let columns = columns.into_iter().map(|(name, array)| (name, array, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        self.write(name, writer.into_inner().unwrap())
    }

    /// Everything in a folder, hidden names included.
    pub fn list(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(name)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mine-tags"));
        command.args(arguments).current_dir(self.0.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).stdin(Stdio::null()).output().unwrap().into()
    }

    /// Runs with this standard input.
    pub fn pipe(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut child = self.start(arguments);
        child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ran {
    /// Fails the test unless the run ended so and said this on the standard error.
    #[track_caller]
    pub fn expect(&self, status: i32, said: &[&str]) -> &Self {
        for said in said {
            assert!(self.stderr.contains(said), "{said:?} is not in:\n{}", self.stderr);
        }
        assert!(
            !self.stderr.contains("internal error") && !self.stderr.contains("panicked"),
            "{}",
            self.stderr
        );
        assert_eq!(self.status, status, "{}", self.stderr);
        self
    }
}

pub fn array(array: impl arrow::array::Array + 'static) -> ArrayRef {
    Arc::new(array)
}

/// Writes `vocabulary.json` of these tags.
pub fn vocabulary(place: &Workplace, tags: serde_json::Value) {
    use tag_vocabulary::{Entry, Vocabulary};

    let tag = |value: &serde_json::Value| serde_json::from_value(value.clone()).unwrap();
    let entry = |value: &serde_json::Value| Entry {
        merged: value["merged"].as_array().map(|merged| merged.iter().map(tag).collect()).unwrap_or_default(),
        muted: value["muted"] == true,
        ..Entry::new(tag(value))
    };
    let entries = tags.as_array().unwrap().iter().map(entry).collect();
    place.write("vocabulary.json", Vocabulary::new(entries).unwrap().to_json());
}

/// A picture of so many pixels.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 99]));
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// A few hundred different captions, with image numbers that several of them share.
pub fn captions(count: usize) -> Vec<(String, String)> {
    let things = [
        "man",
        "brown dog",
        "young woman",
        "cat",
        "old car",
        "bicycle",
        "red bus",
        "child",
        "horse",
        "boat",
        "zebra",
    ];
    let deeds = [
        "standing on",
        "walking along",
        "looking at",
        "parked near",
        "running across",
        "sitting in",
        "next to",
    ];
    let places = ["the beach", "a kitchen", "a busy street", "green grass", "the park"];
    let caption = |number: usize| {
        let thing = things[number % things.len()];
        let deed = deeds[number * 5 % deeds.len()];
        let place = places[number * 3 % places.len()];
        format!("A {thing} {deed} {place} with {} others.", number % 13)
    };
    (0..count).map(|number| (format!("{:04}.jpg", number / 3), caption(number))).collect()
}

/// The captions as JSON lines.
pub fn json_lines(captions: &[(String, String)]) -> String {
    let line = |(image, caption): &(String, String)| {
        format!("{}\n", serde_json::json!({"file_name": image, "caption": caption}))
    };
    captions.iter().map(line).collect()
}
