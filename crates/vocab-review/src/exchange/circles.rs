//! Merges that lead in a circle.

use std::collections::{HashMap, HashSet};

use tag_vocabulary::Tag;

use super::BadRow;
use crate::decision::{Annotator, Judgement, Verdict};
use crate::review::Review;

/// What an annotator says of tags: in the rows of a file, else in the log.
pub(super) struct Merges<'r> {
    pub(super) rows: HashMap<Tag, (u64, Judgement)>,
    pub(super) review: &'r Review,
    pub(super) by: &'r Annotator,
}

impl Merges<'_> {
    /// The rows with a merge that would come back to its own tag.
    pub(super) fn circles(&self) -> Vec<BadRow> {
        let (mut bad, mut done) = (Vec::new(), HashSet::new());
        for tag in self.rows.keys() {
            // A tag that was met before leads to no circle, or to one that is named already.
            let mut path = Vec::new();
            let mut next = Some(tag);
            while let Some(tag) = next.filter(|tag| done.insert(*tag)) {
                path.push(tag);
                next = self.target(tag);
            }
            let start = path.iter().position(|tag| Some(*tag) == next);
            bad.extend(start.into_iter().flat_map(|start| self.refused(&path[start..])));
        }
        bad
    }

    /// What a tag is merged into.
    fn target<'t>(&'t self, tag: &Tag) -> Option<&'t Tag> {
        let judgement = match self.rows.get(tag) {
            Some((_, judgement)) => judgement,
            None => self.review.judgement(tag, self.by)?,
        };
        match &judgement.verdict {
            Verdict::Merge { into } => Some(into),
            _ => None,
        }
    }

    /// The rows of a circle. Merges that stand in the log alone are not the file's fault.
    fn refused(&self, circle: &[&Tag]) -> Vec<BadRow> {
        const SHOWN: usize = 10;
        let rows = circle.iter().enumerate().filter_map(|(at, tag)| Some((at, self.rows.get(*tag)?.0)));
        let refused = |(at, row): (usize, u64)| {
            let (before, after) = circle.split_at(at);
            let steps = after.iter().chain(before).chain(after.first());
            let mut steps: Vec<String> = steps.map(|tag| self.step(tag)).take(SHOWN + 1).collect();
            if circle.len() > SHOWN {
                steps[SHOWN] = "and so on".to_owned();
            }
            BadRow { row, reason: format!("merges lead in a circle: {}", steps.join(" → ")) }
        };
        rows.map(refused).collect()
    }

    /// A tag, and where it is said what it is merged into.
    fn step(&self, tag: &Tag) -> String {
        match self.rows.get(tag) {
            Some((row, _)) => format!("{tag} (row {row})"),
            None => format!("{tag} (decided before)"),
        }
    }
}
