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
        // A table cloth is a tablecloth, not a cloth.
        if shows && modified(mapper, graph, index, lemma, mentions) {
            continue;
        }
        let Some(name) = mapper.name_of(&whole(entity, lemma)).filter(|name| mapper.shows(name)) else {
            continue;
        };
        let head = name.rsplit_once(' ').and_then(|(_, head)| mapper.name_of(head));
        let has_head = shows && is_common(entity, lemma) && is_kind_of_its_head(&name);
        if shows && is_common(entity, lemma)
            || entity.name != entity.lemma && (shows || is_fixed(&entity.name))
        {
            push(mentions, graph, index, name, entity.span.clone());
        }
        if let Some(head) = head.filter(|_| has_head) {
            push(mentions, graph, index, head, entity.head.clone());
        }
    }
}

/// The entity's name with its last word in the singular.
fn whole(entity: &Entity, lemma: &str) -> CompactString {
    match entity.name.strip_suffix(entity.lemma.as_str()) {
        Some(before) => format_compact!("{before}{lemma}"),
        None => entity.name.clone(),
    }
}

/// "kitchen table": a noun right before the name makes a name with it. True if nothing is left of
/// the name by itself, for the two are written as one.
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
    let mut is_joined = false;
    for modifier in before {
        if entity.name == entity.lemma
            && noun_class(&modifier.text).is_some()
            && let Some(name) = mapper.name_of(&format_compact!("{} {lemma}", modifier.text))
        {
            is_joined |= !name.contains(' ');
            push(mentions, graph, index, name, modifier.span.start..entity.span.end);
        }
    }
    is_joined
}

fn push(
    mentions: &mut Vec<Mention>,
    graph: &SceneGraph,
    index: usize,
    name: CompactString,
    span: Range<usize>,
) {
    let rule = graph.entities[index].rule;
    let kind = places::kind_of(graph, index, &name);
    mentions.push(Mention { name, kind, span, second_span: None, rule });
}

/// A name as people say it: "graffiti" has no singular; "glasses" are worn, but "three
/// glasses", "wine glasses" and "glasses of juice" are for drinking.
fn singular(graph: &SceneGraph, index: usize) -> &str {
    let lemma = graph.entities[index].lemma.as_str();
    if lemma == "graffito" {
        return "graffiti";
    }
    if lemma != "glasses" {
        return lemma;
    }
    let counted = graph.modifiers_of(index).any(|modifier| modifier.kind == ModifierKind::Number);
    let noun = graph.modifiers_of(index).filter(|modifier| modifier.kind == ModifierKind::Noun).last();
    let before = graph.entities[index].name.rsplit(' ').nth(1).or(noun.map(|noun| noun.text.as_str()));
    let is_vessel = before.is_some_and(|before| {
        let joined = |noun: &str| noun_class(&format_compact!("{before}{noun}")).is_some();
        (is_known_compound(before, "glass") || joined("glass")) && !joined("glasses")
    });
    let holds = graph
        .relations
        .iter()
        .any(|relation| relation.subject == Some(index) && relation.predicate.preposition == "of");
    if counted || holds || is_vessel { "glass" } else { lemma }
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
