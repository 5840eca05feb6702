//! Any text is parsed to tokens that rebuild it and to trees that are trees.
//!
//!     cargo +nightly fuzz run parse

#![no_main]

use std::cell::RefCell;

use caption_parser::{Parser, Scratch};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|text: &str| {
    let Ok(parser) = Parser::embedded() else { panic!("the embedded model is sound") };
    SCRATCH.with_borrow_mut(|scratch| {
        let document = parser.parse(scratch, text);
        let mut last = 0;
        for sentence in document.sentences() {
            for (index, token) in sentence.tokens().iter().enumerate() {
                let (start, end) = (token.start as usize, token.end as usize);
                assert!(last <= start && start < end);
                assert!(!text[last..start].contains(char::is_alphanumeric), "lost {:?}", &text[last..start]);
                assert!(!sentence.lemma(index).is_empty());
                last = end;
                let steps = std::iter::successors(Some(index), |&at| sentence.head(at));
                assert!(steps.take(sentence.len() + 1).count() <= sentence.len(), "a cycle");
            }
            let roots = (0..sentence.len()).filter(|&index| sentence.head(index).is_none()).count();
            assert_eq!(roots, 1);
        }
        assert!(!text[last..].contains(char::is_alphanumeric), "lost {:?}", &text[last..]);
    });
});
