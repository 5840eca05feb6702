//! The decisions and what follows from them, while the page is open.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;
use tag_vocabulary::Tag;

use super::history::{Change, Histories, Step, inverse};
use super::problem::Problem;
use crate::candidates::Candidates;
use crate::decision::{Annotator, Judgement, Retrace, Verdict};
use crate::log::{DecisionLog, NewDecision};
use crate::review::{Outcome, Review};

/// The log, and what it says.
pub(super) struct Desk {
    /// What tells what the page reads once, the candidates above all, from what it might have read.
    listing: String,
    candidates: Arc<Candidates>,
    log: DecisionLog,
    review: Review,
    pub(super) histories: Histories,
}

/// What an annotator may know of a tag.
#[derive(Serialize)]
pub(super) struct TagState {
    /// Its place among the candidates.
    at: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<Judgement>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<OtherJudgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adjudication: Option<Judgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disputed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    settled: bool,
}

#[derive(Serialize)]
struct OtherJudgement {
    by: Annotator,
    /// None while the annotator who asks has not judged the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    judgement: Option<Judgement>,
}

/// What has changed since an annotator last asked.
#[derive(Serialize)]
pub(super) struct Changes {
    /// To be given when asking again.
    version: usize,
    /// What the page shows, and of which log.
    edition: String,
    tags: Vec<TagState>,
    annotators: Vec<Annotator>,
    /// Steps that can be taken back, and done again.
    undo: usize,
    redo: usize,
    /// Places of the tags that the request changed; none when the annotator only asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) stroke: Vec<usize>,
}

/// What an annotator wants decided.
pub(super) struct Wish {
    pub(super) by: Annotator,
    pub(super) tags: Vec<Tag>,
    pub(super) judgement: Option<Judgement>,
    pub(super) adjudicates: bool,
    /// It was wanted before, may have been done, and is not wanted any more.
    pub(super) withdrawn: bool,
}

impl Desk {
    pub(super) fn new(listing: String, candidates: Arc<Candidates>, log: DecisionLog) -> Self {
        let mut decisions = log.decisions().to_vec();
        decisions.sort_by_key(crate::decision::Decision::order);
        let (mut review, mut histories) = (Review::default(), Histories::default());
        histories.record(&mut review, &decisions);
        Self { listing, candidates, log, review, histories }
    }

    /// The listing's mark, and the log's: its first decision, if there is one.
    fn edition(&self) -> String {
        let first = self.log.decisions().first().map(|first| first.id.to_string());
        format!("{}.{}", self.listing, first.unwrap_or_default())
    }

    /// Whether a page that is still open shows these candidates, and decides for this log. One that
    /// was opened when the log was empty cannot tell; any other log of the same file can.
    ///
    /// # Errors
    /// If it shows others.
    pub(super) fn recognise(&self, edition: Option<&str>) -> Result<(), Problem> {
        let now = self.edition();
        if edition.is_none_or(|edition| edition == now || edition == format!("{}.", self.listing)) {
            return Ok(());
        }
        let reason = "the program was started again with other candidates or decisions: load the page again";
        Err(Problem::refused(StatusCode::CONFLICT, reason))
    }

    pub(super) fn log(&self) -> &DecisionLog {
        &self.log
    }

    pub(super) fn review(&self) -> &Review {
        &self.review
    }

    pub(super) fn candidates(&self) -> &Candidates {
        &self.candidates
    }

    /// Decides; the decisions are on the disk when this returns.
    pub(super) fn decide(&mut self, wish: Wish) -> Result<Vec<usize>, Problem> {
        if wish.withdrawn {
            return self.withdraw(wish);
        }
        self.check(&wish)?;
        let Wish { by, tags, judgement, adjudicates, .. } = wish;
        // Where nothing was said nothing is taken back.
        let says_something = |tag: &Tag| judgement.is_some() || self.held(tag, &by, adjudicates).is_some();
        let new = tags.into_iter().filter(says_something).map(|tag| {
            let judgement = checked(&judgement, &tag)?;
            Ok(NewDecision { by: by.clone(), adjudicates, tag, judgement })
        });
        let new = new.collect::<Result<_, Problem>>()?;
        self.append(new, None)
    }

    /// What the annotator says of a tag, or how it was settled.
    fn held(&self, tag: &Tag, by: &Annotator, adjudicates: bool) -> Option<&Judgement> {
        match adjudicates {
            true => self.review.adjudication(tag),
            false => self.review.judgement(tag, by),
        }
    }

    /// Takes a step back that may have been made: if what it says holds, and the annotator's last
    /// step was about these tags alone.
    fn withdraw(&mut self, wish: Wish) -> Result<Vec<usize>, Problem> {
        let Wish { by, tags, judgement, adjudicates, .. } = wish;
        let holds = tags.iter().all(|tag| {
            let said = checked(&judgement, tag);
            said.is_ok_and(|said| self.held(tag, &by, adjudicates) == said.as_ref())
        });
        let tags: BTreeSet<Tag> = tags.into_iter().collect();
        let is_of = |step: &Step| {
            step.iter().all(|change| change.adjudicates == adjudicates && tags.contains(&change.tag))
        };
        let last = self.histories.of(&by).and_then(|history| history.undo.last());
        if holds && last.is_some_and(is_of) { self.undo(&by) } else { Ok(Vec::new()) }
    }

    /// Takes the annotator's last step back.
    pub(super) fn undo(&mut self, by: &Annotator) -> Result<Vec<usize>, Problem> {
        let last = self.histories.of(by).and_then(|history| history.undo.last());
        let step = last.map(inverse).ok_or_else(|| Problem::unfit("there is nothing to undo"))?;
        self.retrace(by, step, Retrace::Undo)
    }

    /// Does again what the annotator took back last.
    pub(super) fn redo(&mut self, by: &Annotator) -> Result<Vec<usize>, Problem> {
        let last = self.histories.of(by).and_then(|history| history.redo.last());
        let step = last.cloned().ok_or_else(|| Problem::unfit("there is nothing to redo"))?;
        self.retrace(by, step, Retrace::Redo)
    }

    fn retrace(&mut self, by: &Annotator, step: Step, retraces: Retrace) -> Result<Vec<usize>, Problem> {
        let new = step.into_iter().map(|Change { tag, adjudicates, after, .. }| NewDecision {
            by: by.clone(),
            adjudicates,
            tag,
            judgement: after,
        });
        self.append(new.collect(), Some(retraces))
    }

    fn append(&mut self, new: Vec<NewDecision>, retraces: Option<Retrace>) -> Result<Vec<usize>, Problem> {
        let first = self.log.decisions().len();
        self.log.append_as(new, retraces).map_err(|error| Problem::NotSaved(error.to_string()))?;
        let made = &self.log.decisions()[first..];
        self.histories.record(&mut self.review, made);
        Ok(made.iter().filter_map(|decision| Some(self.candidates.get(&decision.tag)?.0)).collect())
    }

    fn check(&self, wish: &Wish) -> Result<(), Problem> {
        let tags: BTreeSet<&Tag> = wish.tags.iter().collect();
        if tags.is_empty() || tags.len() < wish.tags.len() {
            return Err(Problem::unfit("name one tag or more, each once"));
        }
        if let Some(unknown) = tags.iter().find(|tag| self.candidates.get(tag).is_none()) {
            return Err(Problem::unfit(format!("{unknown} is no candidate")));
        }
        let is_open = |tag: &Tag| self.review.is_disputed(tag) || self.review.adjudication(tag).is_some();
        if let Some(agreed) = tags.iter().find(|tag| wish.adjudicates && !is_open(tag)) {
            return Err(Problem::unfit(format!(
                "nobody disagrees about {agreed}: there is nothing to settle"
            )));
        }
        let Some(judgement) = &wish.judgement else { return Ok(()) };
        if judgement.rename.is_some() && tags.len() > 1 {
            return Err(Problem::unfit("only one tag can have the new name"));
        }
        match &judgement.verdict {
            Verdict::Merge { into } => self.check_merge(wish, &tags, into),
            _ => Ok(()),
        }
    }

    fn check_merge(&self, wish: &Wish, tags: &BTreeSet<&Tag>, into: &Tag) -> Result<(), Problem> {
        let is_old = || tags.iter().all(|tag| self.review.merges(tag, into));
        if self.candidates.get(into).is_none() && !is_old() {
            return Err(Problem::unfit(format!("{into} is no candidate, so nothing can be merged into it")));
        }
        let mut target = into;
        let mut seen = BTreeSet::new();
        while seen.insert(target) {
            if tags.contains(target) {
                let circle =
                    format!("{target} would be merged into itself: merges must not lead in a circle");
                return Err(Problem::unfit(circle));
            }
            match self.held(target, &wish.by, wish.adjudicates).map(|judgement| &judgement.verdict) {
                Some(Verdict::Merge { into }) => target = into,
                _ => break,
            }
        }
        Ok(())
    }

    /// What has changed since `version`, as far as the annotator may know it. `reveal`: what
    /// others say of tags that the annotator has not judged, too.
    pub(super) fn changes(&self, by: &Annotator, version: usize, reveal: bool) -> Changes {
        let decisions = self.log.decisions();
        let recent = decisions.get(version..).unwrap_or(decisions);
        let mut places: Vec<usize> =
            recent.iter().filter_map(|decision| Some(self.candidates.get(&decision.tag)?.0)).collect();
        places.sort_unstable();
        places.dedup();
        let history = self.histories.of(by);
        Changes {
            version: decisions.len(),
            edition: self.edition(),
            tags: places.into_iter().map(|at| self.state(at, by, reveal)).collect(),
            annotators: self.review.annotators().cloned().collect(),
            undo: history.map_or(0, |history| history.undo.len()),
            redo: history.map_or(0, |history| history.redo.len()),
            stroke: Vec::new(),
        }
    }

    /// Whether an annotator may know what others say of a tag: who has not judged it would be swayed.
    pub(super) fn may_tell(&self, tag: &Tag, by: &Annotator, reveal: bool) -> bool {
        reveal || self.review.judgement(tag, by).is_some()
    }

    fn state(&self, at: usize, by: &Annotator, reveal: bool) -> TagState {
        let tag = &self.candidates.all()[at].tag;
        let may_know = self.may_tell(tag, by, reveal);
        let others = self.review.judgements(tag).filter(|(other, _)| *other != by);
        let others = others.map(|(other, judgement)| OtherJudgement {
            by: other.clone(),
            judgement: may_know.then(|| judgement.clone()),
        });
        let adjudication = self.review.adjudication(tag);
        TagState {
            at,
            others: others.collect(),
            adjudication: adjudication.filter(|_| may_know).cloned(),
            outcome: may_know.then(|| outcome_name(&self.review.outcome(tag))),
            disputed: self.review.is_disputed(tag),
            settled: adjudication.is_some(),
            own: self.review.judgement(tag, by).cloned(),
        }
    }
}

/// The word for what becomes of a tag.
pub(super) fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Undecided => "undecided",
        Outcome::Disagreement => "disagreement",
        Outcome::Decided(judgement) => judgement.verdict.as_str(),
    }
}

/// The judgement as it is kept of this tag.
fn checked(judgement: &Option<Judgement>, tag: &Tag) -> Result<Option<Judgement>, Problem> {
    let checked = judgement.clone().map(|judgement| judgement.checked(tag)).transpose();
    checked.map_err(|error| Problem::unfit(error.to_string()))
}
