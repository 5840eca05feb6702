//! Relations to actions: the verb alone, and with its particle and preposition.

use compact_str::{CompactString, format_compact};
use scene_graph::lexicon::{NounClass, is_verb, noun_class};
use scene_graph::{Relation, SceneGraph};
use tag_vocabulary::TagKind;

use crate::lists::Unwanted;
use crate::{Mention, TagMapper};

pub(crate) fn find(mapper: &TagMapper, graph: &SceneGraph, mentions: &mut Vec<Mention>) {
    for relation in &graph.relations {
        let verb = relation.predicate.verb.as_str();
        if verb.is_empty()
            || Unwanted::Verb.has(verb)
            || !is_verb(verb)
            || is_about_the_picture(graph, relation)
        {
            continue;
        }
        push(mapper, relation, verb.into(), false, mentions);
        let mut words: CompactString = verb.into();
        if !relation.predicate.particle.is_empty() {
            words = format_compact!("{words} {}", relation.predicate.particle);
            push(mapper, relation, words.clone(), false, mentions);
        }
        let preposition = relation.predicate.preposition.as_str();
        if !preposition.is_empty() && belongs(graph, relation) {
            push(mapper, relation, format_compact!("{words} {preposition}"), true, mentions);
        }
    }
}

/// "The image shows a truck", "a photo taken at night".
fn is_about_the_picture(graph: &SceneGraph, relation: &Relation) -> bool {
    relation.subject.is_some_and(|subject| Unwanted::Noun.has(&graph.entities[subject].lemma))
}

/// True if the preposition says how the verb is done, not when, why or on which side.
fn belongs(graph: &SceneGraph, relation: &Relation) -> bool {
    let Some(preposition) = relation.predicate.preposition.rsplit(' ').next() else { return false };
    let whole = relation.predicate.preposition.as_str();
    if Unwanted::Preposition.has(whole)
        || (preposition == "of" && whole == "of" && relation.predicate.particle.is_empty())
    {
        return false;
    }
    match relation.object {
        Some(object) => {
            let lemma = graph.entities[object].lemma.as_str();
            !graph.entities[object].absent
                && !Unwanted::Noun.has(lemma)
                && noun_class(lemma) != Some(NounClass::Time)
        }
        None => true,
    }
}

fn push(
    mapper: &TagMapper,
    relation: &Relation,
    words: CompactString,
    whole: bool,
    mentions: &mut Vec<Mention>,
) {
    if let Some(name) = mapper.action_of(&words) {
        let second_span = if whole { relation.preposition_span.clone() } else { None };
        mentions.push(Mention {
            name,
            kind: TagKind::Action,
            span: relation.span.clone(),
            second_span,
            rule: relation.rule,
        });
    }
}
