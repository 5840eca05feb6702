//! A text's vector depends on the text alone.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use sentence_embeddings::SentenceEncoder;

use crate::tiny;

/// One word to more than the model takes.
const WORDS: &str = "[a-z!, ]{0,3}((red|big|dog|house|cafe|runs|zebra|!|é)[ ,]){0,12}";

fn bits(encoder: &SentenceEncoder, texts: &[impl AsRef<str> + Sync]) -> Vec<Vec<u32>> {
    let embeddings = encoder.encode(texts, &|_| ()).unwrap();
    let vector = |row| embeddings.get(row).unwrap().iter().map(|value: &f32| value.to_bits()).collect();
    (0..texts.len()).map(vector).collect()
}

#[test]
fn order_and_company_change_no_bit() {
    let folder = tiny::folder();
    let encoder = SentenceEncoder::open(folder.path()).unwrap();
    let texts = proptest::collection::vec(WORDS, 1..40);
    proptest!(ProptestConfig::with_cases(40), |(texts in texts, turn in 0_usize..40)| {
        let mut together = bits(&encoder, &texts);
        let mut turned = texts.clone();
        let turn = turn % texts.len();
        turned.rotate_left(turn);
        let alone: Vec<_> = texts.iter().flat_map(|text| bits(&encoder, &[text])).collect();
        prop_assert_eq!(&together, &alone);
        together.rotate_left(turn);
        prop_assert_eq!(together, bits(&encoder, &turned));
    });
}

#[test]
fn progress_adds_up() {
    let encoder = SentenceEncoder::open(tiny::folder().path()).unwrap();
    let done = AtomicUsize::new(0);
    let texts = ["a", "a dog", "red", "", "dogs"].repeat(500);
    encoder.encode(&texts, &|more| _ = done.fetch_add(more, Ordering::Relaxed)).unwrap();
    assert_eq!(done.into_inner(), texts.len());
    let none: [&str; 0] = [];
    assert!(encoder.encode(&none, &|_| ()).unwrap().is_empty());
}

#[test]
fn threads_change_no_bit() {
    let encoder = SentenceEncoder::open(tiny::folder().path()).unwrap();
    let words = ["a", "red", "big", "dog", "near", "the", "house", "runs", "in", "cafe", "!"];
    let three = |number: usize| [1, 11, 121].map(|place| words[number / place % 11]).join(" ");
    let texts: Vec<String> = (0..1331).map(three).collect();
    let rows: Vec<usize> = (0..texts.len()).collect();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let embeddings = encoder.encode(&texts, &|_| ()).unwrap();
            let pairs = embeddings.similar(&rows, 0.5, 3).unwrap();
            (embeddings, pairs)
        })
    };
    let one = run(1);
    assert!(!one.1.is_empty());
    assert!(run(2) == one && run(7) == one);
}
