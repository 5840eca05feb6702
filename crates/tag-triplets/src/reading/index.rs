//! Opens the files that an index lists.

use std::fs;
use std::path::{Component, Path};

use super::coco::{self, CocoContent};
use super::json::JsonContent;
use super::source::{Content, SourceFile};
use super::webdataset::{self, TarContent};
use crate::formats::index::{Index, IndexedFile, IndexedPart, Span, VERSION, WHAT};
use crate::{Format, Provenance, TripletError};

/// Opens every file of a split, none of which is read but for its beginning.
pub(super) fn open(directory: &Path, path: &Path) -> Result<Vec<SourceFile>, TripletError> {
    let index = read(path)?;
    let mut files = Vec::new();
    for file in index.files {
        let named = Path::new(&file.path);
        if !named.components().all(|part| matches!(part, Component::Normal(_))) {
            let reason = format!("{:?} is no file below the folder", file.path);
            return Err(TripletError::broken(path, "files", reason));
        }
        let target = directory.join(named);
        check_size(&target, &file)?;
        let parts = file.parts;
        check_parts(path, &file.path, &parts, file.bytes)?;
        let samples = parts.iter().map(|part| part.samples).collect();
        let (inside, content): (_, Box<dyn Content>) = match index.format {
            Format::Json => {
                (None, Box::new(JsonContent { directory: directory.to_owned(), images: index.images, parts }))
            }
            Format::WebDataset => (Some(webdataset::provenance(&target)?), Box::new(TarContent { parts })),
            Format::Coco => (
                Some(coco::provenance(&target)?),
                Box::new(CocoContent { directory: directory.to_owned(), images: index.images, parts }),
            ),
            Format::Parquet => {
                return Err(TripletError::broken(path, "format", "Parquet files have no index"));
            }
        };
        files.push(SourceFile {
            path: target,
            format: index.format,
            split: index.split.clone(),
            // What the file itself says counts: it may have been put in place of another.
            provenance: inside.unwrap_or_else(|| index.provenance.clone()),
            parts: samples,
            content,
        });
    }
    check_vocabulary(path, &index.provenance, &files)?;
    Ok(files)
}

fn read(path: &Path) -> Result<Index, TripletError> {
    let bytes = fs::read(path).map_err(TripletError::read(path))?;
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| {
        TripletError::broken(path, format!("line {} column {}", error.line(), error.column()), error)
    })?;
    if index.what != WHAT || index.version != VERSION {
        let reason = format!(
            "it is {:?} in version {}, but this program reads {WHAT:?} in version {VERSION}",
            index.what, index.version
        );
        return Err(TripletError::broken(path, "what and version", reason));
    }
    Ok(index)
}

fn check_size(path: &Path, indexed: &IndexedFile) -> Result<(), TripletError> {
    let bytes = fs::metadata(path).map_err(TripletError::read(path))?.len();
    if bytes == indexed.bytes {
        return Ok(());
    }
    let reason = format!(
        "the file should end at byte {}: it was cut off or changed after it was written",
        indexed.bytes
    );
    Err(TripletError::broken(path, format!("byte {bytes}"), reason))
}

/// Whether all parts lie in the file.
fn check_parts(index: &Path, file: &str, parts: &[IndexedPart], bytes: u64) -> Result<(), TripletError> {
    let fits = |span: Span| span.offset.checked_add(span.bytes).is_some_and(|end| end <= bytes);
    if let Some(part) = parts.iter().find(|part| part.samples > part.span.bytes) {
        let reason = format!("{} triplets cannot stand in {} bytes", part.samples, part.span.bytes);
        return Err(TripletError::broken(index, format!("parts of {file}"), reason));
    }
    let spans = parts.iter().flat_map(|part| [Some(part.span), part.annotations]);
    match spans.flatten().find(|&span| !fits(span)) {
        None => Ok(()),
        Some(Span { offset, .. }) => {
            let reason = format!("the part at byte {offset} goes beyond the file's end");
            Err(TripletError::broken(index, format!("parts of {file}"), reason))
        }
    }
}

fn check_vocabulary(index: &Path, indexed: &Provenance, files: &[SourceFile]) -> Result<(), TripletError> {
    let hash = &indexed.vocabulary_hash;
    match files.iter().find(|file| file.provenance.vocabulary_hash != *hash) {
        None => Ok(()),
        Some(other) => Err(TripletError::MixedVocabularies {
            first: index.to_owned(),
            first_hash: hash.clone(),
            path: other.path.clone(),
            hash: other.provenance.vocabulary_hash.clone(),
        }),
    }
}
