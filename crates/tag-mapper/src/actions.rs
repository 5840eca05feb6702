//! Relations to actions: the verb alone, and with its particle and preposition.

use compact_str::{CompactString, format_compact};
use scene_graph::lexicon::{NounClass, is_person, is_verb, noun_class};
use scene_graph::{Predicate, Relation, Rule, SceneGraph};
use tag_vocabulary::TagKind;

use crate::lists::{Unwanted, is_invisible};
use crate::{Mention, TagMapper, predicates};

pub(crate) fn find(mapper: &TagMapper, graph: &SceneGraph, mentions: &mut Vec<Mention>) {
    for relation in &graph.relations {
        let verb = relation.predicate.verb.as_str();
        if verb.is_empty() || !is_verb(verb) || shows_nothing(graph, relation) {
            continue;
        }
        if !Unwanted::Light.has(verb) {
            push(mapper, relation, verb.into(), false, mentions);
        }
        let Predicate { particle, preposition, .. } = &relation.predicate;
        let mut words: CompactString = verb.into();
        let has_particle = !particle.is_empty() && predicates::has_particle(verb, particle);
        let particle = if has_particle { particle.as_str() } else { "" };
        if has_particle {
            words = format_compact!("{words} {particle}");
            push(mapper, relation, words.clone(), false, mentions);
        }
        if !preposition.is_empty() && belongs(graph, relation, particle) {
            push(mapper, relation, format_compact!("{words} {preposition}"), true, mentions);
        }
    }
}

/// "The image shows a truck", "a man is seen", "it looks like a bird".
fn shows_nothing(graph: &SceneGraph, relation: &Relation) -> bool {
    let verb = relation.predicate.verb.as_str();
    let is_passive = matches!(relation.rule, Rule::Passive | Rule::PassiveAgent | Rule::PassiveCover);
    let is_about_the_picture =
        || relation.subject.is_some_and(|subject| Unwanted::Picture.has(&graph.entities[subject].lemma));
    Unwanted::Verb.has(verb)
        || is_passive && Unwanted::Passive.has(verb)
        // "Made of wood": what it is, not what is done.
        || is_passive && verb == "make" && matches!(relation.predicate.preposition.as_str(), "of" | "from" | "out of")
        || SEEMING.contains(&verb) && is_like(graph, relation)
        || matches!(verb, "look" | "read") && is_by_a_thing(graph, relation)
        || is_about_the_picture()
}

/// "A sign reads 'stop'", "the cake looks".
fn is_by_a_thing(graph: &SceneGraph, relation: &Relation) -> bool {
    relation.subject.is_some_and(|subject| !is_alive(&graph.entities[subject].lemma))
}

fn is_alive(lemma: &str) -> bool {
    is_person(lemma)
        || matches!(
            noun_class(lemma),
            None | Some(NounClass::Animal | NounClass::Group | NounClass::Person | NounClass::Tops)
        )
}

/// True if what the verb says is that something is like something else.
fn is_like(graph: &SceneGraph, relation: &Relation) -> bool {
    let first = graph.relations.partition_point(|other| other.span.start < relation.span.start);
    let same = graph.relations[first..].iter().take_while(|other| other.span.start == relation.span.start);
    same.into_iter().any(|other| other.predicate.preposition == "like")
}

/// Verbs that with "like" say what something is like.
const SEEMING: [&str; 6] = ["feel", "look", "seem", "smell", "sound", "taste"];

/// True if the preposition says how the verb is done, not when, why or on which side.
fn belongs(graph: &SceneGraph, relation: &Relation, particle: &str) -> bool {
    let Predicate { verb, preposition, .. } = &relation.predicate;
    if Unwanted::Preposition.has(preposition) || !predicates::belongs(verb, particle, preposition) {
        return false;
    }
    // "Look at a sunset", "look for advice", but "play in winter", "walk in the background".
    let is_gaze = matches!(verb.as_str(), "gaze" | "look" | "stare" | "watch");
    relation.object.is_none_or(|object| {
        let lemma = graph.entities[object].lemma.as_str();
        !Unwanted::Noun.has(lemma)
            && (preposition != "with" || is_with(relation, lemma))
            && (is_gaze || noun_class(lemma) != Some(NounClass::Time) && !is_invisible(lemma))
    })
}

/// "Walk with a dog", "play with a ball", "filled with water", but not "walk with a bag".
fn is_with(relation: &Relation, lemma: &str) -> bool {
    let is_passive = matches!(relation.rule, Rule::Passive | Rule::PassiveAgent | Rule::PassiveCover);
    is_passive || relation.predicate.verb == "play" || is_alive(lemma)
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
