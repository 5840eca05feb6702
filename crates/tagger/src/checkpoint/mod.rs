//! Models in files, with all that is needed to use them: [`Tag2Text::load`](crate::model::Tag2Text::load).
//!
//! A checkpoint is one safetensors file. Its tensors are the parameters, each once, by its
//! canonical name; its header holds the notes of a [`Description`], each as text:
//!
//! | note | content |
//! |---|---|
//! | `format`, `version` | `tagger checkpoint`, `1` |
//! | `config` | [`Tag2TextConfig`](crate::model::Tag2TextConfig) as JSON |
//! | `vocabulary`, `vocabulary_hash` | the tags as `vocabulary.json`, and their hash |
//! | `tokenizer` | a `tokenizer.json` |
//! | `preprocess` | [`Preprocess`](crate::preprocessing::Preprocess) as JSON |
//! | `thresholds` | [`TagThresholds`](crate::generation::TagThresholds) as JSON |
//! | `alignment` | [`AlignmentConfig`](crate::model::AlignmentConfig) as JSON, if the model has it |
//! | `checksums` | XXH3 of every tensor and of the other notes, in hexadecimal |
//!
//! The weights of others, in torch's files or in safetensors, become one by an [`import`].

mod checksum;
mod description;
mod error;
mod file;
pub mod import;
mod size;

pub use description::Description;
pub use error::{CheckpointError, CheckpointProblem};
pub use file::{Checkpoint, CheckpointFile, save};
