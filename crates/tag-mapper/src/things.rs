//! Entities to objects and scenes.

use std::ops::Range;

use compact_str::{CompactString, format_compact};
use scene_graph::lexicon::{Compound, is_kind_of_its_head, is_known_compound, learned_pair, noun_class};
use scene_graph::{Entity, ModifierKind, Rule, SceneGraph};

use crate::{Mention, TagMapper, places};

pub(crate) fn find(mapper: &TagMapper, graph: &SceneGraph, mentions: &mut Vec<Mention>) {
    for (index, entity) in graph.entities.iter().enumerate().filter(|(_, entity)| !entity.absent) {
        let lemma = singular(graph, index);
        let shows = mapper.shows(lemma);
        let mut has_head = is_kind_of_its_head(&entity.name);
        if entity.name != entity.lemma
            && (shows || is_fixed(&entity.name))
            && let Some(name) = mapper.name_of(&entity.name)
        {
            has_head &= is_in_parts(&name);
            push(mentions, entity, name, entity.span.clone(), graph, index);
        }
        if shows {
            has_head &= modified(mapper, graph, index, lemma, mentions);
        }
        if shows
            && has_head
            && is_common(entity, lemma)
            && let Some(name) = mapper.name_of(lemma)
        {
            push(mentions, entity, name, entity.head.clone(), graph, index);
        }
    }
}

/// False for a name whose words are written together: a surf board is a surfboard, not a board.
fn is_in_parts(name: &str) -> bool {
    name.contains(' ')
}

/// "kitchen table": a noun right before the name makes a name with it. False if that leaves
/// nothing of the name by itself.
fn modified(
    mapper: &TagMapper,
    graph: &SceneGraph,
    index: usize,
    lemma: &str,
    mentions: &mut Vec<Mention>,
) -> bool {
    let entity = &graph.entities[index];
    let before = graph
        .modifiers_of(index)
        .filter(|modifier| modifier.kind == ModifierKind::Noun && modifier.span.end + 1 == entity.span.start);
    let mut has_head = true;
    for modifier in before {
        if entity.name == lemma
            && noun_class(&modifier.text).is_some()
            && let Some(name) = mapper.name_of(&format_compact!("{} {lemma}", modifier.text))
        {
            has_head &= is_in_parts(&name);
            push(mentions, entity, name, modifier.span.start..entity.span.end, graph, index);
        }
    }
    has_head
}

fn push(
    mentions: &mut Vec<Mention>,
    entity: &Entity,
    name: CompactString,
    span: Range<usize>,
    graph: &SceneGraph,
    index: usize,
) {
    let kind = places::kind_of(graph, index, &name, &entity.lemma);
    mentions.push(Mention { name, kind, span, second_span: None, rule: entity.rule });
}

/// A name as people say it: "graffiti" has no singular; "glasses" are worn, but "three glasses" and "glasses of juice" are for drinking.
fn singular(graph: &SceneGraph, index: usize) -> &str {
    let lemma = graph.entities[index].lemma.as_str();
    if lemma == "graffito" {
        return "graffiti";
    }
    if lemma != "glasses" {
        return lemma;
    }
    let counted = graph.modifiers_of(index).any(|modifier| modifier.kind == ModifierKind::Number);
    let holds = graph
        .relations
        .iter()
        .any(|relation| relation.subject == Some(index) && relation.predicate.preposition == "of");
    if counted || holds { "glass" } else { lemma }
}

/// "tank top", "wedding picture": whole names that people use, though the head alone says nothing.
fn is_fixed(name: &str) -> bool {
    let Some((first, second)) = name.rsplit_once(' ') else { return false };
    let first = first.rsplit(' ').next().unwrap_or(first);
    is_known_compound(first, second) || learned_pair(first, second) == Some(Compound::Whole)
}

/// A proper name's head is a thing only if it is a noun of the language: "Bridge", not "Smith".
fn is_common(entity: &Entity, lemma: &str) -> bool {
    entity.rule != Rule::Name || noun_class(lemma).is_some()
}
