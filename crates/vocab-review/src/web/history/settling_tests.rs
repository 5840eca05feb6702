//! Who may take back how a disagreement was settled, against a plain telling of it.

use std::collections::BTreeMap;

use chrono::DateTime;
use proptest::prelude::*;
use tag_vocabulary::{Tag, TagKind};

use super::{Change, Histories, Step, inverse};
use crate::decision::{Annotator, Decision, DecisionId, Retrace, Verdict};
use crate::review::Review;

const NAMES: [&str; 3] = ["dog", "cat", "tree"];
const PEOPLE: [&str; 3] = ["anna", "bo", "cy"];

fn tag(name: &str) -> Tag {
    Tag::new(name, TagKind::Object).unwrap()
}

fn decision(number: usize, by: &str, name: &str, adjudicates: bool, verdict: Option<Verdict>) -> Decision {
    Decision {
        at: DateTime::from_timestamp_millis(number as i64).unwrap(),
        id: DecisionId::new(),
        by: Annotator::new(by).unwrap(),
        adjudicates,
        batch: None,
        retraces: None,
        tag: tag(name),
        judgement: verdict.map(Into::into),
    }
}

/// The steps of each annotator in two lists, all of which are gone through for each settlement.
#[derive(Default)]
struct Plain {
    review: Review,
    steps: BTreeMap<Annotator, [Vec<Step>; 2]>,
}

impl Plain {
    fn record(&mut self, stroke: &[Decision]) {
        let mut step: Step = stroke.iter().filter_map(|decision| self.change(decision)).collect();
        step.sort_by(|a, b| (&a.tag, a.adjudicates).cmp(&(&b.tag, b.adjudicates)));
        if step.is_empty() {
            return;
        }
        let [undo, redo] = self.steps.entry(stroke[0].by.clone()).or_default();
        match stroke[0].retraces {
            Some(Retrace::Undo) if undo.last().is_some_and(|last| inverse(last) == step) => {
                redo.extend(undo.pop());
                return;
            }
            Some(Retrace::Redo) if redo.last() == Some(&step) => _ = redo.pop(),
            _ => redo.clear(),
        }
        undo.push(step);
    }

    fn change(&mut self, decision: &Decision) -> Option<Change> {
        let Decision { by, tag, adjudicates, .. } = decision;
        let held = |review: &Review| match adjudicates {
            true => review.adjudication(tag).cloned(),
            false => review.judgement(tag, by).cloned(),
        };
        let before = held(&self.review);
        self.review.add(decision);
        let after = held(&self.review);
        for (_, piles) in self.steps.iter_mut().filter(|(other, _)| *adjudicates && *other != by) {
            for steps in piles {
                steps.iter_mut().for_each(|step| step.retain(|had| !had.adjudicates || had.tag != *tag));
                steps.retain(|step| !step.is_empty());
            }
        }
        (before != after).then(|| Change { tag: tag.clone(), adjudicates: *adjudicates, before, after })
    }

    /// The step that an undo or a redo would make.
    fn retraced(&self, by: &Annotator, retraces: Retrace) -> Option<Step> {
        let [undo, redo] = self.steps.get(by)?;
        match retraces {
            Retrace::Undo => undo.last().map(inverse),
            Retrace::Redo => redo.last().cloned(),
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    /// Tags by their bits, a verdict or none to clear, and whether it settles. The highest bit is for the first
    /// once more, otherwise.
    Decide(u8, Option<bool>, bool),
    Retrace(Retrace),
}

fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let verdict = proptest::option::weighted(0.8, any::<bool>());
    let act = prop_oneof![
        5 => (1u8..16, verdict, proptest::bool::weighted(0.7)).prop_map(|(tags, verdict, settles)| Act::Decide(tags, verdict, settles)),
        3 => Just(Act::Retrace(Retrace::Undo)),
        2 => Just(Act::Retrace(Retrace::Redo)),
    ];
    proptest::collection::vec((0..PEOPLE.len(), act), 0..60)
}

/// The decisions of an act; none where there is nothing to retrace.
fn stroke(plain: &Plain, number: usize, by: &str, act: &Act) -> Vec<Decision> {
    let mut made: Vec<Decision> = match act {
        Act::Decide(bits, verdict, settles) => {
            let verdict = verdict.map(|keep| if keep { Verdict::Keep } else { Verdict::Drop });
            let verdict = |at: usize| if at < NAMES.len() { verdict.clone() } else { Some(Verdict::Mute) };
            let places = (0..4).filter(|at| bits >> at & 1 == 1);
            places.map(|at| decision(number, by, NAMES[at % NAMES.len()], *settles, verdict(at))).collect()
        }
        Act::Retrace(retraces) => {
            let step = plain.retraced(&Annotator::new(by).unwrap(), *retraces).unwrap_or_default();
            let back = |change: Change| Decision {
                judgement: change.after,
                retraces: Some(*retraces),
                ..decision(number, by, &change.tag.name, change.adjudicates, None)
            };
            step.into_iter().map(back).collect()
        }
    };
    let batch = (made.len() > 1).then(DecisionId::new);
    made.iter_mut().for_each(|decision| decision.batch = batch);
    made
}

proptest! {
    /// Of several who settle the same tags each can undo and redo what nobody has settled since, in
    /// the same steps as if all steps were gone through.
    #[test]
    fn settlements_are_forgotten_as_a_plain_walk_forgets_them(acts in acts()) {
        let (mut review, mut histories, mut plain) = (Review::default(), Histories::default(), Plain::default());
        for (number, (by, act)) in acts.iter().enumerate() {
            let made = stroke(&plain, number, PEOPLE[*by], act);
            if made.is_empty() {
                continue;
            }
            histories.record(&mut review, &made);
            plain.record(&made);
            for (by, [undo, redo]) in &plain.steps {
                let history = histories.of(by).unwrap();
                prop_assert_eq!((history.undo.last(), history.undo.len()), (undo.last(), undo.len()));
                prop_assert_eq!((history.redo.last(), history.redo.len()), (redo.last(), redo.len()));
            }
        }
        // What lies below the top.
        for (by, piles) in plain.steps {
            let history = histories.of.get_mut(&by).unwrap();
            for (pile, mut steps) in [&mut history.undo, &mut history.redo].into_iter().zip(piles) {
                while let Some(step) = steps.pop() {
                    prop_assert_eq!(pile.pop(), Some(step));
                }
                prop_assert_eq!(pile.pop(), None);
            }
        }
    }
}

/// Going through all steps of others for each settlement would take minutes here.
#[test]
fn what_was_settled_otherwise_is_found_among_many_steps() {
    const MANY: usize = 10_000;
    let (mut review, mut histories) = (Review::default(), Histories::default());
    let mut number = 0;
    let mut add = |by: &str, name: &str, settles: bool, verdict: Verdict| {
        histories.record(&mut review, &[decision(number, by, name, settles, Some(verdict))]);
        number += 1;
    };
    for other in 0..MANY {
        add("bo", &format!("tag {other}"), false, Verdict::Keep);
        add("anna", &format!("tag {other}"), true, Verdict::Drop);
    }
    for _ in 0..5 * MANY {
        add("anna", "dog", true, Verdict::Keep);
        add("cy", "dog", true, Verdict::Drop);
    }
    let steps = |by: &str| histories.of(&Annotator::new(by).unwrap()).unwrap().undo.len();
    assert_eq!(["bo", "anna", "cy"].map(steps), [MANY, MANY, 1]);
}
