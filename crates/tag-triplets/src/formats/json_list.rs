//! A JSON list in the making, an item a line.

use serde::Serialize;

use super::index::{Span, SpanLog};
use super::output::OutputFile;
use crate::TripletError;

/// Writes items and notes where parts begin and end. The brackets are the caller's.
#[derive(Default)]
pub(super) struct JsonList {
    log: SpanLog,
    has_items: bool,
}

impl JsonList {
    /// Adds an item to a part.
    pub(super) fn add(&mut self, file: &mut OutputFile, item: &impl Serialize) -> Result<(), TripletError> {
        file.put(if self.has_items { b",\n" } else { b"\n" })?;
        self.has_items = true;
        self.log.begin(file);
        serde_json::to_writer(&mut *file, item)
            .map_err(|error| TripletError::write(file.path())(error.into()))
    }

    pub(super) fn end_part(&mut self, file: &OutputFile) {
        self.log.end(file);
    }

    pub(super) fn into_spans(self) -> Vec<Span> {
        self.log.into_spans()
    }
}
