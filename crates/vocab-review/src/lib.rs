//! Annotators review the candidates for a tag vocabulary, and their decisions make the curated one.
//!
//! Frequency proposes [`Candidates`], people dispose: every judgement is a [`Decision`] in a
//! [`DecisionLog`] that only grows. What holds for a tag is read off the log ([`Review`]), as is
//! how far annotators agree ([`agreement`]). [`curate`] makes a vocabulary of what they kept.
//! Decisions name tags, not rows: the same log serves a later, larger corpus.
#![warn(missing_docs)]

pub mod agreement;
mod candidates;
mod curation;
mod decision;
pub mod exchange;
mod log;
mod review;
pub mod suggestions;
pub mod web;

pub use candidates::{Candidate, Candidates};
pub use curation::{Curated, LostCause, Obstacle, curate};
pub use decision::{
    Annotator, AnnotatorError, Decision, DecisionId, Judgement, JudgementError, Retrace, Verdict,
};
pub use log::{DecisionLog, LogError, NewDecision, SetAside, Snapshot};
pub use review::{Outcome, Review};
