//! How good tags and retrieval are.

mod retrieval;
mod tagging;

pub use retrieval::recall_at;
pub use tagging::{AveragePrecision, PrecisionRecall, mean_average_precision, precision_recall};

/// Why a metric cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// The tables do not fit each other.
    #[error("{what} has {found} entries, expected {expected}")]
    Length {
        /// Which table.
        what: &'static str,
        /// How many entries it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// A table has no columns.
    #[error("there are no {0} to score")]
    Empty(&'static str),
    /// A score that cannot be ranked.
    #[error("the score in row {row}, column {column} is not a number")]
    NotANumber {
        /// Its row, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
    },
    /// A query for which nothing can be found.
    #[error("query {0} has no relevant candidate; leave it out")]
    NothingRelevant(usize),
    /// A candidate that does not exist.
    #[error("query {query} names candidate {candidate}, but there are {candidates}")]
    NoSuchCandidate {
        /// The query, from 0.
        query: usize,
        /// The candidate, from 0.
        candidate: usize,
        /// How many there are.
        candidates: usize,
    },
}

/// Checks that `scores` is a table with `columns` columns of numbers, and gives its number of rows.
fn rows(scores: &[f32], columns: usize, what: &'static str) -> Result<usize, MetricError> {
    if columns == 0 {
        return Err(MetricError::Empty(what));
    }
    let rows = scores.len() / columns;
    if rows * columns != scores.len() {
        return Err(MetricError::Length {
            what: "the last row",
            found: scores.len() % columns,
            expected: columns,
        });
    }
    match scores.iter().position(|score| score.is_nan()) {
        Some(at) => Err(MetricError::NotANumber { row: at / columns, column: at % columns }),
        None => Ok(rows),
    }
}
