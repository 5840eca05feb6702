//! Steps on a pile, of which some may be forgotten further down.

use std::collections::HashMap;

use tag_vocabulary::Tag;

use super::Step;

/// Steps, the last on top.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pile {
    /// One that was forgotten is empty until it comes to the top, so that the places of the others stay.
    steps: Vec<Step>,
    /// Those that are not empty.
    count: usize,
    /// The places of the steps that settle a tag, in order: a log has many steps, and few are about it.
    settling: HashMap<Tag, Vec<usize>>,
}

impl Pile {
    /// The step on top.
    pub(crate) fn last(&self) -> Option<&Step> {
        self.steps.last()
    }

    /// The number of steps.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Puts a step, which changes something, on top.
    pub(super) fn push(&mut self, step: Step) {
        for change in step.iter().filter(|change| change.adjudicates) {
            self.settling.entry(change.tag.clone()).or_default().push(self.steps.len());
        }
        self.steps.push(step);
        self.count += 1;
    }

    /// Takes the step on top.
    pub(super) fn pop(&mut self) -> Option<Step> {
        let step = self.steps.pop()?;
        for change in step.iter().filter(|change| change.adjudicates) {
            if let Some(places) = self.settling.get_mut(&change.tag) {
                places.pop();
                if places.is_empty() {
                    self.settling.remove(&change.tag);
                }
            }
        }
        self.count -= 1;
        self.uncover();
        Some(step)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes how a tag was settled out of all steps, and those that did nothing else off the pile.
    pub(super) fn forget_adjudication(&mut self, tag: &Tag) {
        let mut places = self.settling.remove(tag).unwrap_or_default();
        // A stroke may have settled it more than once.
        places.dedup();
        for place in places {
            let Some(step) = self.steps.get_mut(place) else { continue };
            step.retain(|change| !change.adjudicates || change.tag != *tag);
            self.count -= usize::from(step.is_empty());
        }
        self.uncover();
    }

    /// Takes what was forgotten off the top.
    fn uncover(&mut self) {
        while self.steps.pop_if(|step| step.is_empty()).is_some() {}
    }
}
