//! Vocabularies in files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{Vocabulary, candidates, json};
use crate::error::{VocabularyError, VocabularyProblem};

/// The largest file that is read as a vocabulary, in bytes: 256 MiB.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Vocabulary {
    /// Reads `vocabulary.json` (see [`from_json`](Self::from_json)) or, if the name ends in
    /// `.csv`, the `candidates.csv` of a run. Each row of that is an entry, and they are put in
    /// order as by [`new`](Self::new).
    ///
    /// # Errors
    /// If the file cannot be read, has more than [`MAX_FILE_BYTES`], or is no vocabulary. The
    /// error names the file and the place in it.
    pub fn read(path: &Path) -> Result<Self, VocabularyError> {
        read(path).map_err(|problem| VocabularyError::at(path, problem))
    }

    /// Writes the vocabulary as JSON. The file appears whole or not at all: it is written beside
    /// its place and moved there once it is on the disk. A file that is there is replaced.
    ///
    /// # Errors
    /// If it cannot be written. The error names the file, and what was there is unchanged.
    pub fn write(&self, path: &Path) -> Result<(), VocabularyError> {
        whole_file::write(path, &self.to_json())
            .map_err(|error| VocabularyError::at(path, VocabularyProblem::Write(error)))
    }
}

fn read(path: &Path) -> Result<Vocabulary, VocabularyProblem> {
    let has_extension =
        |known: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(known));
    let parse = match () {
        () if has_extension("json") => json::from_json,
        () if has_extension("csv") => candidates::from_csv,
        () => return Err(VocabularyProblem::UnknownFormat),
    };
    parse(without_mark(&read_text(path)?))
}

/// The bytes of a file, if they are not too many.
pub(super) fn read_text(path: &Path) -> Result<Vec<u8>, VocabularyProblem> {
    whole_file::is_regular_file(path).map_err(VocabularyProblem::Read)?;
    bounded(&mut File::open(path).map_err(VocabularyProblem::Read)?)
}

/// Text without the byte order mark that some programs put before it.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

fn bounded(file: &mut File) -> Result<Vec<u8>, VocabularyProblem> {
    // The length is known before, unless it is a stream.
    if file.metadata().map_err(VocabularyProblem::Read)?.len() > MAX_FILE_BYTES {
        return Err(VocabularyProblem::TooLarge);
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(VocabularyProblem::Read)?;
    if bytes.len() as u64 > MAX_FILE_BYTES { Err(VocabularyProblem::TooLarge) } else { Ok(bytes) }
}
