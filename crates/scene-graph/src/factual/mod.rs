//! Graphs in the conventions of FACTUAL's gold graphs, on top of the plain graph.
//!
//! FACTUAL writes `( man , have , leg )` for "leg of the man", digits for numbers and
//! `( elephants , is , group of )` for measure words, and its annotators saw the image. What they
//! make of a caption is learned from its training split: see [`TripleReader`].

mod across;
mod decode;
pub mod features;
mod paths;
mod reader;
mod vocabulary;

pub use decode::{FIRST_LABEL, Link, lacking, link_pairs};
pub use reader::TripleReader;
pub use vocabulary::{VERB, Vocabulary};

/// A number word as digits, as FACTUAL writes it; other words as they are.
pub fn digits(word: &str) -> &str {
    const WORDS: [(&str, &str); 14] = [
        ("one", "1"),
        ("two", "2"),
        ("three", "3"),
        ("four", "4"),
        ("five", "5"),
        ("six", "6"),
        ("seven", "7"),
        ("eight", "8"),
        ("nine", "9"),
        ("ten", "10"),
        ("eleven", "11"),
        ("twelve", "12"),
        ("both", "2"),
        ("couple", "2"),
    ];
    WORDS.iter().find(|(name, _)| *name == word).map_or(word, |(_, digits)| digits)
}
