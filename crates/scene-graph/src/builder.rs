//! Puts what the rules find into the graph.

use std::ops::Range;

use crate::Rule;
use crate::graph::{Modifier, ModifierKind, Predicate, Relation, SceneGraph};
use crate::reading::Reading;

/// The words of a relation as tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub predicate: Predicate,
    pub span: Range<usize>,
    pub preposition_span: Option<Range<usize>>,
}

impl Words {
    /// The preposition that leads `noun`, alone.
    pub fn preposition(reading: &Reading, noun: usize) -> Self {
        let span = preposition_span(reading, noun);
        Self { predicate: Predicate::preposition(reading.preposition(noun)), span, preposition_span: None }
    }

    /// A verb with its particle.
    pub fn verb(reading: &Reading, verb: usize, particle: Option<usize>) -> Self {
        let mut predicate = Predicate::verb(reading.lemma(verb));
        if let Some(particle) = particle {
            predicate.particle = reading.form(particle).into();
        }
        Self { predicate, span: reading.bytes(verb), preposition_span: None }
    }

    /// The same with the preposition of `noun`.
    pub fn with_preposition(&self, reading: &Reading, noun: usize) -> Self {
        let mut words = self.clone();
        words.predicate.preposition = reading.preposition(noun).into();
        words.preposition_span = Some(preposition_span(reading, noun));
        words
    }
}

fn preposition_span(reading: &Reading, noun: usize) -> Range<usize> {
    let (first, last) = reading.node(noun).preposition_tokens;
    reading.bytes_between(first, last)
}

impl SceneGraph {
    /// Adds a relation unless the same two entities already stand in it, or one is not there.
    pub(crate) fn relate(
        &mut self,
        subject: Option<usize>,
        words: &Words,
        object: Option<usize>,
        rule: Rule,
    ) {
        let is_absent = |entity: Option<usize>| entity.is_some_and(|entity| self.entities[entity].absent);
        if subject.is_some() && subject == object || is_absent(subject) || is_absent(object) {
            return;
        }
        let same = |old: &Relation| {
            old.subject == subject
                && old.object == object
                && old.span == words.span
                && old.predicate == words.predicate
        };
        if !self.relations.iter().rev().take(16).any(same) {
            self.relations.push(Relation {
                subject,
                predicate: words.predicate.clone(),
                object,
                span: words.span.clone(),
                preposition_span: words.preposition_span.clone(),
                rule,
            });
        }
    }

    /// Adds what tokens `first..=last` say about an entity.
    pub(crate) fn describe(
        &mut self,
        reading: &Reading,
        entity: usize,
        first: usize,
        last: usize,
        kind: ModifierKind,
        rule: Rule,
    ) {
        let span = reading.bytes_between(first, last);
        if self.modifiers.iter().rev().take(16).any(|old| old.entity == entity && old.span == span) {
            return;
        }
        let mut text = compact_str::CompactString::default();
        for token in (first..last).filter(|&token| !reading.is_joint(token)) {
            text.push_str(reading.form(token));
            text.push(' ');
        }
        let mut lemma = text.clone();
        text.push_str(reading.form(last));
        lemma.push_str(reading.lemma(last));
        self.modifiers.push(Modifier { entity, span, text, lemma, kind, rule });
    }
}
