use thiserror::Error;

use crate::model::ModelError;
use crate::nn::ParametersError;

/// What can be wrong with the alignment of images and texts.
#[derive(Debug, Error)]
pub enum AlignmentError {
    /// The configuration fits nothing.
    #[error("the alignment's configuration: {0}")]
    Config(String),
    /// A batch is larger than the queues.
    #[error("a batch of {batch} does not fit in queues of {queue}; make `queue` a multiple of the batch")]
    Queue {
        /// How many pairs the batch has.
        batch: usize,
        /// How many features the queues keep.
        queue: usize,
    },
    /// A pair has no negatives to draw from.
    #[error("pair {0} of the batch has no negative; a batch needs two images or more")]
    NoNegative(usize),
    /// Negatives that are given do not fit the batch.
    #[error("the negatives must be {batch} texts and {batch} images below {batch}")]
    Negatives {
        /// How many pairs the batch has.
        batch: usize,
    },
    /// Images must be numbered, one number a pair, or not at all.
    #[error("{0}")]
    ImageIds(String),
    /// Similarities that are no table, or not numbers.
    #[error("the similarities must be a table of numbers with {candidates} columns")]
    Similarities {
        /// How many candidates there are.
        candidates: usize,
    },
    /// The encoders failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The parameters do not fit.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
