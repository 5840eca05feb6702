//! Pronouns stand for an entity named before them, where only one can be meant.

use caption_parser::Upos;

use crate::SceneGraph;
use crate::graph::{Entity, Pronoun};
use crate::lexicon::{NounClass, is_person, noun_class};
use crate::reading::{Reading, Role};

/// How many entities back a pronoun may reach.
const FARTHEST: usize = 32;

/// Gives pronouns the entity that they stand for. Where two could be meant, none is.
pub(crate) fn resolve(reading: &mut Reading, graph: &mut SceneGraph, sentence: usize) {
    for token in 0..reading.len() {
        if reading.node(token).upos != Upos::Pron || reading.node(token).role != Role::Word {
            continue;
        }
        reading.node_mut(token).entity = antecedent(reading, graph, token);
        if let Some(entity) = reading.node(token).entity {
            graph.pronouns.push(Pronoun { sentence, token, entity });
        }
    }
}

fn antecedent(reading: &Reading, graph: &SceneGraph, pronoun: usize) -> Option<usize> {
    let before = reading.bytes(pronoun).start;
    let end = graph.entities.partition_point(|entity| entity.span.end <= before);
    let only = |may_be_meant: fn(&Entity) -> bool| {
        let mut meant = (end.saturating_sub(FARTHEST)..end)
            .filter(|&index| !graph.entities[index].absent && may_be_meant(&graph.entities[index]));
        let first = meant.next()?;
        meant.next().is_none().then_some(first)
    };
    match reading.form(pronoun) {
        "he" | "him" | "his" | "she" | "her" | "hers" => {
            only(|entity| !is_several(entity) && is_person(&entity.lemma))
        }
        "it" | "its" => {
            only(|_| true).or_else(|| only(|entity| !is_several(entity) && !is_somebody(&entity.lemma)))
        }
        "they" | "them" | "their" => only(is_several),
        _ => None,
    }
}

/// A dog is a person by one of its senses.
fn is_somebody(lemma: &str) -> bool {
    is_person(lemma) && noun_class(lemma) != Some(NounClass::Animal)
}

fn is_several(entity: &Entity) -> bool {
    entity.plural || entity.lemma == "people"
}
