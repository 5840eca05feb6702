//! Finds the files of a folder and checks that they belong together.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::source::SourceFile;
use super::{index, parquet};
use crate::TripletError;
use crate::formats::index::SUFFIX;

/// The files with triplets, at least one, sorted by split, then by path.
pub(super) fn find(directory: &Path) -> Result<Vec<Arc<SourceFile>>, TripletError> {
    let mut files = Vec::new();
    for path in visible_files(directory)? {
        if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(parquet::open(&path)?);
        } else if path.to_string_lossy().ends_with(SUFFIX) {
            files.extend(index::open(directory, &path)?);
        }
    }
    files.sort_by(|a, b| (&a.split, &a.path).cmp(&(&b.split, &b.path)));
    check_alike(directory, &files)?;
    Ok(files.into_iter().map(Arc::new).collect())
}

fn visible_files(directory: &Path) -> Result<Vec<PathBuf>, TripletError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(TripletError::read(directory))? {
        let entry = entry.map_err(TripletError::read(directory))?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

fn check_alike(directory: &Path, files: &[SourceFile]) -> Result<(), TripletError> {
    let Some(first) = files.first() else {
        return Err(TripletError::NoTriplets(directory.to_owned()));
    };
    for file in files {
        if file.format != first.format {
            return Err(TripletError::MixedFormats {
                path: directory.to_owned(),
                first: first.format,
                second: file.format,
            });
        }
        let (hash, first_hash) = (&file.provenance.vocabulary_hash, &first.provenance.vocabulary_hash);
        if hash != first_hash {
            return Err(TripletError::MixedVocabularies {
                first: first.path.clone(),
                first_hash: first_hash.clone(),
                path: file.path.clone(),
                hash: hash.clone(),
            });
        }
    }
    Ok(())
}
