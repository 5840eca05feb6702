//! Entities to objects and scenes.

use compact_str::format_compact;
use scene_graph::lexicon::{Compound, is_kind_of_its_head, is_known_compound, learned_pair, noun_class};
use scene_graph::{Entity, ModifierKind, Rule, SceneGraph};
use tag_vocabulary::TagKind;

use crate::names::name_of;
use crate::{Mention, TagMapper, places};

pub(crate) fn find(mapper: &TagMapper, graph: &SceneGraph, mentions: &mut Vec<Mention>) {
    for (index, entity) in graph.entities.iter().enumerate() {
        if entity.absent {
            continue;
        }
        let lemma = singular(graph, index);
        let shows = mapper.shows(lemma);
        if entity.name != entity.lemma && (shows || is_fixed(&entity.name)) {
            push(mentions, entity, &entity.name, places::kind(graph, index), entity.span.clone());
        }
        if shows {
            modified(graph, index, lemma, mentions);
        }
        if shows && is_common(entity, lemma) && is_kind_of_its_head(&entity.name) {
            push(mentions, entity, lemma, places::head_kind(graph, index), entity.head.clone());
        }
    }
}

/// "kitchen table": a noun right before the name makes a name with it.
fn modified(graph: &SceneGraph, index: usize, lemma: &str, mentions: &mut Vec<Mention>) {
    let entity = &graph.entities[index];
    let before = graph
        .modifiers_of(index)
        .filter(|modifier| modifier.kind == ModifierKind::Noun && modifier.span.end + 1 == entity.span.start);
    for modifier in before {
        let name = format_compact!("{} {lemma}", modifier.text);
        let kind = places::kind_of(graph, index, &name, lemma);
        if entity.name == lemma && noun_class(&modifier.text).is_some() {
            push(mentions, entity, &name, kind, modifier.span.start..entity.span.end);
        }
    }
}

fn push(
    mentions: &mut Vec<Mention>,
    entity: &Entity,
    words: &str,
    kind: TagKind,
    span: std::ops::Range<usize>,
) {
    if let Some(name) = name_of(words) {
        mentions.push(Mention { name, kind, span, second_span: None, rule: entity.rule });
    }
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
