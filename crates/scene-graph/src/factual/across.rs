//! Facts across sentences: "Two dogs play. They are brown."
//!
//! The network reads one sentence at a time. What a later sentence says by a pronoun is what the
//! rules say, in the names that the earlier sentence gave.

use std::ops::Range;

use caption_parser::Document;

use super::digits;
use crate::{Modifier, ModifierKind, SceneGraph};

/// Names of the entities of a graph, in their order; empty for those of unread sentences.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Adds the names of a sentence's entities, given the name of each of its words.
    pub fn add(&mut self, graph: &SceneGraph, sentence: usize, name: impl Fn(usize) -> String) {
        let first = graph.entities.partition_point(|entity| entity.sentence < sentence);
        self.0.resize(first, String::new());
        let own = graph.entities[first..].iter().take_while(|entity| entity.sentence == sentence);
        self.0.extend(own.map(|entity| name(entity.token)));
    }

    /// What the rules say of entities in other sentences than their own.
    pub fn facts(&self, document: &Document, graph: &SceneGraph) -> Vec<Vec<String>> {
        if graph.pronouns.is_empty() {
            return Vec::new();
        }
        let spans: Vec<Range<usize>> = document.sentences().map(|sentence| sentence.span()).collect();
        let is_at_home =
            |entity: usize, span: &Range<usize>| spans[graph.entities[entity].sentence].contains(&span.start);
        let name = |entity: usize| self.0.get(entity).filter(|name| !name.is_empty()).cloned();
        let mut facts = Vec::new();
        for modifier in graph.modifiers.iter().filter(|modifier| !is_at_home(modifier.entity, &modifier.span))
        {
            facts.extend(
                attribute(modifier)
                    .zip(name(modifier.entity))
                    .map(|(attribute, name)| vec![name, "is".to_owned(), attribute]),
            );
        }
        for relation in &graph.relations {
            let (Some(subject), Some(object)) = (relation.subject, relation.object) else { continue };
            if is_at_home(subject, &relation.span) && is_at_home(object, &relation.span) {
                continue;
            }
            if let (Some(subject), Some(object)) = (name(subject), name(object)) {
                facts.push(vec![subject, relation.predicate.label().into(), object]);
            }
        }
        facts
    }
}

fn attribute(modifier: &Modifier) -> Option<String> {
    match modifier.kind {
        ModifierKind::Quality | ModifierKind::Noun => Some(modifier.text.to_string()),
        ModifierKind::Number => Some(digits(&modifier.text).to_owned()),
        _ => None,
    }
}
