//! How far annotators agree, beyond what chance would give.
//!
//! Both measures compare the verdicts alone: keep, mute, drop, merge.

use std::collections::BTreeMap;

use tag_vocabulary::{Tag, TagKind};

use crate::decision::{Annotator, Judgement};
use crate::review::Review;

/// How far annotators agree on some tags.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Tags that were compared.
    pub tags: usize,
    /// Share of the pairs of verdicts that are the same.
    pub observed: f64,
    /// κ: 1 for full agreement, 0 for that of chance. Not a number where every verdict is the
    /// same, for then chance gives full agreement too.
    pub kappa: f64,
}

/// Cohen's κ of two annotators over the tags that both have judged (Cohen 1960, "A Coefficient of
/// Agreement for Nominal Scales"); of one kind, or of all. `None` if there are no such tags.
pub fn cohen<'t>(
    review: &Review,
    tags: impl IntoIterator<Item = &'t Tag>,
    pair: [&Annotator; 2],
    kind: Option<TagKind>,
) -> Option<Agreement> {
    let mut comparison = Comparison::default();
    for tag in of_kind(tags, kind) {
        let [Some(first), Some(second)] = pair.map(|by| review.judgement(tag, by)) else { continue };
        comparison.add([first, second]);
    }
    comparison.agreement()
}

/// The verdicts of two annotators on the tags that both have judged.
#[derive(Debug, Default)]
struct Comparison {
    count: usize,
    same: usize,
    verdicts: [BTreeMap<&'static str, f64>; 2],
}

impl Comparison {
    fn add(&mut self, judgements: [&Judgement; 2]) {
        let found = judgements.map(|judgement| judgement.verdict.as_str());
        self.count += 1;
        self.same += usize::from(found[0] == found[1]);
        for (verdicts, verdict) in self.verdicts.iter_mut().zip(found) {
            *verdicts.entry(verdict).or_default() += 1.0;
        }
    }

    fn agreement(&self) -> Option<Agreement> {
        let Self { count, same, verdicts: [first, second] } = self;
        let expected: f64 = first.iter().map(|(verdict, n)| n * second.get(verdict).unwrap_or(&0.0)).sum();
        agreement(*count, *same as f64 / *count as f64, expected / (count * count) as f64)
    }
}

/// For the agreement of each two of many annotators: goes by the judgements that there are, where
/// [`cohen`] looks for a judgement on every tag. Most pairs of many annotators have no tag in common.
#[derive(Clone, Debug)]
pub struct Pairs<'r> {
    review: &'r Review,
    /// What each annotator has judged.
    judged: BTreeMap<&'r Annotator, Vec<&'r Tag>>,
}

/// [`cohen`] of two annotators who have judged a tag in common.
#[derive(Clone, Debug, PartialEq)]
pub struct PairAgreement(BTreeMap<Option<TagKind>, Agreement>);

impl<'r> Pairs<'r> {
    /// Pairs are compared over these tags, each of which is to be named once.
    pub fn new(review: &'r Review, tags: impl IntoIterator<Item = &'r Tag>) -> Self {
        let mut judged: BTreeMap<&Annotator, Vec<&Tag>> = BTreeMap::new();
        for tag in tags {
            for (by, _) in review.judgements(tag) {
                judged.entry(by).or_default().push(tag);
            }
        }
        Self { review, judged }
    }

    /// An annotator's agreement with each of those that come later by name and have judged a tag in
    /// common, the annotator as the first of the pair.
    pub fn of(&self, first: &Annotator) -> BTreeMap<&'r Annotator, PairAgreement> {
        let mut comparisons: BTreeMap<&Annotator, BTreeMap<Option<TagKind>, Comparison>> = BTreeMap::new();
        for tag in self.judged.get(first).into_iter().flatten() {
            let Some(own) = self.review.judgement(tag, first) else { continue };
            for (by, judgement) in self.review.judgements(tag).filter(|(by, _)| *by > first) {
                let by_kind = comparisons.entry(by).or_default();
                for kind in [None, Some(tag.kind)] {
                    by_kind.entry(kind).or_default().add([own, judgement]);
                }
            }
        }
        let measured = |comparisons: BTreeMap<Option<TagKind>, Comparison>| {
            let found = comparisons.into_iter();
            PairAgreement(found.filter_map(|(kind, found)| Some((kind, found.agreement()?))).collect())
        };
        comparisons.into_iter().map(|(by, comparisons)| (by, measured(comparisons))).collect()
    }
}

impl PairAgreement {
    /// Over the tags of one kind, or all. `None` if there are none that both have judged.
    pub fn over(&self, kind: Option<TagKind>) -> Option<Agreement> {
        self.0.get(&kind).copied()
    }
}

/// Fleiss' κ over the tags that at least two annotators have judged; of one kind, or of all.
///
/// Fleiss (1971), "Measuring nominal scale agreement among many raters", has the same number of
/// raters for each item. Here numbers may differ: a tag's agreement is that of its own pairs, and
/// all tags count the same. `None` if there are no such tags.
pub fn fleiss<'t>(
    review: &Review,
    tags: impl IntoIterator<Item = &'t Tag>,
    kind: Option<TagKind>,
) -> Option<Agreement> {
    let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut count, mut observed) = (0, 0.0);
    for tag in of_kind(tags, kind) {
        let mut verdicts: BTreeMap<&str, f64> = BTreeMap::new();
        for (_, judgement) in review.judgements(tag) {
            *verdicts.entry(judgement.verdict.as_str()).or_default() += 1.0;
        }
        let raters: f64 = verdicts.values().sum();
        if raters < 2.0 {
            continue;
        }
        count += 1;
        observed += verdicts.values().map(|n| n * (n - 1.0)).sum::<f64>() / (raters * (raters - 1.0));
        for (verdict, n) in verdicts {
            *shares.entry(verdict).or_default() += n / raters;
        }
    }
    let expected: f64 = shares.values().map(|share| (share / count as f64).powi(2)).sum();
    agreement(count, observed / count as f64, expected)
}

fn of_kind<'t>(
    tags: impl IntoIterator<Item = &'t Tag>,
    kind: Option<TagKind>,
) -> impl Iterator<Item = &'t Tag> {
    tags.into_iter().filter(move |tag| kind.is_none_or(|kind| kind == tag.kind))
}

fn agreement(tags: usize, observed: f64, expected: f64) -> Option<Agreement> {
    (tags > 0).then(|| Agreement { tags, observed, kappa: (observed - expected) / (1.0 - expected) })
}
