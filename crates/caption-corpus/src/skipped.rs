//! What was not read, and why.

use std::fmt;

/// How many row numbers are remembered for each reason.
const FIRST_ROWS: usize = 5;

/// Why a row, or an element of a list of captions, gave no caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// There is no value: a null, a null list, an object without the field.
    Null,
    /// The caption is empty or white space alone, or the list of captions is empty.
    Empty,
    /// The caption's bytes are not UTF-8.
    NotUtf8,
    /// The value is there but is not text: a number, an object.
    NotText,
    /// The row itself cannot be read: broken JSON, a wrong number of fields.
    Malformed,
    /// Longer than [`MAX_CAPTION_BYTES`](crate::MAX_CAPTION_BYTES), or in a record far over any sense.
    TooLong,
}

impl SkipReason {
    /// Every reason, in a fixed order.
    pub const ALL: [SkipReason; 6] =
        [Self::Null, Self::Empty, Self::NotUtf8, Self::NotText, Self::Malformed, Self::TooLong];

    /// A word for files: `null`, `empty`, `not_utf8`, `not_text`, `malformed`, `too_long`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Empty => "empty",
            Self::NotUtf8 => "not_utf8",
            Self::NotText => "not_text",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
        }
    }
}

impl fmt::Display for SkipReason {
    /// Words for people: "not valid UTF-8".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "no caption (null)",
            Self::Empty => "empty",
            Self::NotUtf8 => "not valid UTF-8",
            Self::NotText => "not text",
            Self::Malformed => "malformed row",
            Self::TooLong => "too long",
        })
    }
}

/// Counts of skipped captions by reason, with the first few rows of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    tallies: [Tally; SkipReason::ALL.len()],
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tally {
    count: u64,
    first_rows: Vec<u64>,
}

impl Skipped {
    pub(crate) fn add(&mut self, reason: SkipReason, row: u64) {
        let tally = &mut self.tallies[reason as usize];
        tally.count += 1;
        tally.remember(row);
    }

    /// Adds the counts of the rows that follow.
    pub fn merge(&mut self, later: &Skipped) {
        for (tally, other) in self.tallies.iter_mut().zip(&later.tallies) {
            tally.count += other.count;
            for &row in &other.first_rows {
                tally.remember(row);
            }
        }
    }

    /// Number of skipped captions.
    pub fn total(&self) -> u64 {
        self.tallies.iter().map(|tally| tally.count).sum()
    }

    /// The reasons that occurred: reason, count, and the numbers of the first rows (see
    /// [`CaptionRow::row`](crate::CaptionRow::row)).
    pub fn iter(&self) -> impl Iterator<Item = (SkipReason, u64, &[u64])> {
        SkipReason::ALL
            .into_iter()
            .zip(&self.tallies)
            .filter(|(_, tally)| tally.count > 0)
            .map(|(reason, tally)| (reason, tally.count, tally.first_rows.as_slice()))
    }
}

impl Tally {
    fn remember(&mut self, row: u64) {
        if self.first_rows.len() < FIRST_ROWS && self.first_rows.last() != Some(&row) {
            self.first_rows.push(row);
        }
    }
}
