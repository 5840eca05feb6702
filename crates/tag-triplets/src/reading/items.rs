//! Items of a JSON list, one a line.

use std::path::{Component, Path};

use serde::de::DeserializeOwned;

use super::source::read_span;
use crate::formats::check::ImageKind;
use crate::formats::image_files::FOLDER;
use crate::formats::index::Span;
use crate::{Image, TripletError};

/// Reads the items of some of a file's bytes.
pub(super) fn read_items<T: DeserializeOwned>(path: &Path, span: Span) -> Result<Vec<T>, TripletError> {
    let bytes = read_span(path, span)?;
    let mut items = Vec::new();
    let mut offset = span.offset;
    for line in bytes.split(|&byte| byte == b'\n') {
        let item = line.strip_suffix(b",").unwrap_or(line);
        let item = serde_json::from_slice(item).map_err(|error| {
            let position = format!("byte {}", offset + (error.column() as u64).saturating_sub(1));
            TripletError::broken(path, position, format!("no item as it was written: {error}"))
        })?;
        items.push(item);
        offset += line.len() as u64 + 1;
    }
    Ok(items)
}

/// The image that an item gives by a path, which is a file below the folder if images are files.
pub(super) fn image(
    kind: ImageKind,
    directory: &Path,
    file: &Path,
    text: String,
) -> Result<Image, TripletError> {
    match kind {
        ImageKind::Path => return Ok(Image::Path(text)),
        ImageKind::Url => return Ok(Image::Url(text)),
        ImageKind::Bytes => {}
    }
    let path = Path::new(&text);
    let is_below =
        path.starts_with(FOLDER) && path.components().all(|part| matches!(part, Component::Normal(_)));
    let extension = path.extension().and_then(|extension| extension.to_str());
    let (true, Some(extension)) = (is_below, extension) else {
        let reason = format!("it is no image file in the folder {FOLDER}");
        return Err(TripletError::broken(file, format!("image {text:?}"), reason));
    };
    let extension = extension.to_owned();
    let path = directory.join(path);
    let data = std::fs::read(&path).map_err(TripletError::read(&path))?;
    Ok(Image::Bytes { data, extension })
}
