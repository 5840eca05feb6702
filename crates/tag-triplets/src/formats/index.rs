//! `<split>.index.json`: the files of a split, where their parts are, and where they come from.

use serde::{Deserialize, Serialize};

use super::check::ImageKind;
use super::output::{OutputFile, write_file};
use super::{Format, WrittenFile};
use crate::{Provenance, TripletError};

/// How an index file's name ends.
pub(crate) const SUFFIX: &str = ".index.json";
/// What an index says that it is.
pub(crate) const WHAT: &str = "mine-tags triplets";
/// Changes whenever files of older versions cannot be read as they are.
pub(crate) const VERSION: u32 = 1;

/// What is known of a split's files.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) what: String,
    pub(crate) version: u32,
    pub(crate) format: Format,
    pub(crate) split: String,
    pub(crate) images: ImageKind,
    pub(crate) provenance: Provenance,
    pub(crate) files: Vec<IndexedFile>,
}

/// What is known of a file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct IndexedFile {
    /// Below the index' folder.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) parts: Vec<IndexedPart>,
}

/// A run of triplets that can be read on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexedPart {
    pub(crate) samples: u64,
    #[serde(flatten)]
    pub(crate) span: Span,
    /// Where COCO's annotations of these images are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<Span>,
}

/// Some of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

impl Index {
    pub(super) fn write(&self, directory: &std::path::Path) -> Result<WrittenFile, TripletError> {
        let path = format!("{}{SUFFIX}", self.split);
        let samples = self.files.iter().flat_map(|file| &file.parts).map(|part| part.samples).sum();
        let target = directory.join(&path);
        let mut json =
            serde_json::to_vec(self).map_err(|error| TripletError::write(&target)(error.into()))?;
        json.push(b'\n');
        let bytes = write_file(target, &json)?;
        Ok(WrittenFile { path, samples, bytes, left_out: 0 })
    }
}

/// Notes where parts begin and end while a file is written.
#[derive(Default)]
pub(super) struct SpanLog {
    spans: Vec<Span>,
    start: Option<u64>,
}

impl SpanLog {
    /// The next triplet begins here; if it is the first of a part, so does the part.
    pub(super) fn begin(&mut self, file: &OutputFile) {
        self.start.get_or_insert(file.position());
    }

    /// The part, if one was begun, ends here.
    pub(super) fn end(&mut self, file: &OutputFile) {
        if let Some(offset) = self.start.take() {
            self.spans.push(Span { offset, bytes: file.position() - offset });
        }
    }

    pub(super) fn into_spans(self) -> Vec<Span> {
        self.spans
    }
}
