//! What a vocabulary made now would come to, and what it would leave out.

use std::collections::HashMap;
use std::ops::ControlFlow::{Break, Continue};

use serde::Serialize;
use tag_vocabulary::Tag;

use super::desk::Desk;
use super::problem::Problem;
use super::request::AskSummary;
use crate::curation::{Curated, LostCause, Obstacle, Ways, counts_as, curate};

#[derive(Serialize)]
pub(super) struct Outlook {
    tags: usize,
    left_out: Vec<LeftOut>,
    /// Tags that are left out too, by what others say of tags that the annotator has not judged.
    unheard: usize,
}

/// Candidates that were judged but would not be in the vocabulary as judged, for one reason.
#[derive(Serialize)]
struct LeftOut {
    reason: String,
    /// The candidate that they are merged into, and why it is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Target>,
    tags: Vec<usize>,
}

#[derive(Serialize)]
struct Target {
    at: usize,
    cause: String,
}

impl Outlook {
    /// Disagreements have a view of their own and are not told here.
    pub(super) fn of(desk: &Desk, ask: &AskSummary) -> Result<Self, Problem> {
        let candidates = desk.candidates();
        let Curated { kept, obstacles, .. } =
            curate(candidates, desk.review(), 0).map_err(|_| Problem::Fault)?;
        let onlooker = Onlooker { desk, ask };
        let mut ways = Ways::default();
        let mut outlook = Self { tags: kept, left_out: Vec::new(), unheard: 0 };
        let mut places: HashMap<String, usize> = HashMap::new();
        for obstacle in obstacles.iter().filter(|obstacle| !matches!(obstacle, Obstacle::Disagreement(_))) {
            let Some((at, _)) = candidates.get(obstacle.tag()) else { continue };
            if !onlooker.hears_why(obstacle, &mut ways) {
                outlook.unheard += 1;
                continue;
            }
            let place = *places.entry(obstacle.to_string()).or_insert_with_key(|reason| {
                let target = target(obstacle, desk);
                outlook.left_out.push(LeftOut { reason: reason.clone(), target, tags: Vec::new() });
                outlook.left_out.len() - 1
            });
            outlook.left_out[place].tags.push(at);
        }
        Ok(outlook)
    }
}

fn target(obstacle: &Obstacle, desk: &Desk) -> Option<Target> {
    let Obstacle::LostTarget { target, cause, .. } = obstacle else { return None };
    Some(Target { at: desk.candidates().get(target)?.0, cause: cause.to_string() })
}

/// Who looks, and is told what others say of some tags.
struct Onlooker<'d> {
    desk: &'d Desk,
    ask: &'d AskSummary,
}

impl Onlooker<'_> {
    fn hears_of(&self, tag: &Tag) -> bool {
        self.desk.may_tell(tag, &self.ask.annotator, self.ask.reveal)
    }

    /// Whether the reason is nothing that others say of a tag which the onlooker has not judged.
    /// `ways` remembers for tags whether all merges from there on may be told.
    fn hears_why(&self, obstacle: &Obstacle, ways: &mut Ways<bool>) -> bool {
        match obstacle {
            Obstacle::LostTarget { tag, target, cause } => {
                // Whether anybody has judged a tag is told to everyone.
                let is_public = matches!(cause, LostCause::Absent | LostCause::Undecided);
                self.hears_way(tag, ways) && (is_public || self.hears_of(target))
            }
            Obstacle::Circle(tag) => self.hears_way(tag, ways),
            Obstacle::Disagreement(tag) | Obstacle::BadName { tag, .. } => self.hears_of(tag),
        }
    }

    fn hears_way(&self, first: &Tag, ways: &mut Ways<bool>) -> bool {
        // Round in a circle nothing is met that was not heard of.
        ways.follow(first, true, |tag| match counts_as(tag, self.desk.candidates(), self.desk.review()) {
            Some(next) if self.hears_of(tag) => Continue(next),
            next => Break(next.is_none()),
        })
    }
}
