//! How far the review is, how long the rest takes, and how far annotators agree.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::Serialize;
use tag_vocabulary::{Tag, TagKind};

use super::desk::{Desk, outcome_name};
use super::outlook::Outlook;
use super::problem::Problem;
use super::request::AskSummary;
use crate::agreement::{Agreement, Pairs, fleiss};
use crate::decision::{Annotator, Decision};
use crate::review::Review;

/// A longer time between two decisions is a break.
const BREAK: TimeDelta = TimeDelta::minutes(3);
/// So many decisions back the pace is taken from.
const RECENT: usize = 200;
/// Fewest decisions that make a pace.
const FEWEST: usize = 5;

/// Numbers by verdict or outcome, and by kind: `{"object": {"keep": 12}}`.
type Counts = BTreeMap<TagKind, BTreeMap<&'static str, usize>>;

#[derive(Serialize)]
pub(super) struct Summary {
    /// Candidates of each kind.
    candidates: BTreeMap<TagKind, usize>,
    /// What becomes of them, as things stand.
    outcomes: Counts,
    annotators: Vec<Progress>,
    fleiss: ByKind,
    cohen: Vec<Pair>,
    vocabulary: Outlook,
}

#[derive(Serialize)]
struct Progress {
    name: Annotator,
    verdicts: Counts,
    /// Seconds from one tag to the next; none until there are some decisions.
    pace: Option<f64>,
}

#[derive(Serialize)]
struct Pair {
    names: [Annotator; 2],
    agreement: ByKind,
}

/// `all` and the kinds; null where nothing can be compared.
#[derive(Serialize)]
struct ByKind {
    all: Option<Measure>,
    #[serde(flatten)]
    kinds: BTreeMap<TagKind, Option<Measure>>,
}

#[derive(Serialize)]
struct Measure {
    tags: usize,
    observed: f64,
    /// Null if every verdict is the same.
    kappa: Option<f64>,
}

impl Summary {
    /// `ask` says who is told what of others' verdicts.
    pub(super) fn of(desk: &Desk, ask: &AskSummary) -> Result<Self, Problem> {
        let (review, all) = (desk.review(), desk.candidates().all());
        let mut summary = Self {
            candidates: BTreeMap::new(),
            outcomes: Counts::new(),
            annotators: Vec::new(),
            fleiss: ByKind::of(|_| None),
            cohen: Vec::new(),
            vocabulary: Outlook::of(desk, ask)?,
        };
        let mut verdicts: BTreeMap<&Annotator, Counts> =
            review.annotators().map(|name| (name, Counts::new())).collect();
        // Tags of one annotator tell nothing of agreement, and are most.
        let mut shared: Vec<&Tag> = Vec::new();
        for tag in all.iter().map(|candidate| &candidate.tag) {
            *summary.candidates.entry(tag.kind).or_default() += 1;
            count(&mut summary.outcomes, tag.kind, outcome_name(&review.outcome(tag)));
            let mut judges = 0;
            for (by, judgement) in review.judgements(tag) {
                judges += 1;
                count(verdicts.entry(by).or_default(), tag.kind, judgement.verdict.as_str());
            }
            if judges > 1 {
                shared.push(tag);
            }
        }
        summary.fleiss = ByKind::of(|kind| fleiss(review, shared.iter().copied(), kind));
        summary.cohen = pairs(review, &shared);
        summary.annotators = verdicts
            .into_iter()
            .map(|(name, verdicts)| Progress {
                pace: pace(desk.log().decisions(), name),
                name: name.clone(),
                verdicts,
            })
            .collect();
        Ok(summary)
    }
}

fn count(counts: &mut Counts, kind: TagKind, word: &'static str) {
    *counts.entry(kind).or_default().entry(word).or_default() += 1;
}

fn pairs(review: &Review, shared: &[&Tag]) -> Vec<Pair> {
    let pairs = Pairs::new(review, shared.iter().copied());
    let of = |first: &Annotator| {
        let found = pairs.of(first).into_iter().map(|(second, found)| Pair {
            names: [first.clone(), second.clone()],
            agreement: ByKind::of(|kind| found.over(kind)),
        });
        found.collect::<Vec<_>>()
    };
    review.annotators().flat_map(of).collect()
}

impl ByKind {
    fn of(measure: impl Fn(Option<TagKind>) -> Option<Agreement>) -> Self {
        let measure = |kind| {
            measure(kind).map(|Agreement { tags, observed, kappa }| Measure {
                tags,
                observed,
                kappa: kappa.is_finite().then_some(kappa),
            })
        };
        Self { all: measure(None), kinds: TagKind::ALL.map(|kind| (kind, measure(Some(kind)))).into() }
    }
}

/// Seconds that an annotator takes for a tag: the mean of late, without breaks. Decisions at one
/// stroke, undo and redo, and what was taken back do not count.
fn pace(decisions: &[Decision], by: &Annotator) -> Option<f64> {
    let own = decisions.iter().rev().filter(|decision| decision.by == *by && !decision.adjudicates);
    let single = own.filter(|decision| {
        decision.batch.is_none() && decision.retraces.is_none() && decision.judgement.is_some()
    });
    let times: Vec<_> = single.take(RECENT).map(|decision| decision.at).collect();
    let gaps = times.windows(2).map(|pair| pair[0] - pair[1]);
    let gaps: Vec<f64> = gaps.filter(|gap| *gap < BREAK).map(|gap| gap.as_seconds_f64()).collect();
    (gaps.len() >= FEWEST).then(|| gaps.iter().sum::<f64>() / gaps.len() as f64)
}
