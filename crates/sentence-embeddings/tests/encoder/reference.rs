//! What sentence-transformers gave for the same texts; see `record_goldens.py`.

use std::path::Path;

use sentence_embeddings::SentenceEncoder;
use serde::Deserialize;

use crate::tiny;

#[derive(Deserialize)]
struct Goldens {
    tiny: Vec<Golden>,
    minilm: Vec<Golden>,
}

#[derive(Deserialize)]
struct Golden {
    text: String,
    /// The first numbers.
    vector: Vec<f32>,
    #[serde(default)]
    cosines: Vec<f32>,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("goldens.json")).unwrap()
}

fn assert_equal(folder: &Path, goldens: &[Golden]) {
    let texts: Vec<&str> = goldens.iter().map(|golden| golden.text.as_str()).collect();
    let embeddings = SentenceEncoder::open(folder).unwrap().encode(&texts, &|_| ()).unwrap();
    assert_eq!(embeddings.len(), texts.len());
    let near = |ours: f32, theirs: f32, text: &str| {
        assert!((ours - theirs).abs() < 1e-5, "{text:?}: {ours} is not {theirs}");
    };
    for (row, golden) in goldens.iter().enumerate() {
        let vector = embeddings.get(row).unwrap();
        for (&ours, &theirs) in vector.iter().zip(&golden.vector) {
            near(ours, theirs, &golden.text);
        }
        for (other, &theirs) in golden.cosines.iter().enumerate() {
            let ours = vector.iter().zip(embeddings.get(other).unwrap()).map(|(a, b)| a * b).sum();
            near(ours, theirs, &golden.text);
        }
    }
}

#[test]
fn a_tiny_encoder_gives_what_sentence_transformers_gives() {
    assert_equal(tiny::folder().path(), &goldens().tiny);
}

#[test]
fn a_list_of_pieces_serves_as_well_as_a_tokenizer() {
    let folder = tiny::folder();
    std::fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    std::fs::write(folder.path().join("vocab.txt"), tiny::PIECES.replace(' ', "\n") + "\n").unwrap();
    assert_equal(folder.path(), &goldens().tiny);
}

#[test]
fn minilm_gives_what_sentence_transformers_gives() {
    let Some(folder) = std::env::var_os("MINE_TAGS_MINILM") else {
        println!("skipped: MINE_TAGS_MINILM names no folder of all-MiniLM-L6-v2");
        return;
    };
    let folder = Path::new(&folder);
    assert_equal(folder, &goldens().minilm);
    let other = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors", "sentence_bert_config.json", "vocab.txt"] {
        std::fs::copy(folder.join(name), other.path().join(name)).unwrap();
    }
    assert_equal(other.path(), &goldens().minilm);
}
