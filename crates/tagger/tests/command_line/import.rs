//! `tagger import`.

use std::collections::BTreeMap;
use std::fs;

use candle_core::Device;
use tagger::model::Tag2Text;

use crate::place::{Place, model, vocabulary, vocabulary_text};
use crate::support::{difference, reference};

/// With weights in `weights.safetensors`, tags, tokenizer and configuration.
fn place() -> Place {
    let place = Place::new();
    let made = model(None);
    made.parameters.save(&place.path("weights.safetensors"), &BTreeMap::new()).unwrap();
    place.write("vocabulary.json", vocabulary().to_json());
    let names: Vec<String> = vocabulary().entries().iter().map(|entry| entry.tag.name.clone()).collect();
    place.write("tags.txt", names.join("\n"));
    match reference("tiny/tokenizer/vocab.txt") {
        Some(path) => _ = fs::copy(path, place.path("vocab.txt")).unwrap(),
        None => place.write("vocab.txt", vocabulary_text()),
    }
    place.write("config.json", serde_json::to_string(&made.description.config).unwrap());
    place.image("photo.png", [9, 80, 200]);
    place
}

const START: [&str; 6] =
    ["import", "weights.safetensors", "--out", "model.safetensors", "--tokenizer", "vocab.txt"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&START, more].concat()
}

#[test]
fn an_imported_model_can_be_used() {
    let place = place();
    let arguments =
        with(&["--vocabulary", "vocabulary.json", "--config", "config.json", "--threshold", "0.5"]);
    let ran = place.run(&arguments).expect(0, &["parameters matched", "wrote model.safetensors"]);
    assert_eq!(ran.stdout, "");
    let loaded = Tag2Text::load(&place.path("model.safetensors"), &Device::Cpu).unwrap();
    let made = model(None);
    for (name, var) in made.parameters.variables() {
        assert_eq!(difference(&var, &loaded.parameters.get(&name).unwrap()), 0.0, "{name}");
    }
    assert_eq!(loaded.description.thresholds, made.description.thresholds);
    let predict = ["predict", "photo.png", "--json", "--model", "model.safetensors"];
    assert_eq!(place.run(&predict).expect(0, &[]).json().len(), 1);
    place.run(&arguments).expect(2, &["model.safetensors exists", "--force"]);
    place.run(&[&arguments[..], &["--force"]].concat()).expect(0, &["wrote"]);
}

#[test]
fn a_list_of_tags_needs_kinds_where_names_repeat() {
    let place = place();
    let tags = with(&["--config", "config.json", "--tags", "tags.txt"]);
    place.run(&tags).expect(2, &["train/object stands twice, at line 35 and at line 36", "--kinds"]);
    let kinds = |kinds| place.run(&[&tags[..], &["--kinds", kinds]].concat());
    kinds("object:34,scene:1,action:1").expect(2, &["37 tags, the kinds are for 36"]);
    kinds("object:34,thing:3").expect(2, &["thing"]);
    kinds("object:34,scene:1,action:1,attribute:1").expect(0, &["wrote"]);
    let loaded = Tag2Text::load(&place.path("model.safetensors"), &Device::Cpu).unwrap();
    assert_eq!(loaded.description.vocabulary.hash(), vocabulary().hash());
}

#[test]
fn what_does_not_fit_leaves_nothing_behind() {
    let place = place();
    let good = ["--vocabulary", "vocabulary.json", "--config", "config.json"];
    let refused = |arguments: &[&str], told: &[&str]| {
        let ran = place.run(&with(arguments)).expect(2, told);
        assert!(!ran.stderr.contains("internal error"), "{}", ran.stderr);
        assert!(!place.path("model.safetensors").exists());
    };
    refused(&good[..2], &["sizes cannot be told", "--config"]);
    refused(&["--config", "config.json"], &["--tags"]);
    place.write("few.txt", "dog\ncat");
    refused(&["--tags", "few.txt", "--config", "config.json"], &["37 tags", "vocabulary has 2"]);
    place.write("wrong.json", "{\"image\": 3}");
    refused(&["--vocabulary", "vocabulary.json", "--config", "wrong.json"], &["wrong.json"]);
    let config = fs::read_to_string(place.path("config.json")).unwrap();
    place.write("other.json", config.replace("\"depth\":3", "\"depth\":2"));
    let arguments = ["--vocabulary", "vocabulary.json", "--config", "other.json"];
    place.run(&with(&arguments)).expect(1, &["not known to the model", "visual_encoder.blocks.2"]);
    fs::remove_file(place.path("model.safetensors")).unwrap();
    place.write("other.json", config.replace("\"depth\":3", "\"depth\":4"));
    refused(&arguments, &["missing", "visual_encoder.blocks.3"]);
    let allowed = [&arguments[..], &["--allow-missing"]].concat();
    place.run(&with(&allowed)).expect(1, &["missing, drawn from the seed"]);
    fs::remove_file(place.path("model.safetensors")).unwrap();
    let weights = fs::read(place.path("weights.safetensors")).unwrap();
    place.write("weights.safetensors", &weights[..weights.len() - 1]);
    refused(&good, &["weights.safetensors", "not a whole"]);
    place.write("weights.safetensors", b"\x80\x02cos\nsystem\n");
    refused(&good, &["neither a .pth file"]);
}
