use std::path::{Path, PathBuf};

use tag_vocabulary::VocabularyError;
use thiserror::Error;

use crate::model::{AlignmentError, ModelError};
use crate::nn::{Mismatch, ParametersError};

/// Why a checkpoint cannot be read or written. Every message names the file.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file cannot be read or written, or is no safetensors file.
    #[error(transparent)]
    File(ParametersError),
    /// What is in it, or should be, is wrong.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: Box<CheckpointProblem>,
    },
}

/// What is wrong with a checkpoint.
#[derive(Debug, Error)]
pub enum CheckpointProblem {
    /// Weights of another origin.
    #[error("no checkpoint of this program; weights of others become one by `tagger import`")]
    NotACheckpoint,
    /// A version that this program does not know.
    #[error(
        "this is version {found:?} of the format, and version \"1\" is read: use the program that wrote it"
    )]
    Version {
        /// The version in the file.
        found: String,
    },
    /// The header lacks something.
    #[error("the header has no {0:?}: the file is damaged, copy or save it again")]
    MissingNote(&'static str),
    /// A part of the header cannot be understood.
    #[error("the header's {note:?} cannot be read: {reason}")]
    Note {
        /// Which.
        note: &'static str,
        /// Why.
        reason: String,
    },
    /// The header is not what was written.
    #[error(
        "the header has been changed or damaged: its checksum is {found}, it should be {expected}; copy or save the file again"
    )]
    Header {
        /// The header's.
        found: String,
        /// What was written with it.
        expected: String,
    },
    /// The vocabulary is broken or another than expected.
    #[error("its vocabulary: {0}")]
    Vocabulary(#[from] VocabularyError),
    /// Configuration, vocabulary, tokenizer, preprocessing and thresholds do not fit together.
    #[error("its parts do not fit together: {0}")]
    Inconsistent(String),
    /// Tensors have other shapes than the model's.
    #[error("{}", shapes(.0))]
    Shapes(Vec<Mismatch>),
    /// The model needs tensors that are not there.
    #[error("{}", listed("the model needs tensors that are missing", .0))]
    Missing(Vec<String>),
    /// There are tensors that the model does not know.
    #[error("{}", listed("the model knows nothing of the tensors", .0))]
    Unexpected(Vec<String>),
    /// The model cannot be built.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// What aligns images and texts cannot be built.
    #[error(transparent)]
    Alignment(#[from] AlignmentError),
    /// Parameters cannot be used.
    #[error(transparent)]
    Parameters(ParametersError),
}

impl CheckpointError {
    pub(super) fn at(path: &Path, problem: impl Into<CheckpointProblem>) -> Self {
        Self::Content { path: path.to_owned(), problem: Box::new(problem.into()) }
    }

    /// An error of the parameters, which names the file by itself if it is about the file.
    pub(super) fn parameters(path: &Path, error: ParametersError) -> Self {
        match error {
            ParametersError::Read { .. } | ParametersError::Write { .. } | ParametersError::Format { .. } => {
                Self::File(error)
            }
            other => Self::at(path, CheckpointProblem::Parameters(other)),
        }
    }
}

/// How many names an error tells.
const SHOWN: usize = 5;

pub(super) fn shapes(mismatches: &[Mismatch]) -> String {
    let told: Vec<String> = mismatches
        .iter()
        .take(SHOWN)
        .map(|Mismatch { name, expected, found }| {
            format!("tensor {name} has the shape {found:?}, the model needs {expected:?}")
        })
        .collect();
    format!("{}{}", told.join("; "), more(mismatches.len()))
}

pub(super) fn listed(what: &str, names: &[String]) -> String {
    let told: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    format!("{what}: {}{}", told.join(", "), more(names.len()))
}

fn more(count: usize) -> String {
    if count > SHOWN { format!(" and {} more", count - SHOWN) } else { String::new() }
}
