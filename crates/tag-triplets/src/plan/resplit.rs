//! Files that are too large for memory are split by further bits of the hash.

use std::ffi::OsString;

use super::encoding::header;
use super::error::PlanError;
use super::file::{RowFile, RowWriter};
use super::grouped::memory_of;
use crate::hash::{Purpose, hash};

/// Bits of the hash that tell one split's files apart.
const BITS: u32 = 6;
/// Files of one split.
pub(super) const PARTITIONS: usize = 1 << BITS;

/// The file that a hash belongs to, at a level of splitting. Files come in the order of hashes.
pub(super) fn partition_at(hash: u64, level: u32) -> usize {
    (hash << (BITS * level) >> (u64::BITS - BITS)) as usize
}

/// Gives the file, or the smaller files that it was split into, in the order of hashes.
pub(super) fn split_large(
    file: RowFile,
    memory: u64,
    level: u32,
    files: &mut Vec<RowFile>,
) -> Result<(), PlanError> {
    if file.rows() < 2 || memory_of(&file) <= memory {
        files.push(file);
        return Ok(());
    }
    let level = level + 1;
    if BITS * level >= u64::BITS {
        return Err(too_large(&file, memory)?);
    }
    split(file, level)?.into_iter().try_for_each(|part| split_large(part, memory, level, files))
}

fn split(file: RowFile, level: u32) -> Result<Vec<RowFile>, PlanError> {
    let mut parts: Vec<RowWriter> = (0..PARTITIONS)
        .map(|number| {
            let mut path = OsString::from(file.path());
            path.push(format!("-{number:02}"));
            RowWriter::new(path.into())
        })
        .collect();
    let mut reader = file.read()?;
    while let Some(row) = reader.next()? {
        let Some(header) = header(row) else { return Err(reader.damaged()) };
        parts[partition_at(hash(header.key, Purpose::Order), level)].push(row)?;
    }
    let parts = parts.into_iter().filter_map(|part| part.finish().transpose()).collect();
    file.remove()?;
    parts
}

/// All of the file's rows have one hash: they are one image's.
fn too_large(file: &RowFile, memory: u64) -> Result<PlanError, PlanError> {
    let mut reader = file.read()?;
    let image_id = reader.next()?.and_then(header).map(|header| header.key.to_owned()).unwrap_or_default();
    Ok(PlanError::ImageTooLarge { image_id, memory })
}
