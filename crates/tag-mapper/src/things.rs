//! Entities to objects and scenes.

use std::ops::Range;

use compact_str::{CompactString, format_compact};
use scene_graph::lexicon::{
    Compound, NounClass, WordList, is_kind_of_its_head, is_known_compound, learned_pair, noun_base,
    noun_class,
};
use scene_graph::{Entity, Modifier, ModifierKind, Predicate, Relation, Rule, SceneGraph};

use tag_vocabulary::TagKind;

use crate::lists::Unwanted;
use crate::{Mention, TagMapper, places};

pub(crate) fn find(mapper: &TagMapper, graph: &SceneGraph, mentions: &mut Vec<Mention>) {
    for (index, entity) in graph.entities.iter().enumerate() {
        if entity.absent || is_behind_the_picture(graph, index) {
            continue;
        }
        let lemma = singular(graph, index);
        gathering(mapper, graph, index, mentions);
        if is_colour(graph, index) {
            if let Some(name) = mapper.name_of(lemma) {
                let (span, rule) = (entity.span.clone(), entity.rule);
                mentions.push(Mention { name, kind: TagKind::Attribute, span, second_span: None, rule });
            }
            continue;
        }
        let shows = mapper.shows(lemma);
        // A table cloth is a tablecloth, not a cloth.
        let is_joined = shows && modified(mapper, graph, index, lemma, mentions);
        if !is_joined {
            whole_and_head(mapper, graph, index, lemma, mentions);
        }
        if !shows && (Unwanted::Bearer.has(lemma) || Unwanted::Picture.has(lemma)) && !is_fixed(&entity.name)
        {
            shown(mapper, graph, index, mentions);
        }
    }
}

/// "Looking at the camera", "photo by person": what made the picture is not in it. A camera that
/// the caption describes, or that is somebody's, is.
fn is_behind_the_picture(graph: &SceneGraph, index: usize) -> bool {
    const TOWARDS: [&str; 9] = ["face", "gaze", "glance", "grin", "look", "pose", "smile", "stare", "wave"];
    let entity = &graph.entities[index];
    let mut towards = graph.relations.iter().filter(|relation| relation.object == Some(index));
    match entity.lemma.as_str() {
        "camera" if entity.name == "camera" && graph.modifiers_of(index).next().is_none() => {
            let is_towards = |relation: &Relation| {
                let Predicate { verb, preposition, .. } = &relation.predicate;
                TOWARDS.contains(&verb.as_str())
                    && matches!(
                        preposition.as_str(),
                        "" | "at" | "for" | "into" | "to" | "toward" | "towards"
                    )
            };
            let mut all = towards.peekable();
            all.peek().is_some() && all.all(is_towards)
        }
        "person" => towards.any(|relation| {
            let is_picture = |subject: usize| Unwanted::Picture.has(&graph.entities[subject].lemma);
            relation.predicate.preposition == "by" && relation.subject.is_some_and(is_picture)
        }),
        _ => false,
    }
}

/// "Tennis racquet" gives itself and "racquet".
fn whole_and_head(
    mapper: &TagMapper,
    graph: &SceneGraph,
    index: usize,
    lemma: &str,
    mentions: &mut Vec<Mention>,
) {
    let entity = &graph.entities[index];
    let shows = mapper.shows(lemma) && is_common(entity, lemma);
    let whole = mapper.name_of(&whole(entity, lemma));
    // "U.S. flag" is no name of a tag, but a flag is there.
    let head = match &whole {
        Some(name) if is_kind_of_its_head(name) => name.rsplit_once(' ').map(|(_, head)| head.to_owned()),
        Some(_) => None,
        None => Some(lemma.to_owned()),
    };
    if let Some(name) = whole.filter(|name| mapper.shows(name))
        && (shows || entity.name != entity.lemma && (mapper.shows(lemma) || is_fixed(&entity.name)))
    {
        push(mentions, graph, index, name, entity.span.clone());
    }
    if shows && let Some(head) = head.and_then(|head| mapper.name_of(&head)) {
        push(mentions, graph, index, head, entity.head.clone());
    }
}

/// "A street scene" shows a street, a "stone background" stone.
fn shown(mapper: &TagMapper, graph: &SceneGraph, index: usize, mentions: &mut Vec<Mention>) {
    let entity = &graph.entities[index];
    let before =
        nouns_before(graph, index).map(|modifier| (modifier.text.as_str(), modifier.span.clone())).last();
    let in_name = entity.name.rsplit(' ').nth(1).map(|part| (part, entity.span.start..entity.head.start));
    let Some((noun, span)) = in_name.or(before) else { return };
    let is_thing = noun_class(noun).is_some_and(|class| class != NounClass::Time)
        && !WordList::Colours.has(noun)
        && mapper.shows(noun);
    if is_thing && let Some(name) = mapper.name_of(noun) {
        push(mentions, graph, index, name, span);
    }
}

/// "A herd of sheep": the herd shows beside the sheep.
fn gathering(mapper: &TagMapper, graph: &SceneGraph, index: usize, mentions: &mut Vec<Mention>) {
    for modifier in graph.modifiers_of(index).filter(|modifier| modifier.kind == ModifierKind::Measure) {
        let word = modifier.text.split(' ').next().unwrap_or("");
        let base = noun_base(word).unwrap_or_else(|| word.into());
        if GATHERINGS.contains(&base.as_str())
            && let Some(name) = mapper.name_of(&base)
        {
            let span = modifier.span.start..modifier.span.start + word.len();
            let (kind, rule) = (TagKind::Object, modifier.rule);
            mentions.push(Mention { name, kind, span, second_span: None, rule });
        }
    }
}

/// Measure words that show by themselves.
const GATHERINGS: [&str; 7] = ["crowd", "flock", "heap", "herd", "pile", "stack", "swarm"];

/// "Dressed in black", "wearing white", "painted a bright red"; "oranges" are fruit.
fn is_colour(graph: &SceneGraph, index: usize) -> bool {
    let entity = &graph.entities[index];
    let is_worn = || {
        graph.relations.iter().any(|relation| {
            relation.object == Some(index)
                && (relation.predicate.preposition == "in" || relation.predicate.verb == "wear")
        })
    };
    WordList::Colours.has(&entity.name)
        && !entity.plural
        && (matches!(noun_class(&entity.name), Some(NounClass::Attribute | NounClass::Person) | None)
            || is_worn())
}

/// The entity's name with its last word in the singular.
fn whole(entity: &Entity, lemma: &str) -> CompactString {
    match entity.name.strip_suffix(entity.lemma.as_str()) {
        Some(before) => format_compact!("{before}{lemma}"),
        None => entity.name.clone(),
    }
}

/// Nouns right before a name that are no part of it: "kitchen" in "kitchen table".
fn nouns_before(graph: &SceneGraph, index: usize) -> impl Iterator<Item = &Modifier> {
    let start = graph.entities[index].span.start;
    graph
        .modifiers_of(index)
        .filter(move |modifier| modifier.kind == ModifierKind::Noun && modifier.span.end + 1 == start)
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
    let mut is_joined = false;
    for modifier in nouns_before(graph, index) {
        if entity.name == entity.lemma
            && noun_class(&modifier.text).is_some()
            && noun_base(&modifier.text).is_some_and(|base| base == modifier.text)
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

/// A name as people say it: "graffiti" has no singular; "the woods" are no wood; "glasses" are worn, but "three
/// glasses", "wine glasses" and "glasses of juice" are for drinking.
fn singular(graph: &SceneGraph, index: usize) -> &str {
    let lemma = graph.entities[index].lemma.as_str();
    if lemma == "graffito" {
        return "graffiti";
    }
    if lemma == "wood" && graph.entities[index].plural {
        return "woods";
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
