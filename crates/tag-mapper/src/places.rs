//! Object or scene: by what the noun means, and by how the caption uses it.
//!
//! Rooms, roads, waters and grounds are scenes wherever they stand: "a busy street". Buildings,
//! mountains and the like are scenes where something is in them ("actors in a theatre"), else
//! objects ("a brick building"). `lexicons/places.txt` lists the nouns for which WordNet and
//! Places365 give the wrong answer.

use std::sync::LazyLock;

use foldhash::HashMap;
use scene_graph::lexicon::{Words, words_of};
use scene_graph::{Relation, SceneGraph};
use tag_vocabulary::TagKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Always,
    InUse,
    Never,
}

static PLACES: LazyLock<Words> = LazyLock::new(|| {
    Words::new(include_bytes!("../lexicons/places.fst"))
        .expect("the embedded lexicon is an fst: the tests open it")
});

static EXCEPTIONS: LazyLock<HashMap<&'static str, Place>> = LazyLock::new(|| {
    words_of(include_str!("../lexicons/places.txt"))
        .filter_map(|line| {
            let (noun, place) = line.rsplit_once(' ')?;
            let place = match place {
                "always" => Place::Always,
                "in-use" => Place::InUse,
                _ => Place::Never,
            };
            Some((noun.trim(), place))
        })
        .collect()
});

fn place_of(noun: &str) -> Option<Place> {
    let listed = EXCEPTIONS.get(noun).copied();
    listed.or_else(|| PLACES.get(noun).map(|code| if code == 0 { Place::Always } else { Place::InUse }))
}

/// Prepositions that put something into a place.
const INTO: [&str; 14] = [
    "in",
    "inside",
    "inside of",
    "into",
    "at",
    "through",
    "throughout",
    "within",
    "out of",
    "outside",
    "outside of",
    "around",
    "in middle of",
    "across",
];

/// The kind of the whole name; the head's where the name says nothing.
pub(crate) fn kind(graph: &SceneGraph, entity: usize) -> TagKind {
    let named = &graph.entities[entity];
    resolve(graph, entity, place_of(&named.name).or_else(|| place_of(&named.lemma)))
}

/// The kind of an entity under the name of a tag; its last word's where the name says nothing.
pub(crate) fn kind_of(graph: &SceneGraph, entity: usize, name: &str) -> TagKind {
    // "Metal bars" are no place for a drink.
    if graph.entities[entity].plural && (name == "bar" || name.ends_with(" bar")) {
        return TagKind::Object;
    }
    let head = || place_of(name.rsplit_once(' ')?.1);
    resolve(graph, entity, place_of(name).or_else(head))
}

fn resolve(graph: &SceneGraph, entity: usize, place: Option<Place>) -> TagKind {
    match place {
        Some(Place::Always) => TagKind::Scene,
        Some(Place::InUse) if holds_something(graph, entity) => TagKind::Scene,
        _ => TagKind::Object,
    }
}

/// "The aisle of a supermarket".
fn is_part(graph: &SceneGraph, relation: &Relation) -> bool {
    relation.subject.is_some_and(|part| place_of(&graph.entities[part].lemma) == Some(Place::Always))
}

fn holds_something(graph: &SceneGraph, entity: usize) -> bool {
    graph.relations.iter().any(|relation| {
        let preposition = relation.predicate.preposition.as_str();
        relation.object == Some(entity)
            && (INTO.contains(&preposition) || preposition == "of" && is_part(graph, relation))
    })
}
