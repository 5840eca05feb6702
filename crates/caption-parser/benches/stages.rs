//! The parser's stages on the captions of `corpora/demo.jsonl`: splitting into tokens and
//! sentences, whole parses of short and of long captions, and loading the model.
//!
//!     cargo bench -p caption-parser

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use caption_parser::{Parser, Scratch, Segments};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use support::demo_captions;

/// Words of a long caption.
const LONG: usize = 40;

fn stages(criterion: &mut Criterion) {
    let parser = Parser::embedded().expect("the embedded model is sound");
    let (mut scratch, mut segments) = (Scratch::default(), Segments::default());
    let (long, short): (Vec<String>, Vec<String>) =
        demo_captions().into_iter().partition(|caption| caption.split_whitespace().count() >= LONG);
    let mut group = criterion.benchmark_group("stages");
    for (name, captions) in [("short", &short), ("long", &long)] {
        let tokens: usize =
            captions.iter().map(|caption| parser.parse(&mut scratch, caption).token_count()).sum();
        group.throughput(Throughput::Elements(tokens as u64));
        group.bench_function(format!("segment {name}"), |bencher| {
            bencher.iter(|| {
                for caption in captions {
                    segments.find(black_box(caption));
                    black_box(segments.token_count());
                }
            });
        });
        group.bench_function(format!("parse {name}"), |bencher| {
            bencher.iter(|| {
                for caption in captions {
                    black_box(parser.parse(&mut scratch, caption).token_count());
                }
            });
        });
    }
    group.throughput(Throughput::Bytes(Parser::embedded_model().len() as u64));
    group.bench_function("load model", |bencher| {
        bencher.iter(|| black_box(Parser::from_bytes(Parser::embedded_model()).is_ok()));
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
