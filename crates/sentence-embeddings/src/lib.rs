//! Sentence embeddings: texts to vectors whose cosines say how alike the texts are in meaning.
//!
//! [`SentenceEncoder`] runs a BERT encoder that was trained for this, such as all-MiniLM-L6-v2, from a
//! folder as sentence-transformers publishes it (Reimers & Gurevych, "Sentence-BERT: Sentence Embeddings
//! using Siamese BERT-Networks", 2019): the mean of the vectors of a text's word pieces, scaled to length
//! one. [`Embeddings::similar`] finds the pairs that are alike. Nothing is ever fetched.
//!
//! ```
//! use sentence_embeddings::{Embeddings, SentenceEncoder};
//! # fn names(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
//! let encoder = SentenceEncoder::open(folder)?;
//! let embeddings = encoder.encode(&["sofa", "couch", "dog"], &|_| ())?;
//! for pair in embeddings.similar(&[0, 1, 2], 0.7, 3)? {
//!     println!("rows {} and {}: {:.2}", pair.a, pair.b, pair.cosine); // rows 0 and 1: 0.86
//! }
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

mod configuration;
mod embeddings;
mod encoder;
mod error;
mod files;
mod similar;
mod tokenizer;
mod weights;

pub use embeddings::Embeddings;
pub use encoder::SentenceEncoder;
pub use error::{EmbeddingsError, EncoderError};
pub use similar::Pair;
