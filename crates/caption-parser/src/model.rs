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
pub use crate::sizes::NetworkSizes;
pub use crate::tree::best_heads;

const MAGIC: &[u8; 8] = b"MTPARSER";
const VERSION: u32 = 2;
const HEADER: usize = 8 + 4 + 32;

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

/// Why a model cannot be used.
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
    /// It is not a parser model at all.
    #[error("this is no parser model: it does not begin with MTPARSER")]
    NotAModel,
    /// It was written for another version of this library.
    #[error("the parser model has format {found}, this version reads format {VERSION}: train it anew")]
    Version {
        /// The version of the file.
        found: u32,
    },
    /// Its bytes are not those that were written.
    #[error("the parser model is damaged: its checksum does not match")]
    Checksum,
    /// A part of the model is not what it should be.
    #[error("the parser model is damaged: {part}: {problem}")]
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
    let mut file = Vec::with_capacity(HEADER + payload.len());
    file.extend(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend(blake3::hash(payload).as_bytes());
    file.extend(payload);
    file
}

/// Checks a model file's header: its payload, and the payload's hash in hexadecimal.
pub(crate) fn open(file: &[u8]) -> Result<(&[u8], String), ModelError> {
    if file.len() < HEADER || &file[..8] != MAGIC {
        return Err(ModelError::NotAModel);
    }
    let found = u32::from_le_bytes([file[8], file[9], file[10], file[11]]);
    if found != VERSION {
        return Err(ModelError::Version { found });
    }
    let payload = &file[HEADER..];
    let hash = blake3::hash(payload);
    if hash.as_bytes()[..] != file[12..HEADER] {
        return Err(ModelError::Checksum);
    }
    Ok((payload, hash.to_hex().to_string()))
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
    fn damaged_files_are_refused() {
        let file = seal(b"payload");
        assert!(open(&file).is_ok());
        assert!(matches!(open(b"PAR1"), Err(ModelError::NotAModel)));
        let mut other = file.clone();
        other[8] = 9;
        assert!(matches!(open(&other), Err(ModelError::Version { found: 9 })));
        let mut flipped = file;
        *flipped.last_mut().unwrap() ^= 1;
        assert!(matches!(open(&flipped), Err(ModelError::Checksum)));
    }

    #[test]
    fn distances_have_their_buckets() {
        assert_eq!(distance_bucket(5, 6), FARTHEST + 1);
        assert_eq!(distance_bucket(90, 3), 0);
        assert_eq!(distance_bucket(3, 90), root_bucket() - 1);
    }
}
