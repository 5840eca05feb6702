//! A pair network beside the parser on the captions of `corpora/demo.jsonl`: encoding their words,
//! scoring each noun with every word by a small head, and with every other noun by a large one.
//!
//!     cargo bench -p caption-parser --bench pairs

#[path = "../tests/support/networks.rs"]
mod networks;
#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use caption_parser::pairs::{Pair, PairMemory, PairNetwork};
use caption_parser::{Document, Parser, Scratch, Sentence, Upos};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use networks::{HeadShape, Shape};
use support::demo_captions;

/// A network of the size that reads scene graphs.
fn shape() -> Shape {
    let heads = vec![
        HeadShape("link", 64, 6, vec![26, 400, 400, 100]),
        HeadShape("relation", 128, 260, vec![26, 400, 60, 500, 2048, 3000, 3000]),
    ];
    Shape { layers: 2, tables: vec![3000, 600], classes: 2, heads }
}

fn word_rows(sentence: &Sentence<'_>) -> Vec<u32> {
    (0..2 * sentence.len() as u32).map(|word| word * 37 % 600).collect()
}

/// Nouns with words of a sentence: all of them, or nouns alone.
fn pairs(sentence: &Sentence<'_>, nouns_alone: bool) -> Vec<Pair> {
    let is_noun = |&word: &u32| sentence.upos(word as usize) == Upos::Noun;
    let words = || 0..sentence.len() as u32;
    let rows = |first: u32, second: u32| {
        let (one, two) = (first * 37 % 3000, second * 31 % 3000);
        [first % 26, two % 400, one % 60, two % 100, (one * two) % 2048, one, two]
    };
    let with_others = |first: u32| {
        let others = words().filter(move |other| *other != first && (!nouns_alone || is_noun(other)));
        others.map(move |second| Pair { first, second, rows: rows(first, second) })
    };
    words().filter(is_noun).flat_map(with_others).collect()
}

fn reading(criterion: &mut Criterion) {
    let parser = Parser::embedded().expect("the embedded model is sound");
    let network = PairNetwork::from_bytes(&shape().file(1), parser).expect("the network is sound");
    let mut scratch = Scratch::default().keeping_vectors();
    let captions = demo_captions();
    let documents: Vec<Document> =
        captions.iter().map(|caption| parser.parse(&mut scratch, caption).clone()).collect();
    let sentences: Vec<Sentence<'_>> = documents.iter().flat_map(Document::sentences).collect();
    let rows: Vec<Vec<u32>> = sentences.iter().map(word_rows).collect();
    let mut memory = PairMemory::default();
    let mut group = criterion.benchmark_group("pairs");
    group.throughput(Throughput::Elements(sentences.iter().map(|sentence| sentence.len() as u64).sum()));
    let mut bench = |name: &str, asked: &[(&str, bool)]| {
        let mut all = Vec::new();
        for sentence in &sentences {
            let ask = |&(head, nouns): &(&str, bool)| (network.head(head), pairs(sentence, nouns));
            all.push(asked.iter().map(ask).collect::<Vec<_>>());
        }
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for ((sentence, rows), asked) in sentences.iter().zip(&rows).zip(&all) {
                    network.encode(&mut memory, black_box(sentence.vectors()), rows);
                    for (head, pairs) in asked {
                        network.score(&mut memory, head.expect("the network has it"), pairs);
                    }
                }
            });
        });
    };
    bench("encode", &[]);
    bench("encode, score links", &[("link", false)]);
    bench("encode, score relations", &[("relation", true)]);
    bench("encode, score both", &[("link", false), ("relation", true)]);
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
