//! `tagger retrieve`.

use candle_core::{Device, Tensor};
use tagger::checkpoint::{Checkpoint, save};
use tagger::nn::Context;
use tagger::preprocessing::stack_images;

use crate::place::{Place, model};

const MODEL: [&str; 2] = ["--model", "model.safetensors"];
const IMAGES: [&str; 3] = ["photos/a.jpg", "photos/b.png", "photos/more/c.png"];
const TEXTS: [&str; 4] = ["a dog", "a picture of the beach", "beach", "dog dog"];

/// The library's scores of all pairs, texts by images.
fn expected(place: &Place, checkpoint: &Checkpoint) -> Vec<Vec<f32>> {
    let Checkpoint { description, model, alignment, .. } = checkpoint;
    let load = |image| description.preprocess.load(&place.path(image)).unwrap();
    let pixels = stack_images(&IMAGES.map(load), description.preprocess.size, &Device::Cpu).unwrap();
    let context = Context::inference();
    let encoded = model.encode_image(&pixels, &context).unwrap();
    let tokens = description.tokenizer.text_batch(&TEXTS, description.config.tokens.cls, 30).unwrap();
    let shape = (tokens.rows, tokens.length);
    let ids = Tensor::from_vec(tokens.ids, shape, &Device::Cpu).unwrap();
    let mask = Tensor::from_vec(tokens.mask, shape, &Device::Cpu).unwrap();
    let scores =
        alignment.as_ref().unwrap().retrieve(&encoded, (&ids, &mask), 99, 2, &context).unwrap().text_to_image;
    scores.chunks(IMAGES.len()).map(<[f32]>::to_vec).collect()
}

fn ranked<'a>(names: &[&'a str], scores: impl Iterator<Item = f32>) -> Vec<(&'a str, f32)> {
    let mut ranked: Vec<_> = names.iter().copied().zip(scores).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

#[test]
fn rankings_are_the_librarys() {
    let (place, checkpoint) = Place::with_model();
    let scores = expected(&place, &checkpoint);
    for batch in ["1", "8"] {
        let arguments =
            [&["retrieve"], &TEXTS[..2], &["--images", "photos", "--json", "--batch-size", batch], &MODEL]
                .concat();
        let found = place.run(&arguments).expect(0, &[]).json();
        let mut expected = Vec::new();
        for (text, scores) in TEXTS[..2].iter().zip(&scores) {
            expected.extend(
                ranked(&IMAGES, scores.iter().copied())
                    .into_iter()
                    .map(|(image, score)| (*text, image, score)),
            );
        }
        assert_eq!(found.len(), expected.len());
        for (found, (text, image, score)) in found.iter().zip(expected) {
            assert_eq!((&found["text"], &found["image"]), (&text.into(), &image.into()));
            assert!((found["score"].as_f64().unwrap() - f64::from(score)).abs() < 1e-4, "{found} {score}");
        }
    }
    place.write("texts.txt", TEXTS[1..].join("\n") + "\n\n");
    let arguments =
        [&["retrieve", TEXTS[0], "--texts", "texts.txt", "--image", IMAGES[1], "--top", "3"], &MODEL[..]]
            .concat();
    let ran = place.run(&arguments).expect(0, &[]);
    let expected = ranked(&TEXTS, scores.iter().map(|scores| scores[1]));
    let lines: Vec<String> =
        expected[..3].iter().map(|(text, score)| format!("  {score:.3}\t{text}\n")).collect();
    assert_eq!(ran.stdout, lines.concat());
}

#[test]
fn what_cannot_be_ranked_is_said() {
    let (place, _) = Place::with_model();
    let run = |arguments: &[&str]| place.run(&[arguments, &MODEL].concat());
    place.write("photos/broken.png", "no image");
    let ran = run(&["retrieve", "a dog", "--images", "photos"]).expect(1, &["broken.png"]);
    assert_eq!(ran.stdout.lines().count(), 4);
    run(&["retrieve", "a dog", "--image", "photos/broken.png"]).expect(2, &["broken.png"]);
    run(&["retrieve", "--texts", "none.txt", "--images", "photos"]).expect(2, &["none.txt"]);
    run(&["retrieve", "a dog"]).expect(2, &["--images"]);
    place.write("empty.txt", "\n");
    run(&["retrieve", "--texts", "empty.txt", "--images", "photos"]).expect(2, &["no texts"]);
    let plain = model(None);
    save(&place.path("model.safetensors"), &plain.parameters, &plain.description).unwrap();
    run(&["retrieve", "a dog", "--images", "photos"])
        .expect(2, &["model.safetensors was not trained to align"]);
}
