//! Relations between nouns without a verb: prepositions, possessors, participles between nouns.

use caption_parser::{DependencyRelation as Dep, Upos};
use compact_str::format_compact;

use crate::builder::Words;
use crate::graph::Predicate;
use crate::lexicon::{WordList, is_adjective, verb_base};
use crate::reading::{Reading, Role};
use crate::repair::is_participle_form;
use crate::subjects::{coordinated, entities_of};
use crate::{Rule, SceneGraph};

pub(crate) fn find(reading: &Reading, graph: &mut SceneGraph) {
    for index in 0..reading.len() {
        match reading.node(index).relation {
            Dep::Nmod | Dep::Obl | Dep::NmodUnmarked | Dep::Orphan => preposition(reading, graph, index),
            Dep::NmodPoss => possessor(reading, graph, index),
            Dep::Amod => noun_participle(reading, graph, index),
            _ => {}
        }
    }
}

/// "a cup on the table", "a fork and a knife on the table".
fn preposition(reading: &Reading, graph: &mut SceneGraph, noun: usize) {
    let head = reading.node(noun).head;
    if reading.preposition(noun).is_empty() || reading.node(head).entity.is_none() {
        return;
    }
    if head > noun && reading.preposition(head).is_empty() && reading.is_root(head) {
        // "On the table a cup": the same said the other way round.
        return relate(reading, graph, reading.node(head).entity.into_iter().collect(), noun);
    }
    let subjects = match reading.preposition(noun) {
        "of" | "with" => reading.node(head).entity.into_iter().collect(),
        _ => coordinated(reading, head, noun),
    };
    relate(reading, graph, subjects, noun);
}

fn relate(reading: &Reading, graph: &mut SceneGraph, subjects: Vec<usize>, noun: usize) {
    let words = Words::preposition(reading, noun);
    for object in entities_of(reading, noun) {
        for &subject in &subjects {
            graph.relate(Some(subject), &words, Some(object), Rule::NounPreposition);
        }
    }
}

/// "the child's hand": the child has the hand.
fn possessor(reading: &Reading, graph: &mut SceneGraph, owner: usize) {
    let mark = reading.children_by(owner, Dep::Case).last().unwrap_or(owner);
    let words =
        Words { predicate: Predicate::verb("have"), span: reading.bytes(mark), preposition_span: None };
    let things = entities_of(reading, reading.node(owner).head);
    for owner in entities_of(reading, owner) {
        for &thing in &things {
            graph.relate(Some(owner), &words, Some(thing), Rule::Possessor);
        }
    }
}

/// "snow covered roof": the noun before the participle does it.
fn noun_participle(reading: &Reading, graph: &mut SceneGraph, participle: usize) {
    let Some(noun) = doer_before(reading, participle) else { return };
    let thing = reading.node(participle).head;
    let (Some(doer), Some(object)) = (reading.node(noun).entity, reading.node(thing).entity) else { return };
    if let Some(base) = verb_base(reading.form(participle)) {
        let words = Words {
            predicate: Predicate::verb(&base),
            span: reading.bytes(participle),
            preposition_span: None,
        };
        graph.relate(Some(doer), &words, Some(object), Rule::NounParticiple);
    }
}

/// The participle that makes one quality with the noun before it, which is no thing then: "made"
/// in "hand-made toys", "shaped" in "heart shaped leaves".
pub(crate) fn quality_after(reading: &Reading, noun: usize) -> Option<usize> {
    let last = noun + 1 + usize::from(reading.is_joint(noun + 1));
    if last >= reading.len() {
        return None;
    }
    let node = reading.node(last);
    let describes = node.relation == Dep::Amod && last < node.head && node.role == Role::Word;
    (describes && makes_a_quality(reading.form(noun), reading.form(last))).then_some(last)
}

fn makes_a_quality(noun: &str, participle: &str) -> bool {
    // On a "snow-covered roof" there is snow.
    if verb_base(participle).is_some_and(|base| WordList::CoverVerbs.has(&base)) {
        return false;
    }
    matches!(
        participle,
        "made" | "shaped" | "sized" | "themed" | "inspired" | "style" | "coloured" | "colored"
    ) || is_adjective(&format_compact!("{noun}-{participle}"))
        || is_adjective(&format_compact!("{noun}{participle}"))
}

/// The noun right before a participle that stands before its own noun, "snow" in "snow covered
/// roof" or "snow-covered roof".
pub(crate) fn doer_before(reading: &Reading, participle: usize) -> Option<usize> {
    let node = reading.node(participle);
    let thing = node.head;
    let before_its_noun = node.relation == Dep::Amod && participle < thing && node.role == Role::Word;
    if !before_its_noun || participle == 0 || !is_participle_form(reading.form(participle)) {
        return None;
    }
    let hyphen = reading.node(participle - 1).upos == Upos::Punct && participle > 1;
    let noun = participle - 1 - usize::from(hyphen);
    if quality_after(reading, noun) == Some(participle) {
        return None;
    }
    let doer = reading.node(noun);
    let tied = doer.head == participle || doer.head == thing;
    let bare = doer.role == Role::Word
        && reading.preposition(noun).is_empty()
        && reading.child(noun, Dep::Det).is_none();
    (doer.upos == Upos::Noun && tied && bare && verb_base(reading.form(participle)).is_some()).then_some(noun)
}
