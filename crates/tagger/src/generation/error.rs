use thiserror::Error;

use crate::model::ModelError;
use crate::preprocessing::TokenizerError;

/// Why no caption can be generated.
#[derive(Debug, Error)]
pub enum GenerationError {
    /// The settings contradict themselves, or the model.
    #[error("the settings of generation: {0}")]
    Config(String),
    /// The model, its tokenizer and its tags do not belong together.
    #[error("{0}; take all from one checkpoint")]
    Mismatch(String),
    /// What is given does not fit the images.
    #[error("{what}: {found} for {expected} images; give one for each")]
    Count {
        /// What is given.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many images there are.
        expected: usize,
    },
    /// A tag that the model does not have.
    #[error("there is no tag {tag}; the model has the tags 0 to {}", tags - 1)]
    UnknownTag {
        /// The tag's id.
        tag: u32,
        /// How many tags the model has.
        tags: usize,
    },
    /// The model gave something that is no finite number.
    #[error("the model's output is not a number; its parameters or the image are broken")]
    NotANumber,
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The tokenizer failed.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

impl From<candle_core::Error> for GenerationError {
    fn from(error: candle_core::Error) -> Self {
        Self::Model(error.into())
    }
}
