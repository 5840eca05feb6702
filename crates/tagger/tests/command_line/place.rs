//! A folder to work in, a small model in it, and the binary.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use candle_core::Device;
use image::{Rgb, RgbImage};
use serde_json::Value;
use tag_vocabulary::{Entry, Tag, TagKind, Vocabulary};
use tagger::checkpoint::{Checkpoint, Description, save};
use tagger::generation::TagThresholds;
use tagger::model::{Alignment, AlignmentConfig, Tag2Text};
use tagger::nn::{Initialisation, Parameters};
use tagger::preprocessing::{Preprocess, TextTokenizer};
use tempfile::TempDir;

use crate::support::{reference, tiny_config};

pub struct Place(TempDir);

pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// With `model.safetensors`, and three images of other colours in `photos/`, one in a folder.
    pub fn with_model() -> (Self, Checkpoint) {
        let place = Self::new();
        let checkpoint =
            model(Some(AlignmentConfig { features: 16, queue: 8, ..AlignmentConfig::default() }));
        save(&place.path("model.safetensors"), &checkpoint.parameters, &checkpoint.description).unwrap();
        fs::create_dir_all(place.path("photos/more")).unwrap();
        place.image("photos/b.png", [200, 30, 10]);
        place.image("photos/a.jpg", [10, 90, 250]);
        place.image("photos/more/c.png", [120, 250, 120]);
        (place, checkpoint)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub fn image(&self, name: &str, [red, green, blue]: [u8; 3]) {
        let pixel = |x: u32, y: u32| Rgb([red ^ x as u8, green ^ y as u8, blue ^ (x * y) as u8]);
        RgbImage::from_fn(50, 40, pixel).save(self.path(name)).unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tagger"));
        command.args(arguments).current_dir(self.0.path());
        command
    }
}

impl Ran {
    #[track_caller]
    pub fn expect(self, status: i32, told: &[&str]) -> Self {
        assert_eq!(self.status, Some(status), "{}", self.stderr);
        for told in told {
            assert!(self.stderr.contains(told), "{:?} does not say {told:?}", self.stderr);
        }
        if status != 2 && told.is_empty() {
            assert_eq!(self.stderr, "");
        }
        self
    }

    pub fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The reference's tokenizer where it is at hand, and else one of the same size.
pub fn tokenizer() -> TextTokenizer {
    if let Some(path) = reference("tiny/tokenizer/vocab.txt") {
        return TextTokenizer::from_file(&path).unwrap();
    }
    TextTokenizer::from_vocabulary(&vocabulary_text(), "made here").unwrap()
}

pub fn vocabulary_text() -> String {
    let special = ["[PAD]", "[unused0]", "[unused1]", "[unused2]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let words = ["a", "picture", "of", "|", "dog", "beach"].map(str::to_owned);
    let mut tokens: Vec<String> = special.map(str::to_owned).into_iter().chain(words).collect();
    tokens.extend((tokens.len()..127).map(|id| format!("word{id}")));
    tokens.join("\n")
}

pub fn vocabulary() -> Vocabulary {
    let name =
        |id: usize| format!("tag {}", char::from(b'a' + (id % 26) as u8).to_string().repeat(id / 26 + 1));
    let mut entries: Vec<Entry> =
        (0..34).map(|id| Entry::new(Tag::new(name(id), TagKind::Object).unwrap())).collect();
    entries.push(Entry::new(Tag::new("train", TagKind::Scene).unwrap()));
    entries.push(Entry::new(Tag::new("train", TagKind::Action).unwrap()));
    entries.push(Entry { muted: true, ..Entry::new(Tag::new("one", TagKind::Attribute).unwrap()) });
    Vocabulary::new(entries).unwrap()
}

pub fn model(alignment: Option<AlignmentConfig>) -> Checkpoint {
    let config = tiny_config("vit");
    let description = Description {
        preprocess: Preprocess::released(config.image.image_size() as u32),
        config,
        vocabulary: vocabulary(),
        tokenizer: tokenizer(),
        thresholds: TagThresholds { default: 0.5, deleted: [36].into(), ..TagThresholds::default() },
        alignment,
    };
    let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let model = Tag2Text::new(&description.config, &parameters.root()).unwrap();
    let alignment = description
        .alignment
        .as_ref()
        .map(|config| Alignment::new(config, &description.config, &parameters.root()).unwrap());
    // Widely spread, so that images differ.
    parameters
        .fill_by_rule(|name, dims| {
            Some(tagger::nn::Fill::reference(name, if dims.is_empty() { &[1] } else { dims }))
        })
        .unwrap();
    Checkpoint { description, parameters, model, alignment }
}
