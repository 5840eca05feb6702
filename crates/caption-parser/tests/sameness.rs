//! A caption's parse is the same whatever it is parsed with and beside.

mod support;

use caption_parser::{Document, Parser, Scratch, SimdLevel};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;
use support::demo_captions;

fn embedded() -> &'static Parser {
    Parser::embedded().expect("the embedded model is sound")
}

#[test]
fn every_instruction_set_gives_the_same_parses() {
    let at = |level: SimdLevel| Parser::from_bytes(Parser::embedded_model()).unwrap().with_simd_level(level);
    let scalar = at(SimdLevel::Scalar).unwrap();
    let captions = demo_captions();
    assert!(captions.len() > 500);
    for parser in SimdLevel::ALL.into_iter().filter_map(at) {
        let (mut ours, mut theirs) = (Scratch::default(), Scratch::default());
        for caption in &captions {
            let wanted = scalar.parse(&mut theirs, caption);
            assert_eq!(parser.parse(&mut ours, caption), wanted, "{:?}", parser.simd_level());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_batch_gives_what_single_captions_give(
        threads in 1usize..6,
        texts in prop::collection::vec(any::<String>(), 0..20),
        start in 0usize..400,
    ) {
        let mut captions = demo_captions()[start..start + 100].to_vec();
        captions.extend(texts);
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let parses: Vec<(usize, Document)> =
            pool.install(|| embedded().parse_batch(&captions, |index, document| (index, document.clone())));
        prop_assert_eq!(parses.len(), captions.len());
        let mut scratch = Scratch::default();
        for (index, (caption, parse)) in captions.iter().zip(parses).enumerate() {
            prop_assert_eq!(parse, (index, embedded().parse(&mut scratch, caption).clone()));
        }
    }
}

/// Words that are met again after others took their place among those kept parse as before.
#[test]
fn more_words_than_are_kept() {
    let caption = |number: usize| format!("a zorb{number} riding two Blicks{} on grass", number % 9000);
    let mut scratch = Scratch::default();
    for number in (0..20_000).chain(0..500) {
        let text = caption(number);
        let found = embedded().parse(&mut scratch, &text);
        if number % 97 == 0 {
            assert_eq!(found, embedded().parse(&mut Scratch::default(), &text));
        }
    }
}

/// A batch may be parsed while another caption's parse is looked at.
#[test]
fn batches_may_be_nested() {
    let captions = ["a dog", "two red kites above a beach"];
    let inner = |_: usize, document: &Document| document.token_count();
    let counts = embedded().parse_batch(&captions, |index, document| {
        let before = document.clone();
        let counts = embedded().parse_batch(&captions, inner);
        assert_eq!(&before, document);
        counts[index] + document.token_count()
    });
    assert_eq!(counts, [4, 12]);
}
