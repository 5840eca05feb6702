//! Raw caption text to sentences, tokens, parts of speech, lemmas and dependency trees.
//!
//! The model is embedded in the library: nothing is loaded from disk. Trees follow
//! [Universal Dependencies](https://universaldependencies.org/).
//!
//! ```
//! use caption_parser::{Parser, Scratch, Upos};
//!
//! let parser = Parser::embedded()?;
//! let mut scratch = Scratch::default();
//! let document = parser.parse(&mut scratch, "A man riding two brown horses.");
//! let sentence = document.sentences().next().unwrap();
//! assert_eq!(sentence.lemma(2), "ride");
//! assert_eq!(sentence.lemma(5), "horse");
//! assert_eq!(sentence.upos(4), Upos::Adj);
//! assert_eq!(sentence.head(4), Some(5));
//! # Ok::<(), caption_parser::ModelError>(())
//! ```
#![warn(missing_docs)]

mod automaton;
mod batch;
pub mod conllu;
mod document;
mod encoder;
mod features;
mod heads;
mod invisible;
mod kernel;
mod layers;
mod lemma;
pub mod model;
mod network;
pub mod pairs;
mod parser;
mod relation;
mod sealed;
mod segments;
mod sentences;
mod sizes;
mod tokenize;
mod tree;
mod upos;
mod weights;
mod whole;
mod words;

pub use document::{Document, Sentence, Token};
pub use kernel::SimdLevel;
pub use model::ModelError;
pub use parser::{Parser, Scratch};
pub use relation::DependencyRelation;
pub use segments::Segments;
pub use upos::Upos;

/// A part of speech or relation that is not of Universal Dependencies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {name:?}")]
pub struct UnknownLabel {
    what: &'static str,
    name: String,
}

impl UnknownLabel {
    fn new(what: &'static str, name: &str) -> Self {
        Self { what, name: name.to_owned() }
    }
}
