//! Any text is parsed to tokens that rebuild it and to trees that are trees.
//!
//!     cargo +nightly fuzz run parse

#![no_main]

#[path = "../../tests/support/trees.rs"]
mod trees;

use std::cell::RefCell;

use caption_parser::{Parser, Scratch};
use libfuzzer_sys::fuzz_target;
use trees::check_trees;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

fuzz_target!(|text: &str| {
    let Ok(parser) = Parser::embedded() else { panic!("the embedded model is sound") };
    SCRATCH.with_borrow_mut(|scratch| {
        let document = parser.parse(scratch, text);
        check_trees(document);
        let mut last = 0;
        for sentence in document.sentences() {
            for (index, token) in sentence.tokens().iter().enumerate() {
                let (start, end) = (token.start as usize, token.end as usize);
                assert!(last <= start && start < end);
                assert!(!text[last..start].contains(char::is_alphanumeric), "lost {:?}", &text[last..start]);
                assert!(!sentence.lemma(index).is_empty());
                last = end;
            }
        }
        assert!(!text[last..].contains(char::is_alphanumeric), "lost {:?}", &text[last..]);
    });
});
