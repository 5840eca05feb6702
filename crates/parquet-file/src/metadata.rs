//! What stands at a Parquet file's end, which is looked through before the library reads it.

use std::io;

use parquet::errors::ParquetError;
use parquet::file::metadata::{FooterTail, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::ChunkReader;
use thiserror::Error;

use crate::ParquetFile;
use crate::thrift::{BINARY, I32, LIST, STRUCT, Thrift, broken};

/// How deep a column may be nested. The library reads columns by recursion, whatever is wanted of
/// them, and some hundred levels more would be too much for a thread's stack.
const MAX_LEVELS: usize = 64;
/// The length in bytes and the mark behind the metadata.
pub(crate) const TAIL_BYTES: usize = 8;
/// As much of a column's name as is told.
const NAME_BYTES: u64 = 80;

/// Why a file's metadata cannot be read.
#[derive(Debug, Error)]
pub enum MetadataError {
    /// The Parquet library could not bear it.
    #[error(
        "column {column} is nested more than {MAX_LEVELS} levels deep, which cannot be read: write the file again without it, or flatter"
    )]
    TooDeep {
        /// The column, as it is called at the outermost level.
        column: String,
    },
    /// It is damaged, or cannot be read at all.
    #[error(transparent)]
    Broken(#[from] ParquetError),
}

impl From<io::Error> for MetadataError {
    fn from(error: io::Error) -> Self {
        Self::Broken(ParquetError::General(format!("the metadata at the end is damaged: {error}")))
    }
}

/// Reads the metadata.
pub(crate) fn read(file: &ParquetFile) -> Result<ParquetMetaData, MetadataError> {
    let cut_off = || ParquetError::EOF("the file ends before its metadata does".to_owned());
    let tail_at = file.bytes.checked_sub(TAIL_BYTES as u64).ok_or_else(cut_off)?;
    let tail = FooterTail::try_from(&*file.get_bytes(tail_at, TAIL_BYTES)?)?;
    if tail.is_encrypted_footer() {
        return Err(ParquetError::General("the file is encrypted".to_owned()).into());
    }
    let length = tail.metadata_length();
    let start = tail_at.checked_sub(length as u64).ok_or_else(cut_off)?;
    let bytes = file.get_bytes(start, length)?;
    check(&bytes)?;
    Ok(ParquetMetaDataReader::decode_metadata(&bytes)?)
}

/// Looks for what the library could not bear. What else is wrong is the library's to tell.
fn check(bytes: &[u8]) -> Result<(), MetadataError> {
    let mut metadata = Thrift::new(bytes);
    let (mut last, mut has_schema) = (0, false);
    while let Some(field) = metadata.field(last)? {
        last = field.id;
        // The library goes by the first list of columns.
        if field.id == 2 && !has_schema {
            expect(field.kind, LIST)?;
            check_columns(&mut metadata)?;
            has_schema = true;
        } else {
            metadata.skip_field(&field)?;
        }
    }
    Ok(())
}

/// Columns are listed one after the other, each before what is nested in it.
fn check_columns(metadata: &mut Thrift<&[u8]>) -> Result<(), MetadataError> {
    let (kind, count) = metadata.list()?;
    if count > 0 {
        expect(kind, STRUCT)?;
    }
    let mut column = String::new();
    // How many are still to come of those nested in the last one, in the one around it and so on.
    let mut open: Vec<u32> = Vec::new();
    for number in 0..count {
        let (name, nested) = node(metadata)?;
        // Those behind the last are an error, which the library tells.
        if number > 0 && open.is_empty() {
            continue;
        }
        if open.len() == 1 {
            column = name;
        }
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        if nested > count - number {
            return Err(broken("columns are missing").into());
        }
        if nested > 0 {
            open.push(nested);
        }
        // The first holds all columns.
        if open.len() > MAX_LEVELS + 1 {
            return Err(MetadataError::TooDeep { column });
        }
        while open.pop_if(|left| *left == 0).is_some() {}
    }
    Ok(())
}

/// A column's name, or that of something nested in one, and of how many parts it consists.
fn node(metadata: &mut Thrift<&[u8]>) -> Result<(String, u32), MetadataError> {
    let (mut name, mut nested, mut last) = (String::new(), 0, 0);
    while let Some(field) = metadata.field(last)? {
        last = field.id;
        // The library goes by a field's number alone.
        match field.id {
            4 => {
                expect(field.kind, BINARY)?;
                name = metadata.beginning(NAME_BYTES)?;
                continue;
            }
            5 => {
                expect(field.kind, I32)?;
                nested = u32::try_from(metadata.number()?).map_err(|_| broken("columns are miscounted"))?;
                continue;
            }
            1..=9 => expect(field.kind, I32)?,
            10 => expect(field.kind, STRUCT)?,
            _ => {}
        }
        metadata.skip_field(&field)?;
    }
    Ok((name, nested))
}

fn expect(kind: u8, expected: u8) -> io::Result<()> {
    if kind == expected { Ok(()) } else { Err(broken("a field is of the wrong kind")) }
}
