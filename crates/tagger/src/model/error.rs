use thiserror::Error;

use crate::losses::LossError;
use crate::nn::ParametersError;

/// What can be wrong with a model or what it is given.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The configuration fits no model.
    #[error("the model's configuration: {0}")]
    Config(String),
    /// A tensor has the wrong shape.
    #[error("{what} must be {expected}, not {found:?}")]
    Input {
        /// What the tensor is.
        what: &'static str,
        /// The shape that it must have.
        expected: String,
        /// The shape that it has.
        found: Vec<usize>,
    },
    /// The parameters do not fit.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// A loss cannot be computed.
    #[error(transparent)]
    Loss(#[from] LossError),
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
