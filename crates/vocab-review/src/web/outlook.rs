//! What a vocabulary made now would come to, and what it would leave out.

use std::collections::HashMap;

use serde::Serialize;
use tag_vocabulary::Tag;

use super::desk::Desk;
use super::problem::Problem;
use super::request::AskSummary;
use crate::curation::{Curated, LostCause, Obstacle, curate};
use crate::decision::{Judgement, Verdict};
use crate::review::{Outcome, Review};

/// Merges from one tag to the next that are looked at, at most.
const LONGEST_WAY: usize = 16;

#[derive(Serialize)]
pub(super) struct Outlook {
    tags: usize,
    left_out: Vec<LeftOut>,
    /// Tags that are left out too, but that the annotator has not judged.
    unheard: usize,
}

/// Candidates that were judged but would not be in the vocabulary as judged, for one reason.
#[derive(Serialize)]
struct LeftOut {
    reason: String,
    /// The tag that the reason is about, if it is a candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<usize>,
    tags: Vec<usize>,
}

/// Who looks, and sees what others say of the tags that they have judged, or of all.
struct Onlooker<'a> {
    review: &'a Review,
    ask: &'a AskSummary,
}

impl Outlook {
    /// Disagreements have a view of their own and are not told here.
    pub(super) fn of(desk: &Desk, ask: &AskSummary) -> Result<Self, Problem> {
        let (candidates, review) = (desk.candidates(), desk.review());
        let Curated { kept, obstacles, .. } = curate(candidates, review, 0).map_err(|_| Problem::Fault)?;
        let onlooker = Onlooker { review, ask };
        let mut outlook = Self { tags: kept, left_out: Vec::new(), unheard: 0 };
        let mut places: HashMap<String, usize> = HashMap::new();
        for obstacle in obstacles.iter().filter(|obstacle| !matches!(obstacle, Obstacle::Disagreement(_))) {
            let Some((at, _)) = candidates.get(obstacle.tag()) else { continue };
            if !onlooker.hears_of(obstacle.tag()) {
                outlook.unheard += 1;
                continue;
            }
            let (reason, target) = onlooker.reason(obstacle);
            let target = target.and_then(|target| Some(candidates.get(target)?.0));
            let place = *places.entry(reason).or_insert_with_key(|reason| {
                outlook.left_out.push(LeftOut { reason: reason.clone(), target, tags: Vec::new() });
                outlook.left_out.len() - 1
            });
            outlook.left_out[place].tags.push(at);
        }
        Ok(outlook)
    }
}

impl Onlooker<'_> {
    /// Whether it is told what others say of a tag.
    fn hears_of(&self, tag: &Tag) -> bool {
        self.ask.reveal || self.review.judgement(tag, &self.ask.annotator).is_some()
    }

    /// The reason in words and the tag that it is about, as far as they sway nobody.
    fn reason<'o>(&self, obstacle: &'o Obstacle) -> (String, Option<&'o Tag>) {
        match obstacle {
            Obstacle::LostTarget { tag, target, cause } => {
                // How many have judged a tag is told to everyone.
                let is_public = matches!(cause, LostCause::Absent | LostCause::Undecided);
                if self.sees_way(tag, target) && (is_public || self.hears_of(target)) {
                    return (obstacle.to_string(), Some(target));
                }
            }
            Obstacle::Circle(tag) if self.sees_way(tag, tag) => return (obstacle.to_string(), None),
            Obstacle::Circle(_) => {}
            Obstacle::Disagreement(_) | Obstacle::BadName { .. } => return (obstacle.to_string(), None),
        }
        ("merged into what is not kept".to_owned(), None)
    }

    /// Whether it is told of every merge from one tag to another.
    fn sees_way(&self, from: &Tag, to: &Tag) -> bool {
        let mut tag = from.clone();
        for _ in 0..LONGEST_WAY {
            let outcome = self.review.outcome(&tag);
            let Outcome::Decided(Judgement { verdict: Verdict::Merge { into }, .. }) = outcome else { break };
            if !self.hears_of(&tag) {
                break;
            }
            if into == *to {
                return true;
            }
            tag = into;
        }
        false
    }
}
