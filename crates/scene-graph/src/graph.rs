//! What a scene graph is: entities, their modifiers, and the relations between them.

use std::ops::Range;

use caption_parser::Document;
use compact_str::CompactString;

use crate::{Extractor, Rule};

/// A pronoun that stands for an entity named before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pronoun {
    /// Number of its sentence, from 0.
    pub sentence: usize,
    /// Its index in the sentence.
    pub token: usize,
    /// Index of the entity in [`SceneGraph::entities`].
    pub entity: usize,
}

/// Everything that the sentences of one caption show.
///
/// Entities and relations stand in the order of the caption. The
/// memory is reused when an [`Extractor`] fills the same graph again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SceneGraph {
    /// The things, persons and places that the caption names.
    pub entities: Vec<Entity>,
    /// What is said about single entities, sorted by entity.
    pub modifiers: Vec<Modifier>,
    /// What entities do, and how they stand to each other.
    pub relations: Vec<Relation>,
    /// Pronouns of which it is clear what they stand for, in the order of the caption.
    pub pronouns: Vec<Pronoun>,
}

/// A thing, person or place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Number of the sentence, from 0.
    pub sentence: usize,
    /// Index of the head word in its sentence.
    pub token: usize,
    /// Bytes of the whole name in the caption: "tennis racquets".
    pub span: Range<usize>,
    /// Bytes of the head word in the caption: "racquets".
    pub head: Range<usize>,
    /// The whole name in lower case, its last word in base form: "tennis racquet".
    pub name: CompactString,
    /// Base form of the head word: "racquet".
    pub lemma: CompactString,
    /// True if the caption says that the thing is not there: "without any cars", "no cars".
    pub absent: bool,
    /// True if the head word stands in the plural.
    pub plural: bool,
    /// The rule that found it.
    pub rule: Rule,
}

/// What kind of thing a [`Modifier`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModifierKind {
    /// A quality: "red", "very sharp", "parked".
    Quality,
    /// A number: "two", "3", "both".
    Number,
    /// An indefinite amount: "many", "several", "other".
    Quantifier,
    /// A noun before its head that says what it is made of or made for: "brick" wall.
    Noun,
    /// A measure word: "group of", "slice of".
    Measure,
    /// What the entity is said to be: "the man is a *surfer*".
    Identity,
}

/// One quality of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modifier {
    /// Index of the entity in [`SceneGraph::entities`].
    pub entity: usize,
    /// Bytes of the words in the caption.
    pub span: Range<usize>,
    /// The words as the caption inflects them, in lower case: "dark brown", "parked".
    pub text: CompactString,
    /// The same with the last word in base form: "park".
    pub lemma: CompactString,
    /// What kind of thing it says.
    pub kind: ModifierKind,
    /// The rule that found it.
    pub rule: Rule,
}

/// The words of a relation, apart: "come", "out", "of".
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Predicate {
    /// Base form of the verb; empty where a preposition alone relates two entities.
    pub verb: CompactString,
    /// Particle or adverb of direction: "out", "up"; often empty.
    pub particle: CompactString,
    /// Preposition, complex ones whole and without article: "on", "in front of"; often empty.
    /// With a copula an adjective may lead it: "full of".
    pub preposition: CompactString,
}

impl Predicate {
    /// A bare verb.
    pub fn verb(lemma: &str) -> Self {
        Self { verb: lemma.into(), ..Self::default() }
    }

    /// A bare preposition.
    pub fn preposition(preposition: &str) -> Self {
        Self { preposition: preposition.into(), ..Self::default() }
    }

    /// The words with single spaces between them: "come out of".
    pub fn label(&self) -> CompactString {
        let mut label = self.verb.clone();
        for part in [&self.particle, &self.preposition] {
            if !label.is_empty() && !part.is_empty() {
                label.push(' ');
            }
            label.push_str(part);
        }
        label
    }
}

/// What an entity does, or how it stands to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Index of the doer in [`SceneGraph::entities`]; `None` where the caption names none, as in
    /// "riding a horse".
    pub subject: Option<usize>,
    /// The words of the relation.
    pub predicate: Predicate,
    /// Index of the other entity; `None` for what a single entity does: "geese flying".
    pub object: Option<usize>,
    /// Bytes of the verb in the caption, or of the preposition where there is no verb.
    pub span: Range<usize>,
    /// Bytes of the preposition that goes with the verb.
    pub preposition_span: Option<Range<usize>>,
    /// The rule that found it.
    pub rule: Rule,
}

impl SceneGraph {
    /// The graph of a parsed caption. For many captions, keep an [`Extractor`] and a graph and
    /// call [`Extractor::extract`], which reuses their memory.
    pub fn of(document: &Document) -> Self {
        let mut graph = Self::default();
        Extractor::new().extract(document, &mut graph);
        graph
    }

    /// Removes everything, and keeps the memory.
    pub fn clear(&mut self) {
        self.entities.clear();
        self.modifiers.clear();
        self.relations.clear();
        self.pronouns.clear();
    }

    /// The modifiers of one entity, in the order of the caption.
    pub fn modifiers_of(&self, entity: usize) -> impl Iterator<Item = &Modifier> {
        let first = self.modifiers.partition_point(|modifier| modifier.entity < entity);
        self.modifiers[first..].iter().take_while(move |modifier| modifier.entity == entity)
    }
}
