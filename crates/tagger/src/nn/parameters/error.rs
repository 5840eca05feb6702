use std::path::PathBuf;

use thiserror::Error;

/// What can be wrong with parameters and their files.
#[derive(Debug, Error)]
pub enum ParametersError {
    /// A tensor has another shape than the model's.
    #[error("parameter {name} has the shape {found:?}, the model needs {expected:?}")]
    Shape {
        /// The parameter's name.
        name: String,
        /// The model's shape.
        expected: Vec<usize>,
        /// The tensor's shape.
        found: Vec<usize>,
    },
    /// There is no parameter of this name.
    #[error("there is no parameter {name} here; the names must be those of the model")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file is no safetensors file, or a broken one.
    #[error("{} is not a whole safetensors file: {reason}; copy or save it again", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
