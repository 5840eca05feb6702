//! Checkpoints written and read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use candle_core::Device;
use tag_vocabulary::{Entry, Tag, TagKind, Vocabulary};
use tagger::checkpoint::{Checkpoint, CheckpointFile, Description, save};
use tagger::generation::TagThresholds;
use tagger::model::{Alignment, AlignmentConfig, Tag2Text};
use tagger::nn::{Init, Initialisation, Parameters, SafetensorsFile};
use tagger::preprocessing::{Preprocess, TextTokenizer};

use crate::support::{difference, tiny_config};

/// 127 tokens, with `[DEC]` and `[ENC]` 129, the special ones where the reference's small models
/// have them.
pub fn tokenizer() -> TextTokenizer {
    let special = ["[PAD]", "[unused0]", "[unused1]", "[unused2]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let words = ["a", "picture", "of", "|", "dog", "beach"].map(str::to_owned);
    let pieces = ('a'..='z').map(|letter| format!("##{letter}"));
    let mut tokens: Vec<String> = special.map(str::to_owned).into_iter().chain(words).chain(pieces).collect();
    tokens.extend((tokens.len()..127).map(|id| format!("word{id}")));
    TextTokenizer::from_vocabulary(&tokens.join("\n"), "made here").unwrap()
}

/// 37 tags, "train" of two kinds, the last muted.
pub fn vocabulary() -> Vocabulary {
    let name =
        |id: usize| format!("tag {}", char::from(b'a' + (id % 26) as u8).to_string().repeat(id / 26 + 1));
    let mut entries: Vec<Entry> =
        (0..35).map(|id| Entry::new(Tag::new(name(id), TagKind::Object).unwrap())).collect();
    entries.push(Entry::new(Tag::new("train", TagKind::Object).unwrap()));
    entries.push(Entry { muted: true, ..Entry::new(Tag::new("train", TagKind::Action).unwrap()) });
    Vocabulary::new(entries).unwrap()
}

pub fn description(kind: &str) -> Description {
    let config = tiny_config(kind);
    Description {
        preprocess: Preprocess::released(config.image.image_size() as u32),
        config,
        vocabulary: vocabulary(),
        tokenizer: tokenizer(),
        thresholds: TagThresholds {
            exceptions: [(1, 0.7)].into(),
            deleted: [36].into(),
            ..TagThresholds::default()
        },
        alignment: None,
    }
}

pub fn alignment() -> AlignmentConfig {
    AlignmentConfig { features: 16, queue: 8, ..AlignmentConfig::default() }
}

pub fn random(description: Description, seed: u64) -> Checkpoint {
    let parameters = Parameters::new(Initialisation::Random { seed }, &Device::Cpu);
    let model = Tag2Text::new(&description.config, &parameters.root()).unwrap();
    let alignment = description
        .alignment
        .as_ref()
        .map(|config| Alignment::new(config, &description.config, &parameters.root()).unwrap());
    Checkpoint { description, parameters, model, alignment }
}

pub fn assert_same(a: &Parameters, b: &Parameters) {
    assert_eq!(a.names(), b.names());
    for (name, var) in a.variables() {
        assert_eq!(difference(&var, &b.get(&name).unwrap()), 0.0, "{name}");
    }
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for (kind, alignment) in [("vit", None), ("swin", Some(alignment()))] {
        let saved = random(Description { alignment, ..description(kind) }, 3);
        save(&path, &saved.parameters, &saved.description).unwrap();
        let Checkpoint { description, parameters, alignment, .. } =
            Tag2Text::load(&path, &Device::Cpu).unwrap();
        assert_same(&saved.parameters, &parameters);
        assert_eq!(description.config, saved.description.config);
        assert_eq!(description.vocabulary, saved.description.vocabulary);
        assert_eq!(description.tokenizer.to_json().unwrap(), saved.description.tokenizer.to_json().unwrap());
        assert_eq!(description.preprocess, saved.description.preprocess);
        assert_eq!(description.thresholds, saved.description.thresholds);
        assert_eq!(alignment.map(|alignment| alignment.config().clone()), saved.description.alignment);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something else was left");
}

#[test]
fn what_only_training_needs_stays_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let saved = random(Description { alignment: Some(alignment()), ..description("vit") }, 3);
    let root = saved.parameters.root();
    root.get((16, 8), "image_queue", Init::Constant(1.0)).unwrap();
    root.pp("vision_proj_m").get(16, "bias", Init::Constant(1.0)).unwrap();
    save(&path, &saved.parameters, &saved.description).unwrap();
    let loaded = Tag2Text::load(&path, &Device::Cpu).unwrap();
    assert!(loaded.parameters.get("image_queue").is_none());

    let all = Parameters::new(Initialisation::Zeros, &Device::Cpu);
    let file = CheckpointFile::open(&path).unwrap();
    Tag2Text::new(&file.description().config, &all.root()).unwrap();
    Alignment::new(&alignment(), &file.description().config, &all.root()).unwrap();
    all.root().get((16, 8), "image_queue", Init::Constant(0.0)).unwrap();
    all.root().pp("vision_proj_m").get(16, "bias", Init::Constant(0.0)).unwrap();
    file.load_into(&all).unwrap();
    assert_same(&saved.parameters, &all);
}

fn notes(path: &Path) -> BTreeMap<String, String> {
    SafetensorsFile::open(path).unwrap().notes()
}

#[track_caller]
fn refused(path: &Path, said: &[&str]) {
    let error = Tag2Text::load(path, &Device::Cpu).unwrap_err().to_string();
    for said in said.iter().chain([&path.to_str().unwrap()]) {
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
}

#[test]
fn files_that_are_no_checkpoint_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    refused(&path, &["cannot read"]);
    fs::write(&path, "no model").unwrap();
    refused(&path, &["not a whole safetensors file"]);
    let saved = random(description("vit"), 3);
    saved.parameters.save(&path, &BTreeMap::new()).unwrap();
    refused(&path, &["no checkpoint of this program", "tagger import"]);

    save(&path, &saved.parameters, &saved.description).unwrap();
    let good = notes(&path);
    let with = |name: &str, text: &str| {
        let mut notes = good.clone();
        notes.insert(name.to_owned(), text.to_owned());
        saved.parameters.save(&path, &notes).unwrap();
    };
    with("version", "2");
    refused(&path, &["version \"2\"", "\"1\" is read"]);
    let other = Vocabulary::new(vec![Entry::new(Tag::new("dog", TagKind::Object).unwrap())]).unwrap();
    with("vocabulary_hash", other.hash());
    refused(&path, &["vocabulary", other.hash(), saved.description.vocabulary.hash()]);
    with("vocabulary", &good["vocabulary"].replace("tag b", "tag ab"));
    refused(&path, &["hash"]);
    with("config", &good["config"].replace("0.1", "0.2"));
    refused(&path, &["header has been changed or damaged"]);
    let mut lacking = good.clone();
    lacking.remove("tokenizer");
    saved.parameters.save(&path, &lacking).unwrap();
    refused(&path, &["header"]);
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let saved = random(description("vit"), 3);
    save(&path, &saved.parameters, &saved.description).unwrap();
    let good = notes(&path);
    let rebuilt = |change: &dyn Fn(&Parameters)| {
        let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
        change(&parameters);
        for (name, var) in saved.parameters.variables() {
            if name != "fc.b" {
                parameters.root().get(var.shape(), &name, Init::Constant(0.0)).unwrap();
                parameters.set(&name, &var).unwrap();
            }
        }
        parameters.save(&path, &good).unwrap();
    };
    rebuilt(&|_| ());
    refused(&path, &["missing", "fc.b"]);
    rebuilt(&|parameters| _ = parameters.root().get((1, 38), "fc.b", Init::Constant(0.0)).unwrap());
    refused(&path, &["tensor fc.b has the shape [1, 38], the model needs [1, 37]"]);
    rebuilt(&|parameters| {
        parameters.root().get((1, 37), "fc.b", Init::Constant(9.0)).unwrap();
    });
    refused(&path, &["tensor fc.b is damaged"]);
    let extra = random(description("vit"), 3);
    extra.parameters.root().get(3, "surplus", Init::Constant(0.0)).unwrap();
    save(&path, &extra.parameters, &extra.description).unwrap();
    refused(&path, &["knows nothing of", "surplus"]);
}

#[test]
fn parts_that_do_not_fit_are_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let good = random(description("vit"), 3);
    let tokens = TextTokenizer::from_vocabulary("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n", "small").unwrap();
    let other = Vocabulary::new(vec![Entry::new(Tag::new("dog", TagKind::Object).unwrap())]).unwrap();
    let thresholds = TagThresholds { deleted: [37].into(), ..TagThresholds::default() };
    for (broken, said) in [
        (Description { vocabulary: other.clone(), ..description("vit") }, "37 tags, the vocabulary has 1"),
        (Description { tokenizer: tokens, ..description("vit") }, "129 tokens, the tokenizer has 7"),
        (Description { preprocess: Preprocess::released(32), ..description("vit") }, "64 pixels"),
        (Description { thresholds, ..description("vit") }, "the tag 37"),
    ] {
        let error = save(&path, &good.parameters, &broken).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("model.safetensors"), "{error}");
    }
    let nowhere = folder.path().join("no/such/folder.safetensors");
    assert!(
        save(&nowhere, &good.parameters, &good.description).unwrap_err().to_string().contains("cannot write")
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let error = good.description.check_vocabulary(&other, "the model").unwrap_err().to_string();
    assert!(error.contains(other.hash()) && error.contains(good.description.vocabulary.hash()), "{error}");
}
