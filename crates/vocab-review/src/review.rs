//! What holds, by the decisions so far.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tag_vocabulary::Tag;

use crate::decision::{Annotator, Decision, Judgement, Verdict};

/// What annotators say of each tag. It does not depend on the order in which decisions are added.
#[derive(Clone, Debug, Default)]
pub struct Review {
    tags: HashMap<Tag, TagReview>,
    annotators: BTreeSet<Annotator>,
}

#[derive(Clone, Debug, Default)]
struct TagReview {
    /// The last decision of each annotator.
    own: BTreeMap<Annotator, Decision>,
    /// The last one that settled a disagreement.
    adjudication: Option<Decision>,
}

/// What becomes of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody has judged it.
    Undecided,
    /// All who judged it agree, most of them do, or it was adjudicated.
    Decided(Judgement),
    /// As many say one thing as another.
    Disagreement,
}

impl Review {
    /// Reads all decisions.
    pub fn of<'d>(decisions: impl IntoIterator<Item = &'d Decision>) -> Self {
        let mut review = Self::default();
        decisions.into_iter().for_each(|decision| review.add(decision));
        review
    }

    /// Takes one more decision into account.
    pub fn add(&mut self, decision: &Decision) {
        let tag = self.tags.entry(decision.tag.clone()).or_default();
        if decision.adjudicates {
            if tag.adjudication.as_ref().is_none_or(|last| last.order() < decision.order()) {
                tag.adjudication = Some(decision.clone());
            }
            return;
        }
        self.annotators.insert(decision.by.clone());
        match tag.own.get_mut(&decision.by) {
            Some(last) if last.order() >= decision.order() => {}
            Some(last) => *last = decision.clone(),
            None => _ = tag.own.insert(decision.by.clone(), decision.clone()),
        }
    }

    /// Everyone who has judged a tag.
    pub fn annotators(&self) -> impl Iterator<Item = &Annotator> {
        self.annotators.iter()
    }

    /// What one annotator says of a tag.
    pub fn judgement(&self, tag: &Tag, by: &Annotator) -> Option<&Judgement> {
        self.tags.get(tag)?.own.get(by)?.judgement.as_ref()
    }

    /// What everyone says of a tag, by name.
    pub fn judgements(&self, tag: &Tag) -> impl Iterator<Item = (&Annotator, &Judgement)> {
        let own = self.tags.get(tag).into_iter().flat_map(|tag| &tag.own);
        own.filter_map(|(by, decision)| Some((by, decision.judgement.as_ref()?)))
    }

    /// How a disagreement was settled.
    pub fn adjudication(&self, tag: &Tag) -> Option<&Judgement> {
        self.tags.get(tag)?.adjudication.as_ref()?.judgement.as_ref()
    }

    /// Whether anybody merges a tag into another. That one may be of an earlier corpus.
    pub fn merges(&self, tag: &Tag, target: &Tag) -> bool {
        let said = self.judgements(tag).map(|(_, judgement)| judgement).chain(self.adjudication(tag));
        said.into_iter()
            .any(|judgement| matches!(&judgement.verdict, Verdict::Merge { into } if into == target))
    }

    /// Whether annotators say different things of a tag, settled or not.
    pub fn is_disputed(&self, tag: &Tag) -> bool {
        let mut effects = self.judgements(tag).map(|(_, judgement)| judgement.effect());
        effects.next().is_some_and(|first| effects.any(|other| other != first))
    }

    /// What becomes of a tag: as adjudicated, else as most annotators say. Notes do not count.
    pub fn outcome(&self, tag: &Tag) -> Outcome {
        if let Some(judgement) = self.adjudication(tag) {
            return Outcome::Decided(judgement.clone());
        }
        let mut votes: BTreeMap<Judgement, usize> = BTreeMap::new();
        for (_, judgement) in self.judgements(tag) {
            *votes.entry(judgement.effect()).or_default() += 1;
        }
        let most = votes.values().max().copied();
        let mut winners = votes.into_iter().filter(|(_, votes)| Some(*votes) == most);
        match (winners.next(), winners.next()) {
            (None, _) => Outcome::Undecided,
            (Some((judgement, _)), None) => Outcome::Decided(judgement),
            (Some(_), Some(_)) => Outcome::Disagreement,
        }
    }
}
