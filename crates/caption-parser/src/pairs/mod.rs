//! Networks that read off the parser's context vectors how words belong together.
//!
//! A [`PairNetwork`] is trained apart from the parser, on the vectors of one parser model. Its
//! user chooses what it reads beside them (rows of learned tables) and what it tells apart. For a
//! sentence it computes, layer normalisations and all sums in f32 in a fixed order,
//!
//! ```text
//! x_i  = norm(vector_i + the word's rows of the tables "word.0", "word.1", ...)       "word"
//! x_i += norm(the larger of two maps of x_{i-1}, x_i, x_{i+1})         "layer0", "layer1", ...
//! logits of word i = map(x_i)                                                    "word.head"
//! ```
//!
//! and for a head, here called "h", and a pair of words (i, j)
//!
//! ```text
//! u = relu(first(x_i) + second(x_j) + first_factor(x_i) * second_factor(x_j)
//!          + the pair's rows of the tables "h.0", "h.1", ...)       "h.first", "h.second", ...
//! logits of the pair = map(u)                                                      "h.head"
//! ```
//!
//! Its file is sealed like the parser's [model](crate::model), with a magic word of its own.
//! Weights are i8; maps of words take inputs of 8 bits, the last map of a head inputs of 16.
//! Beside the weights it has
//!
//! - `sizes` (U32): width of the parser's vectors, number of layers, number of the words' tables;
//! - `parser` (U8): hexadecimal hash of the parser's model;
//! - `heads` (U8): a line for each head, "h 64 6 4": its name, the width of u (a multiple of 16,
//!   at most 512), its classes and its tables (at most [`MOST_TABLES`]);
//! - any other U8 tensors, for the network's user: see [`PairNetwork::blob`].
//!
//! Results are the same bytes on every machine, with any instructions and on any thread.
//!
//! ```
//! use caption_parser::pairs::{Pair, PairMemory, PairNetwork, probabilities};
//! use caption_parser::{Parser, Scratch};
//!
//! # mod networks { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/networks.rs")); }
//! # let file = networks::Shape::default().file(1);
//! // `file` is what training wrote: two tables for words, three classes of links.
//! let parser = Parser::embedded()?;
//! let network = PairNetwork::from_bytes(&file, parser)?;
//! let link = network.head("link").ok_or("the network has no links")?;
//!
//! let mut scratch = Scratch::default().keeping_vectors();
//! let document = parser.parse(&mut scratch, "a red kite");
//! let sentence = document.sentences().next().ok_or("no words")?;
//! let (mut memory, mut shares) = (PairMemory::default(), Vec::new());
//! network.encode(&mut memory, sentence.vectors(), &[0, 5, 3, 1, 2, 6]);
//! probabilities(memory.word_logits(2), &mut shares);
//! assert_eq!(shares.len(), network.word_classes());
//!
//! let pair = Pair { first: 2, second: 1, rows: [4, 0, 0, 0, 0, 0, 0] };
//! network.score(&mut memory, link, &[pair]);
//! probabilities(memory.pair_logits(0), &mut shares);
//! assert_eq!(shares.len(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod head;
mod memory;
mod network;
mod softmax;

pub use memory::PairMemory;
pub use network::{PairNetwork, seal};
pub use softmax::probabilities;

/// Most tables that a head reads a row of for each pair.
pub const MOST_TABLES: usize = 7;

/// A head of a network: see [`PairNetwork::head`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadIndex(usize);

/// An ordered pair of words of a sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Index of the one word.
    pub first: u32,
    /// Index of the other; it may be the same.
    pub second: u32,
    /// A row of each of the head's tables; a head with fewer tables ignores the rest. A row that
    /// the table does not have adds nothing.
    pub rows: [u32; MOST_TABLES],
}
