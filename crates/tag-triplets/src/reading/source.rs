//! Files that triplets are read from, and their parts.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::formats::check::check;
use crate::formats::index::Span;
use crate::{Format, Provenance, Triplet, TripletError};

/// A file that has been opened once and found to be whole, as far as that can be seen without
/// reading all of it.
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) format: Format,
    pub(super) split: String,
    pub(super) provenance: Provenance,
    /// Triplets in each part.
    pub(super) parts: Vec<u64>,
    pub(super) content: Box<dyn Content>,
}

/// What a format knows of a file.
pub(super) trait Content: Send + Sync {
    /// Reads the triplets of a part, which is one that the file has.
    fn decode(&self, path: &Path, part: usize) -> Result<Vec<Triplet>, TripletError>;
}

impl SourceFile {
    pub(super) fn samples(&self) -> u64 {
        total(&self.parts)
    }

    /// Reads a part and checks every triplet of it. Never panics, whatever is in the file.
    pub(super) fn read_part(&self, part: usize) -> Result<Vec<Triplet>, TripletError> {
        let broken = |position, reason: String| TripletError::broken(&self.path, position, reason);
        let first = total(&self.parts[..part]).saturating_add(1);
        let expected = self.parts[part];
        let position = || format!("{expected} triplets from number {first} on");
        let triplets = panic_guard::catch(|| self.content.decode(&self.path, part))
            .map_err(|panic| broken(position(), panic))??;
        if triplets.len() as u64 != expected {
            return Err(broken(position(), format!("there are {}", triplets.len())));
        }
        for (number, triplet) in (first..).zip(&triplets) {
            check(triplet, self.provenance.vocabulary_size).map_err(|reason| {
                broken(format!("triplet {number}, image {:?}", triplet.image_id), reason)
            })?;
        }
        Ok(triplets)
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile")
            .field("path", &self.path)
            .field("format", &self.format)
            .field("split", &self.split)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

/// What a broken file claims may be more than a number can hold.
fn total(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |sum, &samples| sum.saturating_add(samples))
}

/// Reads some of a file's bytes.
pub(super) fn read_span(path: &Path, span: Span) -> Result<Vec<u8>, TripletError> {
    let read = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(span.offset))?;
        let mut bytes = Vec::new();
        file.take(span.bytes).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(TripletError::read(path))?;
    if bytes.len() as u64 != span.bytes {
        let end = span.offset + bytes.len() as u64;
        return Err(TripletError::broken(path, format!("byte {end}"), "the file ends too early"));
    }
    Ok(bytes)
}
