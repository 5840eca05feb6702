//! The parser's model: its file, its sizes, and what training must agree on with parsing.
//!
//! A model file is `MTPARSER`, a format version (u32, little endian), the BLAKE3 hash of the
//! rest (32 bytes), and the rest: tensors in the [safetensors](https://docs.rs/safetensors)
//! format. Weights are i8 with a scale a row (tables) or a column (products). The scale of a
//! product's inputs is that by which they become i16; where 8 bits do, the parser lessens it.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

pub use crate::features::{
    AFFIX_ROWS, AFFIXES, FeatureSpace, MAX_PIECES, SHAPE_ROWS, UNKNOWN_FORM, WordFeatures,
};
pub use crate::lemma::{LemmaRule, ending_key, lexicon_key};
use crate::sealed;
pub use crate::sizes::NetworkSizes;
pub use crate::tree::best_heads;

/// Distances beyond this are one bucket.
const FARTHEST: usize = 12;
/// Buckets of the distance between a word and its head: -12 to 12, and one for the root.
pub const DISTANCES: usize = 2 * FARTHEST + 2;

/// Bucket of the distance from a dependent to its head, both indices in the sentence.
pub fn distance_bucket(dependent: usize, head: usize) -> usize {
    let distance = (head as isize - dependent as isize).clamp(-(FARTHEST as isize), FARTHEST as isize);
    (distance + FARTHEST as isize) as usize
}

/// Bucket of a head that is the root.
pub fn root_bucket() -> usize {
    DISTANCES - 1
}

/// Why a model, or a network over its vectors, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file cannot be read.
    #[error("cannot read the parser model {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// It is no such file at all.
    #[error("this is no {wanted}: it does not begin with {magic}")]
    NotAModel {
        /// What it should be.
        wanted: &'static str,
        /// What such a file begins with.
        magic: &'static str,
    },
    /// It was written for another version of this library.
    #[error("the {kind} has format {found}, this version reads format {read}: train it anew")]
    Version {
        /// What it is.
        kind: &'static str,
        /// The version of the file.
        found: u32,
        /// The version that is read.
        read: u32,
    },
    /// Its bytes are not those that were written.
    #[error("the {kind} is damaged: its checksum does not match")]
    Checksum {
        /// What it is.
        kind: &'static str,
    },
    /// It reads the vectors of another parser.
    #[error(
        "the pair network was trained on the parser model {wanted}, but the parser's is {found}: \
         use the two that belong together, or train it anew"
    )]
    OtherParser {
        /// Hash of the model that it was trained on.
        wanted: String,
        /// Hash of the parser's model.
        found: String,
    },
    /// A part of the model is not what it should be.
    #[error("the model is damaged: {part}: {problem}")]
    Damaged {
        /// Which part.
        part: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl ModelError {
    pub(crate) fn damaged(part: &str, problem: impl ToString) -> Self {
        Self::Damaged { part: part.to_owned(), problem: problem.to_string() }
    }
}

/// Puts the header before a safetensors payload: the bytes of a model file.
pub fn seal(payload: &[u8]) -> Vec<u8> {
    sealed::PARSER.seal(payload)
}

/// Checks a model file's header: its payload, and the payload's hash in hexadecimal.
pub(crate) fn open(file: &[u8]) -> Result<(&[u8], String), ModelError> {
    sealed::PARSER.open(file)
}

/// The tensors of a payload, by name and checked by shape.
pub(crate) struct Tensors<'f> {
    tensors: SafeTensors<'f>,
}

impl<'f> Tensors<'f> {
    pub(crate) fn new(payload: &'f [u8]) -> Result<Self, ModelError> {
        let tensors =
            SafeTensors::deserialize(payload).map_err(|error| ModelError::damaged("tensors", error))?;
        Ok(Self { tensors })
    }

    pub(crate) fn view(&self, name: &str, dtype: Dtype) -> Result<TensorView<'f>, ModelError> {
        let view = self.tensors.tensor(name).map_err(|error| ModelError::damaged(name, error))?;
        if view.dtype() != dtype {
            return Err(ModelError::damaged(name, format!("{:?} values, not {dtype:?}", view.dtype())));
        }
        Ok(view)
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>, ModelError> {
        Ok(self.view(name, Dtype::U8)?.data().to_vec())
    }

    /// Numbers, of which there must be `N`.
    pub(crate) fn numbers<const N: usize>(&self, name: &str) -> Result<[usize; N], ModelError> {
        let view = self.view(name, Dtype::U32)?;
        let number = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) as usize;
        let values: Vec<usize> = view.data().as_chunks().0.iter().map(number).collect();
        let count = values.len();
        values.try_into().map_err(|_| ModelError::damaged(name, format!("{count} numbers, not {N}")))
    }

    /// The names of all U8 tensors.
    pub(crate) fn names_of_bytes(&self) -> impl Iterator<Item = &str> {
        let tensors = self.tensors.iter();
        tensors.filter(|(_, view)| view.dtype() == Dtype::U8).map(|(name, _)| name)
    }

    /// A vector of f32, of `length` values.
    pub(crate) fn floats(&self, name: &str, length: usize) -> Result<Vec<f32>, ModelError> {
        let view = self.view(name, Dtype::F32)?;
        let values: Vec<f32> =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        if values.len() != length || values.iter().any(|value| !value.is_finite()) {
            return Err(ModelError::damaged(name, format!("not {length} finite values")));
        }
        Ok(values)
    }

    /// A matrix of i8: its values and its shape.
    pub(crate) fn matrix(&self, name: &str) -> Result<(Vec<i8>, usize, usize), ModelError> {
        let view = self.view(name, Dtype::I8)?;
        let &[rows, columns] = view.shape() else {
            return Err(ModelError::damaged(name, format!("shape {:?} is no matrix", view.shape())));
        };
        Ok((view.data().iter().map(|&byte| byte as i8).collect(), rows, columns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_have_their_buckets() {
        assert_eq!(distance_bucket(5, 6), FARTHEST + 1);
        assert_eq!(distance_bucket(90, 3), 0);
        assert_eq!(distance_bucket(3, 90), root_bucket() - 1);
    }
}
