//! Parses a file of captions, a caption a line, several times over and prints how fast.
//!
//!     cargo run --release -p caption-parser --example throughput -- CAPTIONS.txt [ROUNDS] [SIMD]
//!
//! SIMD is `scalar`, `avx2` or `avx512`; without it the best that the CPU has. The first round
//! fills the caches and is not timed. What it prints first is a checksum of all parses, the same
//! on every machine. Meant for `perf` and for `valgrind --tool=callgrind`.

use std::error::Error;
use std::time::Instant;

use caption_parser::{Document, Parser, Scratch, SimdLevel};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: throughput CAPTIONS.txt [ROUNDS] [SIMD]")?;
    let rounds: usize = arguments.next().map_or(Ok(1), |rounds| rounds.parse())?;
    let text = std::fs::read_to_string(path)?;
    let captions: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let parser = match arguments.next().as_deref() {
        None => Parser::from_bytes(Parser::embedded_model())?,
        Some(name) => at_level(name)?,
    };
    let mut scratch = Scratch::default();
    let mut checksum = 0u64;
    let mut tokens = 0;
    for caption in &captions {
        let document = parser.parse(&mut scratch, caption);
        tokens += document.token_count();
        checksum = mix(checksum, document);
    }
    let level = parser.simd_level();
    println!("{} captions, {tokens} tokens, checksum {checksum:016x}, {level:?}", captions.len());
    let start = Instant::now();
    for _ in 0..rounds {
        for caption in &captions {
            parser.parse(&mut scratch, caption);
        }
    }
    let seconds = start.elapsed().as_secs_f64() / rounds.max(1) as f64;
    println!(
        "{:.0} tokens/s, {:.0} captions/s, {:.2} us a caption",
        tokens as f64 / seconds,
        captions.len() as f64 / seconds,
        1e6 * seconds / captions.len() as f64
    );
    Ok(())
}

fn at_level(name: &str) -> Result<Parser, Box<dyn Error>> {
    let level = SimdLevel::ALL.into_iter().find(|level| format!("{level:?}").eq_ignore_ascii_case(name));
    let level = level.ok_or("SIMD is scalar, avx2 or avx512")?;
    let parser = Parser::from_bytes(Parser::embedded_model())?;
    Ok(parser.with_simd_level(level).ok_or("this CPU lacks these instructions")?)
}

/// FNV-1a over everything that a parse says.
fn mix(mut sum: u64, document: &Document) -> u64 {
    let mut add = |value: u64| sum = (sum ^ value).wrapping_mul(0x0100_0000_01b3);
    for sentence in document.sentences() {
        for (index, token) in sentence.tokens().iter().enumerate() {
            add(u64::from(token.start) << 32 | u64::from(token.end));
            add(token.upos as u64 | (token.relation as u64) << 8);
            add(sentence.head(index).map_or(0, |head| head as u64 + 1));
            sentence.lemma(index).bytes().for_each(|byte| add(u64::from(byte)));
        }
    }
    sum
}
