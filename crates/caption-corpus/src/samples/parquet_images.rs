//! The decoded image column of a Parquet file.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray};

use super::{Reference, Shows};
use crate::SkipReason;
use crate::batch::RowWriter;
use crate::error::Problem;

/// Hugging Face's names for the fields of an image.
pub(crate) const BYTES_FIELD: &str = "bytes";
pub(crate) const PATH_FIELD: &str = "path";

/// A decoded image column: all text is bytes.
pub(crate) enum Pictures {
    References {
        names: BinaryArray,
        is_url: bool,
    },
    Bytes(BinaryArray),
    Structs {
        structs: ArrayRef,
        /// `None`: not read.
        bytes: Option<BinaryArray>,
        paths: Option<BinaryArray>,
    },
    /// Images whose bytes are not wanted, and that have nothing else.
    Unread,
}

impl Pictures {
    /// Takes a decoded column apart. There is none if nothing of it is read.
    pub fn of(column: Option<&ArrayRef>, reference: Reference) -> Result<Self, Problem> {
        let Some(column) = column else { return Ok(Self::Unread) };
        if reference.shows == Shows::BytesAndPath {
            let structs = column.as_struct_opt().ok_or_else(|| unexpected(column))?;
            let field = |name| structs.column_by_name(name).map(binary).transpose();
            let (bytes, paths) = (field(BYTES_FIELD)?, field(PATH_FIELD)?);
            return Ok(Self::Structs { structs: column.clone(), bytes, paths });
        }
        let values = binary(column)?;
        Ok(match reference.shows {
            Shows::Reference => Self::References { names: values, is_url: reference.is_url },
            _ => Self::Bytes(values),
        })
    }

    pub fn write(&self, index: usize, row: &mut RowWriter<'_>) {
        match self {
            Self::Unread => row.embedded(None, None),
            Self::References { names, is_url } => match value(names, index) {
                Some(name) => row.reference(name, *is_url),
                None => row.no_image(SkipReason::Null),
            },
            Self::Bytes(images) => match value(images, index) {
                Some(image) => row.embedded(Some(image), None),
                None => row.no_image(SkipReason::Null),
            },
            Self::Structs { structs, .. } if structs.is_null(index) => row.no_image(SkipReason::Null),
            Self::Structs { bytes, paths, .. } => {
                let path = paths.as_ref().and_then(|paths| value(paths, index));
                match (bytes.as_ref().map(|bytes| value(bytes, index)), path) {
                    (None, path) => row.embedded(None, path),
                    (Some(Some(image)), path) => row.embedded(Some(image), path),
                    // Without bytes the path is that of a file.
                    (Some(None), Some(path)) => row.reference(path, false),
                    (Some(None), None) => row.no_image(SkipReason::Null),
                }
            }
        }
    }
}

fn binary(column: &ArrayRef) -> Result<BinaryArray, Problem> {
    column.as_binary_opt::<i32>().cloned().ok_or_else(|| unexpected(column))
}

fn value(array: &BinaryArray, index: usize) -> Option<&[u8]> {
    array.is_valid(index).then(|| array.value(index))
}

fn unexpected(column: &ArrayRef) -> Problem {
    Problem::Parquet(format!("the images decode as {}, which cannot be read", column.data_type()))
}
