//! What annotators can undo and redo, read off the decisions themselves.
//!
//! An undo is a decision that takes back what the step before it did, and says that it is one; a redo
//! does again what was undone last. So undo and redo work after a restart, on another machine, and for
//! steps that were made elsewhere. What an annotator reverses by hand is a step of its own. Where logs
//! of two machines are joined, an undo may find another step before it than it took back: then it is
//! a step like any other.

mod pile;

use std::collections::HashMap;

use tag_vocabulary::Tag;

use self::pile::Pile;
use crate::decision::{Annotator, Decision, Judgement, Retrace};
use crate::review::Review;

/// What one decision changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) tag: Tag,
    pub(super) adjudicates: bool,
    pub(super) before: Option<Judgement>,
    pub(super) after: Option<Judgement>,
}

/// What was changed at one stroke.
pub(super) type Step = Vec<Change>;

/// The steps of one annotator.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    pub(super) undo: Pile,
    pub(super) redo: Pile,
}

impl History {
    fn record(&mut self, step: Step, retraces: Option<Retrace>) {
        match retraces {
            Some(Retrace::Undo) if self.undo.last().is_some_and(|last| inverse(last) == step) => {
                self.undo.pop().into_iter().for_each(|step| self.redo.push(step));
                return;
            }
            Some(Retrace::Redo) if self.redo.last() == Some(&step) => _ = self.redo.pop(),
            _ => self.redo.clear(),
        }
        self.undo.push(step);
    }

    /// Forgets how the annotator settled a tag: another has settled it since.
    fn forget_adjudication(&mut self, tag: &Tag) {
        self.undo.forget_adjudication(tag);
        self.redo.forget_adjudication(tag);
    }
}

/// A step's way back.
pub(super) fn inverse(step: &Step) -> Step {
    let back = |change: &Change| Change {
        before: change.after.clone(),
        after: change.before.clone(),
        ..change.clone()
    };
    step.iter().map(back).collect()
}

/// The steps of everyone.
#[derive(Clone, Debug, Default)]
pub(super) struct Histories {
    of: HashMap<Annotator, History>,
    /// Who settled a tag last: nobody else can take back how.
    settled_by: HashMap<Tag, Annotator>,
}

impl Histories {
    /// Adds decisions to the review and to the steps of those who made them.
    pub(super) fn record(&mut self, review: &mut Review, decisions: &[Decision]) {
        let strokes = decisions.chunk_by(|a, b| a.batch.is_some() && a.batch == b.batch && a.by == b.by);
        for stroke in strokes {
            let mut step: Step = stroke.iter().filter_map(|decision| self.change(review, decision)).collect();
            step.sort_by(|a, b| (&a.tag, a.adjudicates).cmp(&(&b.tag, b.adjudicates)));
            if let (Some(first), false) = (stroke.first(), step.is_empty()) {
                self.of.entry(first.by.clone()).or_default().record(step, first.retraces);
            }
        }
    }

    /// Adds a decision to the review; what it changed, if anything.
    fn change(&mut self, review: &mut Review, decision: &Decision) -> Option<Change> {
        let Decision { by, tag, adjudicates, .. } = decision;
        let held = |review: &Review| match adjudicates {
            true => review.adjudication(tag).cloned(),
            false => review.judgement(tag, by).cloned(),
        };
        let before = held(review);
        review.add(decision);
        let after = held(review);
        if *adjudicates {
            let former = self.settled_by.insert(tag.clone(), by.clone()).filter(|former| former != by);
            if let Some(history) = former.and_then(|former| self.of.get_mut(&former)) {
                history.forget_adjudication(tag);
            }
        }
        (before != after).then(|| Change { tag: tag.clone(), adjudicates: *adjudicates, before, after })
    }

    pub(super) fn of(&self, by: &Annotator) -> Option<&History> {
        self.of.get(by)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod settling_tests;
