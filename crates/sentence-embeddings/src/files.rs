//! Files of the encoder's folder, read whole up to a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::EncoderError;

/// More than any tokenizer or configuration of BERT's needs.
const MOST_TEXT: u64 = 64 << 20;

/// Reads a file of up to `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, EncoderError> {
    let failed = |source| EncoderError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")));
    }
    if metadata.len() > most {
        return Err(unsuitable(
            path,
            format!("its {} bytes are more than the {most} expected", metadata.len()),
        ));
    }
    let mut bytes = Vec::new();
    // A file that grows while it is read ends at the bound too.
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Reads a text.
pub(crate) fn read_text(path: &Path) -> Result<String, EncoderError> {
    String::from_utf8(read(path, MOST_TEXT)?).map_err(|error| unsuitable(path, error.to_string()))
}

/// Reads JSON.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, EncoderError> {
    serde_json::from_slice(&read(path, MOST_TEXT)?).map_err(|error| unsuitable(path, error.to_string()))
}

/// Reads JSON of a file that may be missing.
pub(crate) fn read_json_if_there<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, EncoderError> {
    match read_json(path) {
        Ok(value) => Ok(Some(value)),
        Err(EncoderError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn unsuitable(path: &Path, reason: impl Into<String>) -> EncoderError {
    EncoderError::Unsuitable { path: path.to_owned(), reason: reason.into() }
}
