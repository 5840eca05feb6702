//! What was wrong: counted, and the first of it named.

use std::fmt;

use serde::Serialize;

use crate::plan::Position;

/// How many are named.
const NAMED: usize = 20;

/// A count with the first 20 named.
///
/// The first are those that come first in the corpus, or by name where no row is known: which they
/// are does not depend on the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Noted {
    /// How many there were.
    pub count: u64,
    /// The first 20, by row and name.
    pub first: Vec<Note>,
}

/// One thing that was wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// The row, where it is known.
    pub position: Option<Position>,
    /// The image.
    pub image_id: String,
    /// What is wrong with it, for people.
    pub detail: String,
}

impl Noted {
    /// Counts one more. The detail is only written down if it is among the first.
    pub fn add(&mut self, position: Option<Position>, image_id: &str, detail: impl fmt::Display) {
        self.count += 1;
        if self.is_among_first(position, image_id) {
            self.keep(Note { position, image_id: image_id.to_owned(), detail: detail.to_string() });
        }
    }

    fn is_among_first(&self, position: Option<Position>, image_id: &str) -> bool {
        let last = self.first.get(NAMED - 1).map(|last| (last.position, last.image_id.as_str()));
        last.is_none_or(|last| (position, image_id) <= last)
    }

    fn keep(&mut self, note: Note) {
        let place = self.first.partition_point(|other| *other <= note);
        if place < NAMED {
            self.first.insert(place, note);
            self.first.truncate(NAMED);
        }
    }
}
