//! `tagger predict` and `tagger caption`.

use std::process::Stdio;

use candle_core::Device;
use serde_json::{Value, json};
use tagger::checkpoint::Checkpoint;
use tagger::generation::{CaptionTags, Captioner, GenerationConfig};
use tagger::nn::Context;
use tagger::preprocessing::stack_images;

use crate::place::Place;

const MODEL: [&str; 2] = ["--model", "model.safetensors"];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &MODEL].concat()
}

/// What the library says of an image.
fn expected(place: &Place, checkpoint: &Checkpoint, image: &str, guide: Option<&str>) -> Value {
    let Checkpoint { description, model, .. } = checkpoint;
    let pixels = description.preprocess.load(&place.path(image)).unwrap();
    let pixels = stack_images(&[pixels], description.preprocess.size, &Device::Cpu).unwrap();
    let context = Context::inference();
    let names: Vec<String> =
        description.vocabulary.entries().iter().map(|entry| entry.tag.name.clone()).collect();
    let captioner = Captioner::new(model, &description.tokenizer, &names, &description.thresholds).unwrap();
    let encoded = model.encode_image(&pixels, &context).unwrap();
    let scores = captioner.tag_scores(&encoded, &context).unwrap().remove(0);
    let guide = guide.map(|guide| [guide.to_owned()]);
    let guide = guide.as_ref().map_or(CaptionTags::Predicted, |guide| CaptionTags::Texts(guide));
    let caption =
        captioner.caption(&encoded, guide, &GenerationConfig::default(), &context).unwrap().remove(0);
    let mut tags: Vec<(usize, f32)> =
        scores.into_iter().enumerate().filter(|&(id, score)| score > 0.5 && id != 36).collect();
    tags.sort_by(|a, b| b.1.total_cmp(&a.1));
    let tags: Vec<Value> = tags
        .into_iter()
        .map(|(id, score)| {
            let tag = &description.vocabulary.entries()[id].tag;
            json!({"name": tag.name, "kind": tag.kind, "score": score})
        })
        .collect();
    json!({"image": image, "tags": tags, "caption": caption.text.trim(), "caption_tags": caption.tags})
}

/// Scores may differ in the last bits: batches are multiplied in another order.
#[track_caller]
fn assert_close(found: &Value, expected: &Value) {
    let (mut found, mut expected) = (found.clone(), expected.clone());
    for (a, b) in
        found["tags"].as_array_mut().unwrap().iter_mut().zip(expected["tags"].as_array_mut().unwrap())
    {
        let (a, b) = (a["score"].take(), b["score"].take());
        assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-5, "{a} is not {b}");
    }
    assert_eq!(found, expected);
}

#[test]
fn tags_and_captions_are_the_librarys() {
    let (place, checkpoint) = Place::with_model();
    let images = ["photos/a.jpg", "photos/b.png", "photos/more/c.png"];
    let all = images.map(|image| expected(&place, &checkpoint, image, None));
    assert!(
        all.iter().all(|image| image["tags"].as_array().is_some_and(|tags| (3..34).contains(&tags.len())))
    );
    assert_ne!(all[0]["tags"], all[1]["tags"]);
    for batch in ["1", "2", "8"] {
        let ran = place.run(&with(&["predict", "photos", "--json", "--batch-size", batch])).expect(0, &[]);
        let found = ran.json();
        assert_eq!(found.len(), 3);
        found.iter().zip(&all).for_each(|(found, expected)| assert_close(found, expected));
    }
    let guided = expected(&place, &checkpoint, images[1], Some("dog | beach"));
    assert_ne!(guided["caption"], all[1]["caption"]);
    let ran = place.run(&with(&["predict", images[1], "--tags", "dog, beach", "--json"])).expect(0, &[]);
    assert_close(&ran.json()[0], &guided);
    let ran = place.run(&with(&["predict", images[0], "--no-caption", "--json"])).expect(0, &[]);
    assert_eq!(ran.json()[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["image", "tags"]);

    let ran = place.run(&with(&["caption", images[0], "photos/more"])).expect(0, &[]);
    let caption = |at: usize| all[at]["caption"].as_str().unwrap();
    assert_eq!(ran.stdout, format!("{}\t{}\n{}\t{}\n", images[0], caption(0), images[2], caption(2)));
    let ran = place.run(&with(&["caption", images[0], "--json"])).expect(0, &[]);
    assert_eq!(ran.json()[0]["caption_tags"], all[0]["caption_tags"]);
}

#[test]
fn text_is_for_reading() {
    let (place, _) = Place::with_model();
    let json = place.run(&with(&["predict", "photos/a.jpg", "--json"])).json().remove(0);
    let text = place.run(&with(&["predict", "photos/a.jpg"])).expect(0, &[]).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "photos/a.jpg");
    assert_eq!(lines[1].trim(), json["caption"]);
    let first = &json["tags"][0];
    let told = format!("{} {:.2}", first["name"].as_str().unwrap(), first["score"].as_f64().unwrap());
    assert!(
        text.contains(&format!("{}: ", first["kind"].as_str().unwrap())) && text.contains(&told),
        "{text}"
    );
    assert!(!text.contains("one "), "a muted tag is shown");

    let above = |threshold| {
        let ran = place.run(&with(&[
            "predict",
            "photos/a.jpg",
            "--json",
            "--no-caption",
            "--threshold",
            threshold,
        ]));
        ran.json()[0]["tags"].as_array().unwrap().len()
    };
    assert!(above("0") == 36 && above("1") == 0 && above("0.5") == json["tags"].as_array().unwrap().len());
    let none = place.run(&with(&["predict", "photos/a.jpg", "--no-caption", "--threshold", "1"]));
    assert_eq!(none.stdout, "photos/a.jpg\n  no tag\n");
}

#[test]
fn sampling_follows_its_seed() {
    let (place, _) = Place::with_model();
    let sampled =
        |seed| place.run(&with(&["caption", "photos", "--sample", "--seed", seed])).expect(0, &[]).stdout;
    assert_eq!(sampled("1"), sampled("1"));
    assert_ne!(sampled("1"), sampled("2"));
}

#[test]
fn bad_images_are_named_and_skipped() {
    let (place, _) = Place::with_model();
    place.write("photos/broken.png", "no image");
    place.write("photos/notes.txt", "no image either");
    std::fs::create_dir(place.path("empty")).unwrap();
    let whole = place.run(&with(&["caption", "photos/a.jpg", "photos/b.png", "photos/more/c.png"])).stdout;
    for batch in ["1", "3"] {
        let ran = place.run(&with(&["caption", "photos", "--batch-size", batch]));
        assert_eq!(ran.expect(1, &["photos/broken.png", "not a JPEG, PNG or WebP"]).stdout, whole);
    }
    let ran = place.run(&with(&["caption", "missing.jpg", "photos/a.jpg", "empty"]));
    let ran = ran.expect(1, &["cannot read the image missing.jpg", "no images", "empty"]);
    assert_eq!(ran.stdout.lines().count(), 1);
}

#[test]
fn what_cannot_run_says_why() {
    let (place, _) = Place::with_model();
    place.write("text.safetensors", "no model");
    let refused = |arguments: &[&str], told: &[&str]| {
        let ran = place.run(arguments).expect(2, told);
        assert_eq!(ran.stdout, "");
        assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("internal error"), "{}", ran.stderr);
    };
    refused(&["predict", "photos", "--model", "none.safetensors"], &["none.safetensors", "cannot read"]);
    refused(&["predict", "photos", "--model", "text.safetensors"], &["text.safetensors", "not a whole"]);
    refused(&["predict", "photos"], &["--model"]);
    refused(&with(&["predict"]), &["IMAGE"]);
    refused(&with(&["predict", "photos", "--threshold", "2"]), &["from 0 to 1"]);
    refused(&with(&["predict", "photos", "--max-length", "900"]), &["max_length 900", "at most 64"]);
    refused(&with(&["predict", "photos", "--device", "gpu"]), &["cuda:NUMBER"]);
    #[cfg(not(feature = "cuda"))]
    refused(
        &with(&["predict", "photos", "--device", "cuda:1"]),
        &["there is no device cuda:1", "built without CUDA", "--device cpu", "--features cuda"],
    );
    place.run(&with(&["predict", "photos/a.jpg", "--device", "cpu"])).expect(0, &[]);
}

#[test]
fn a_reader_may_leave_early() {
    let (place, _) = Place::with_model();
    let arguments = with(&["caption", "photos", "--batch-size", "1"]);
    let mut child = place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn help_has_examples_that_parse() {
    let place = Place::new();
    for command in ["predict", "caption", "retrieve", "import"] {
        let help = place.run(&[command, "--help"]).expect(0, &[]).stdout;
        let examples: Vec<&str> = help
            .lines()
            .filter_map(|line| line.strip_prefix("  tagger "))
            .filter(|line| line.starts_with(command))
            .collect();
        assert!(examples.len() >= 2, "{help}");
        for example in examples {
            // Everything is understood: what fails is that the files do not exist.
            let line = example.split(" > ").next().unwrap();
            let mut words: Vec<String> = Vec::new();
            for (at, part) in line.split('\'').enumerate() {
                match at % 2 {
                    0 => words.extend(part.split_whitespace().map(str::to_owned)),
                    _ => words.push(part.to_owned()),
                }
            }
            let ran = place.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).expect(2, &["cannot"]);
            assert!(!ran.stderr.contains("Usage"), "{}", ran.stderr);
        }
    }
}
