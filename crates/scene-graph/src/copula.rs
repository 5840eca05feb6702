//! What a thing is said to be, or where: "the sky is blue", "the cup is on the table".

use caption_parser::{DependencyRelation as Dep, Upos};
use compact_str::format_compact;

use crate::builder::Words;
use crate::clauses::is_negated;
use crate::graph::ModifierKind;
use crate::modifiers::{adjective_start, describe_with_conjuncts};
use crate::reading::{Reading, Role};
use crate::subjects::{self, coordinated, entities_of, own_subject};
use crate::{Rule, SceneGraph};

/// Verbs after which an adjective says what the subject becomes, or seems.
const BECOMING: [&str; 12] =
    ["turn", "become", "look", "get", "go", "seem", "appear", "stay", "remain", "feel", "grow", "stand"];

/// Adjectives and adverbs that relate two things together with their preposition.
const BOUND: [&str; 20] = [
    "full",
    "close",
    "near",
    "next",
    "adjacent",
    "far",
    "away",
    "similar",
    "opposite",
    "parallel",
    "apart",
    "different",
    "visible",
    "devoid",
    "attached",
    "connected",
    "perpendicular",
    "ahead",
    "typical",
    "made",
];

pub(crate) fn find(reading: &Reading, graph: &mut SceneGraph) {
    for index in 0..reading.len() {
        let node = reading.node(index);
        if node.role != Role::Word || is_negated(reading, index) {
            continue;
        }
        match node.upos {
            Upos::Adj => adjective(reading, graph, index),
            Upos::Noun | Upos::Propn if has_subject(reading, index) => noun(reading, graph, index),
            Upos::Adv | Upos::Adp | Upos::Part if has_subject(reading, index) => {
                adverb(reading, graph, index)
            }
            _ => {}
        }
    }
}

fn has_subject(reading: &Reading, predicate: usize) -> bool {
    own_subject(reading, predicate).is_some()
}

/// "The sky is blue", "leaves turning red", "a bowl full of fruit".
fn adjective(reading: &Reading, graph: &mut SceneGraph, index: usize) {
    let node = reading.node(index);
    let (subjects, rule) = match node.relation {
        Dep::Xcomp | Dep::Advcl | Dep::Ccomp | Dep::Parataxis | Dep::Root | Dep::Acl | Dep::AclRelcl
            if has_subject(reading, index) =>
        {
            (subjects::of(reading, index), Rule::PredicateAdjective)
        }
        Dep::Obj
            if BECOMING.contains(&reading.lemma(node.head)) && reading.child(index, Dep::Det).is_none() =>
        {
            (subjects::of(reading, node.head), Rule::ResultAdjective)
        }
        Dep::Xcomp => (result_subjects(reading, index), Rule::ResultAdjective),
        Dep::Acl | Dep::AclRelcl => (coordinated(reading, node.head, index), Rule::PredicateAdjective),
        Dep::Conj if !is_before_its_noun(reading, node.head) => {
            (subjects::of(reading, index), Rule::PredicateAdjective)
        }
        // Before or after its noun it is an attribute; here only what hangs under it counts.
        Dep::Amod => {
            let subjects = reading.node(node.head).entity.into_iter().collect();
            adjective_complements(reading, graph, index, subjects);
            return;
        }
        _ if has_subject(reading, index) => (subjects::of(reading, index), Rule::PredicateAdjective),
        _ => return,
    };
    let complements = adjective_complements(reading, graph, index, subjects.clone());
    if !complements {
        for &subject in &subjects {
            describe_with_conjuncts(reading, graph, subject, index, rule);
        }
    }
}

/// Who becomes so: in "painted the wall blue" the wall.
fn result_subjects(reading: &Reading, index: usize) -> Vec<usize> {
    let verb = reading.node(index).head;
    match reading.child(verb, Dep::Obj) {
        Some(object) => entities_of(reading, object),
        None => subjects::of(reading, verb),
    }
}

fn is_before_its_noun(reading: &Reading, index: usize) -> bool {
    let node = reading.node(index);
    node.relation == Dep::Amod && index < node.head
}

/// "full of fruit", "close to the house": true if the adjective is nothing without its noun. In
/// "green by the water" it is green, and by the water.
fn adjective_complements(
    reading: &Reading,
    graph: &mut SceneGraph,
    index: usize,
    subjects: Vec<usize>,
) -> bool {
    let mut found = false;
    for noun in reading.children_by(index, Dep::Obl) {
        if reading.preposition(noun).is_empty() || noun < index {
            continue;
        }
        let mut words = Words::preposition(reading, noun);
        let bound = BOUND.contains(&reading.form(index));
        if bound {
            words.predicate.preposition =
                format_compact!("{} {}", reading.form(index), reading.preposition(noun));
            words.span = reading.bytes(index).start..words.span.end;
        }
        for object in entities_of(reading, noun) {
            for &subject in &subjects {
                graph.relate(Some(subject), &words, Some(object), Rule::AdjectivePreposition);
                found |= bound;
            }
        }
    }
    found
}

/// "The cup is on the table", "the man is a surfer".
fn noun(reading: &Reading, graph: &mut SceneGraph, index: usize) {
    let subjects = subjects::of(reading, index);
    if reading.preposition(index).is_empty() {
        if let Some(entity) = reading.node(index).entity {
            let first = graph.entities[entity].span.start;
            let first = (0..=index).rev().find(|&at| reading.bytes(at).start <= first).unwrap_or(index);
            for &subject in subjects.iter().filter(|&&subject| subject != entity) {
                graph.describe(reading, subject, first, index, ModifierKind::Identity, Rule::PredicateNoun);
            }
        }
        return;
    }
    let words = Words::preposition(reading, index);
    for object in entities_of(reading, index) {
        for &subject in &subjects {
            graph.relate(Some(subject), &words, Some(object), Rule::PredicatePreposition);
        }
    }
}

/// "The lights are on", "a man is away from the house".
fn adverb(reading: &Reading, graph: &mut SceneGraph, index: usize) {
    let subjects = subjects::of(reading, index);
    if adjective_complements(reading, graph, index, subjects.clone()) || is_no_quality(reading.form(index)) {
        return;
    }
    for &subject in &subjects {
        graph.describe(
            reading,
            subject,
            adjective_start(reading, index),
            index,
            ModifierKind::Quality,
            Rule::PredicateAdverb,
        );
    }
}

fn is_no_quality(form: &str) -> bool {
    matches!(form, "there" | "here" | "so" | "where" | "how" | "not" | "n't" | "to" | "as")
}
