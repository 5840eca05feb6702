//! Undo and redo against a plain model of them: two piles of states for each annotator.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tag_vocabulary::{Tag, TagKind};

use super::super::desk::{Desk, Wish};
use crate::candidates::{Candidate, Candidates};
use crate::decision::{Annotator, Judgement, Verdict};
use crate::log::DecisionLog;

const NAMES: [&str; 3] = ["dog", "cat", "tree"];
const PEOPLE: [&str; 2] = ["anna", "bo"];

#[derive(Clone, Debug)]
enum Act {
    /// Tags by their bits, and a verdict, or none to clear.
    Decide(u8, Option<bool>),
    Undo,
    Redo,
}

/// What an annotator says of each tag.
type State = Vec<Option<Judgement>>;

#[derive(Default)]
struct Model {
    undo: Vec<State>,
    redo: Vec<State>,
}

fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let act = prop_oneof![
        4 => (1u8..8, proptest::option::weighted(0.8, any::<bool>())).prop_map(|(tags, verdict)| Act::Decide(tags, verdict)),
        3 => Just(Act::Undo),
        2 => Just(Act::Redo),
    ];
    proptest::collection::vec((0..PEOPLE.len(), act), 0..24)
}

fn tag(name: &str) -> Tag {
    Tag::new(name, TagKind::Object).unwrap()
}

fn open(path: &Path) -> Desk {
    let candidate =
        |name: &str| Candidate { tag: tag(name), mentions: 1, captions: 1, images: 1, examples: vec![] };
    let candidates = Candidates::new(NAMES.map(candidate).to_vec()).unwrap();
    Desk::new(String::new(), Arc::new(candidates), DecisionLog::open(path).unwrap().0)
}

fn person(by: usize) -> Annotator {
    Annotator::new(PEOPLE[by]).unwrap()
}

fn state(desk: &Desk, by: usize) -> State {
    NAMES.map(|name| desk.review().judgement(&tag(name), &person(by)).cloned()).to_vec()
}

fn steps(desk: &Desk, by: usize) -> (usize, usize) {
    desk.histories.of(&person(by)).map_or((0, 0), |history| (history.undo.len(), history.redo.len()))
}

/// Does it, and tells whether it was done.
fn act(desk: &mut Desk, by: usize, act: &Act) -> bool {
    let done = match act {
        Act::Undo => desk.undo(&person(by)),
        Act::Redo => desk.redo(&person(by)),
        Act::Decide(tags, verdict) => {
            let chosen = NAMES.iter().enumerate().filter(|(at, _)| tags >> at & 1 == 1);
            let judgement = verdict.map(|keep| if keep { Verdict::Keep } else { Verdict::Drop }.into());
            let tags = chosen.map(|(_, name)| tag(name)).collect();
            desk.decide(Wish { by: person(by), tags, judgement, adjudicates: false, withdrawn: false })
        }
    };
    done.is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was done by hand, undo brings back what was before, and redo what was undone; a
    /// program that is started anew goes on from there.
    #[test]
    fn undo_and_redo_are_those_of_a_plain_model(acts in acts(), again in 0usize..24) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("decisions.jsonl");
        let mut desk = open(&path);
        let mut models = [Model::default(), Model::default()];
        for (number, (by, what)) in acts.iter().enumerate() {
            if number == again {
                drop(desk);
                desk = open(&path);
            }
            let before = state(&desk, *by);
            let done = act(&mut desk, *by, what);
            let after = state(&desk, *by);
            let model = &mut models[*by];
            let (expected, pile) = match what {
                Act::Undo => (model.undo.pop(), Some(&mut model.redo)),
                Act::Redo => (model.redo.pop(), Some(&mut model.undo)),
                Act::Decide(..) => (Some(after.clone()), None),
            };
            prop_assert_eq!(done, expected.is_some());
            prop_assert_eq!(&after, &expected.clone().unwrap_or_else(|| before.clone()));
            match pile {
                Some(pile) => pile.extend(expected.map(|_| before)),
                None if before != after => {
                    model.undo.push(before);
                    model.redo.clear();
                }
                None => {}
            }
            prop_assert_eq!(steps(&desk, *by), (model.undo.len(), model.redo.len()));
        }
    }

    /// Logs of two machines, joined in either order, can be undone in the same way: step by step to
    /// where nothing was judged, and back.
    #[test]
    fn joined_logs_have_one_history(here in acts(), there in acts()) {
        let place = tempfile::tempdir().unwrap();
        let paths = ["here", "there"].map(|name| place.path().join(name));
        for (path, acts) in paths.iter().zip([&here, &there]) {
            let mut desk = open(path);
            acts.iter().for_each(|(by, what)| _ = act(&mut desk, *by, what));
        }
        let mut found = Vec::new();
        for order in [[0, 1], [1, 0]] {
            let joined = place.path().join(format!("joined {}", order[0]));
            let mut log = DecisionLog::open(&joined).unwrap().0;
            order.iter().for_each(|&at| _ = log.merge(&paths[at]).unwrap());
            drop(log);
            let mut desk = open(&joined);
            let last = state(&desk, 0);
            let (undo, redo) = steps(&desk, 0);
            let mut states = vec![last.clone()];
            while act(&mut desk, 0, &Act::Undo) {
                prop_assert_ne!(states.last().unwrap(), &state(&desk, 0), "each step changes something");
                states.push(state(&desk, 0));
            }
            prop_assert_eq!(states.len(), undo + 1);
            prop_assert!(states.last().unwrap().iter().all(Option::is_none));
            for state_then in states.iter().rev().skip(1) {
                prop_assert!(act(&mut desk, 0, &Act::Redo));
                prop_assert_eq!(state_then, &state(&desk, 0));
            }
            prop_assert_eq!(steps(&desk, 0), (undo, redo));
            found.push(states);
        }
        prop_assert_eq!(&found[0], &found[1]);
    }
}

/// "Clear" by hand is a step: undo brings the verdict back, and does not go on to the step before.
#[test]
fn what_is_reversed_by_hand_is_not_an_undo() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    let mut desk = open(&path);
    for (tags, verdict) in [(2, Some(false)), (1, Some(true)), (1, Some(false)), (1, Some(true)), (1, None)] {
        assert!(act(&mut desk, 0, &Act::Decide(tags, verdict)));
    }
    assert_eq!(steps(&desk, 0), (5, 0));
    let mut desk = open_again(desk, &path);
    let verdicts =
        |desk: &Desk| state(desk, 0).into_iter().map(|own| own.map(|own| own.verdict)).collect::<Vec<_>>();
    for expected in [Some(Verdict::Keep), Some(Verdict::Drop), Some(Verdict::Keep), None] {
        assert!(act(&mut desk, 0, &Act::Undo));
        assert_eq!(verdicts(&desk), [expected, Some(Verdict::Drop), None]);
    }
}

fn open_again(desk: Desk, path: &Path) -> Desk {
    drop(desk);
    open(path)
}

/// Logs from before undo had a mark hold the same; an undo in them is a step like any other.
#[test]
fn logs_without_marks_are_read() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    let mut desk = open(&path);
    for what in [Act::Decide(1, Some(true)), Act::Undo, Act::Redo, Act::Undo] {
        assert!(act(&mut desk, 0, &what));
    }
    drop(desk);
    let text = std::fs::read_to_string(&path).unwrap();
    let old = text.replace(r#""retraces":"undo","#, "").replace(r#""retraces":"redo","#, "");
    assert_ne!(text, old);
    std::fs::write(&path, old).unwrap();
    let mut desk = open(&path);
    assert_eq!(state(&desk, 0), vec![None; 3]);
    assert!(act(&mut desk, 0, &Act::Undo));
    assert_eq!(state(&desk, 0)[0], Some(Verdict::Keep.into()));
}
