use std::path::PathBuf;

use thiserror::Error;

use crate::checkpoint::CheckpointProblem;
use crate::checkpoint::error::{listed, shapes};
use crate::model::ModelError;
use crate::nn::{Mismatch, ParametersError};

/// Why weights cannot be imported. Every message names the file.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is no file of weights.
    #[error("{} is neither a .pth file of torch nor a safetensors file", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// A file of torch's format of before version 1.6.
    #[error(
        "{} is in torch's old format, which is not read here; with torch 1.6 or later, torch.save(torch.load(file, map_location=\"cpu\"), new_file) writes the new one", path.display()
    )]
    OldFormat {
        /// The file.
        path: PathBuf,
    },
    /// A damaged file of torch's.
    #[error("{} cannot be read as a .pth file: {reason}; get or save it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A pickle that asks for more than tensors.
    #[error(
        "{} is not safe: its pickle calls {what}, which weights never need and which would harm a program that ran it. It was not run here. Get the file from a source that you trust", path.display()
    )]
    Hostile {
        /// The file.
        path: PathBuf,
        /// Module and name.
        what: String,
    },
    /// A model of another architecture.
    #[error("{}: {what}", path.display())]
    OtherModel {
        /// The file.
        path: PathBuf,
        /// Which.
        what: &'static str,
    },
    /// The sizes cannot be told from the tensors.
    #[error("{}: the model's sizes cannot be told from its tensors: {reason}; give them as a configuration", path.display())]
    Sizes {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Nothing in the file is the model's.
    #[error("{}: {}", path.display(), listed("none of its tensors belongs to Tag2Text or its image encoder", names))]
    Nothing {
        /// The file.
        path: PathBuf,
        /// What it has.
        names: Vec<String>,
    },
    /// Two names in the file are one in the model.
    #[error("{}: the tensors {first} and {second} have the same place in the model", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// A name.
        first: String,
        /// Another.
        second: String,
    },
    /// Other tags than the vocabulary's.
    #[error("{} is for {found} tags and the vocabulary has {tags}: give the list that the model was trained with", path.display())]
    Tags {
        /// The file.
        path: PathBuf,
        /// Its number of tags.
        found: usize,
        /// The vocabulary's.
        tags: usize,
    },
    /// Another tokenizer.
    #[error("{} is for {found} tokens and the tokenizer has {tokens}, with [DEC] and [ENC]: give the one that the model was trained with", path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// Its number of tokens.
        found: usize,
        /// The tokenizer's.
        tokens: usize,
    },
    /// Tensors have other shapes than the model's.
    #[error("{}: {}", path.display(), shapes(mismatched))]
    Shapes {
        /// The file.
        path: PathBuf,
        /// Which.
        mismatched: Vec<Mismatch>,
    },
    /// Parameters are missing.
    #[error("{}: {}", path.display(), listed("the model needs tensors that are missing", names))]
    Missing {
        /// The file.
        path: PathBuf,
        /// Which.
        names: Vec<String>,
    },
    /// A tensor that cannot be carried to the model's resolution.
    #[error("{}: tensor {name}: {reason}", path.display())]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No model of such sizes can be.
    #[error("the model is too large: {0}")]
    TooLarge(String),
    /// The parts of the description do not fit together.
    #[error(transparent)]
    Description(Box<CheckpointProblem>),
    /// The model cannot be built.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Parameters cannot be read or set.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
}
