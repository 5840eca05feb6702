//! Verbs with their objects and prepositions, active and passive, relative clauses among them.

use caption_parser::{DependencyRelation as Dep, Upos};

use crate::builder::Words;
use crate::clauses::{is_denied, is_readers, only_leads};
use crate::graph::Entity;
use crate::lexicon::{NounClass, WordList, is_clothing, noun_class};
use crate::reading::{Reading, Role};
use crate::subjects::{
    self, coordinated, entities_of, is_clause, is_passive, is_relative_pronoun, own_subject,
};
use crate::{Rule, SceneGraph};

pub(crate) fn find(reading: &Reading, graph: &mut SceneGraph) {
    for verb in 0..reading.len() {
        if is_clause(reading, verb) && !is_denied(reading, verb) && !is_readers(reading, verb) {
            Clause::read(reading, verb).relate(graph);
        }
    }
}

/// A verb and what stands around it.
struct Clause<'r> {
    reading: &'r Reading,
    verb: usize,
    words: Words,
    passive: bool,
    /// Entities; a clause without a named doer has the one subject `None`.
    subjects: Vec<Option<usize>>,
    objects: Vec<usize>,
    has_object: bool,
    /// Nouns with prepositions.
    complements: Vec<usize>,
}

impl<'r> Clause<'r> {
    fn read(reading: &'r Reading, verb: usize) -> Self {
        let particle = reading.children(verb).find(|&child| is_particle(reading, verb, child));
        let mut subjects: Vec<Option<usize>> = subjects::of(reading, verb).into_iter().map(Some).collect();
        if subjects.is_empty() {
            subjects.push(None);
        }
        let object = |child: &usize| is_object(reading, verb, *child);
        let objects: Vec<usize> = reading.children(verb).filter(object).collect();
        Self {
            reading,
            verb,
            words: Words::verb(reading, verb, particle),
            passive: is_passive(reading, verb),
            subjects,
            has_object: !objects.is_empty(),
            objects: objects.into_iter().flat_map(|object| entities_of(reading, object)).collect(),
            complements: complements(reading, verb),
        }
    }

    fn relate(&self, graph: &mut SceneGraph) {
        let before = graph.relations.len();
        if is_being(self.reading.lemma(self.verb)) {
            return self.existential(graph);
        }
        if only_leads(self.reading, self.verb) {
            return;
        }
        let gap = self.relative_gap(graph);
        for &subject in &self.subjects {
            for &object in &self.objects {
                graph.relate(subject, &self.words, Some(object), Rule::VerbObject);
            }
        }
        for &complement in &self.complements {
            self.complement(graph, complement);
        }
        let said = graph.relations[before..].iter().any(|relation| relation.span == self.words.span);
        // "Wearing no hat" is no wearing.
        if !said && !gap && self.objects.is_empty() {
            let rule = if self.passive { Rule::Passive } else { Rule::Intransitive };
            for &subject in &self.subjects {
                graph.relate(subject, &self.words, None, rule);
            }
        }
    }

    /// "There are plants on the table", "the plants are on the table".
    fn existential(&self, graph: &mut SceneGraph) {
        for &complement in &self.complements {
            let words = Words::preposition(self.reading, complement);
            for object in entities_of(self.reading, complement) {
                for &subject in self.subjects.iter().filter(|subject| subject.is_some()) {
                    graph.relate(subject, &words, Some(object), Rule::Existential);
                }
            }
        }
    }

    fn complement(&self, graph: &mut SceneGraph, noun: usize) {
        let reading = self.reading;
        let preposition = reading.preposition(noun);
        let others = entities_of(reading, noun);
        let doer = self.passive && self.is_doer(noun);
        let covers = self.passive
            && matches!(preposition, "with" | "in" | "by")
            && WordList::CoverVerbs.has(reading.lemma(self.verb));
        if doer || covers {
            let rule = if doer { Rule::PassiveAgent } else { Rule::PassiveCover };
            for &other in &others {
                for &subject in &self.subjects {
                    graph.relate(Some(other), &self.words, subject, rule);
                }
            }
            return;
        }
        if self.has_object && !self.objects.is_empty() {
            let words = Words::preposition(reading, noun);
            for &other in &others {
                for &object in &self.objects {
                    graph.relate(Some(object), &words, Some(other), Rule::ObjectPreposition);
                }
            }
            return;
        }
        if self.wears(graph, noun) {
            let words = Words::preposition(reading, noun);
            for &other in &others {
                for &subject in self.subjects.iter().filter(|subject| subject.is_some()) {
                    graph.relate(subject, &words, Some(other), Rule::NounPreposition);
                }
            }
            return;
        }
        let words = self.words.with_preposition(reading, noun);
        let rule = if self.passive { Rule::Passive } else { Rule::VerbPreposition };
        for &subject in &self.subjects {
            for &other in &others {
                graph.relate(subject, &words, Some(other), rule);
            }
            if others.is_empty() {
                graph.relate(subject, &words, None, rule);
            }
        }
    }

    /// "A man sits in jeans": he is in them, but not sitting in them.
    fn wears(&self, graph: &SceneGraph, noun: usize) -> bool {
        let reading = self.reading;
        let is_worn = |entity: &Entity| {
            is_clothing(&entity.name) || is_clothing(&entity.lemma) || WordList::Colours.has(&entity.name)
        };
        !self.passive
            && reading.preposition(noun) == "in"
            && reading.node(noun).entity.is_some_and(|worn| is_worn(&graph.entities[worn]))
            && !WordList::DressVerbs.has(reading.lemma(self.verb))
            && self.subjects.iter().any(Option::is_some)
    }

    /// "by" names who does it, but after "parked" where it is.
    fn is_doer(&self, noun: usize) -> bool {
        let by = self.reading.preposition(noun) == "by" || self.reading.node(noun).relation == Dep::OblAgent;
        by && !WordList::PlaceVerbs.has(self.reading.lemma(self.verb))
    }

    /// "the horse that the man rides", "the bench he sits on": the noun before a relative clause
    /// with a subject of its own is its object, or that of its last preposition. True if so.
    fn relative_gap(&self, graph: &mut SceneGraph) -> bool {
        let reading = self.reading;
        let node = reading.node(self.verb);
        if !matches!(node.relation, Dep::AclRelcl | Dep::Acl) || reading.node(node.head).entity.is_none() {
            return false;
        }
        let Some(subject) = own_subject(reading, self.verb) else { return false };
        if is_relative_pronoun(reading, subject) {
            return false;
        }
        let antecedents = coordinated(reading, node.head, self.verb);
        let stranded = stranded_preposition(reading, self.verb);
        let mut words = self.words.clone();
        let rule = if let Some(preposition) = stranded {
            words.predicate.preposition = reading.form(preposition).into();
            words.preposition_span = Some(reading.bytes(preposition));
            if words.predicate.particle == words.predicate.preposition {
                words.predicate.particle.clear();
            }
            Rule::RelativePreposition
        } else if let Some(which) = self.relative_complement() {
            words = words.with_preposition(reading, which);
            Rule::RelativePreposition
        } else if self.has_object && !self.object_is_relative()
            || reading.child(self.verb, Dep::Advmod).is_some_and(|at| reading.form(at) == "where")
        {
            return false;
        } else {
            Rule::RelativeObject
        };
        for &subject in &self.subjects {
            for &antecedent in &antecedents {
                graph.relate(subject, &words, Some(antecedent), rule);
            }
        }
        true
    }

    fn object_is_relative(&self) -> bool {
        self.reading
            .child(self.verb, Dep::Obj)
            .is_some_and(|object| is_relative_pronoun(self.reading, object))
    }

    /// "in which a man sits".
    fn relative_complement(&self) -> Option<usize> {
        self.complements.iter().copied().find(|&noun| is_relative_pronoun(self.reading, noun))
    }
}

/// Nouns that a preposition ties to a verb, those under its adverbs ("away from the house") as well.
fn complements(reading: &Reading, verb: usize) -> Vec<usize> {
    let tied = |child: usize| {
        let node = reading.node(child);
        matches!(
            node.relation,
            Dep::Obl | Dep::OblAgent | Dep::Nmod | Dep::Xcomp | Dep::OblUnmarked | Dep::Advcl | Dep::Obj
        ) && node.role == Role::Word
            && matches!(
                node.upos,
                Upos::Noun | Upos::Propn | Upos::Pron | Upos::Adj | Upos::Num | Upos::Det | Upos::X
            )
            && !reading.preposition(child).is_empty()
    };
    let mut found: Vec<usize> = Vec::new();
    for child in reading.children(verb) {
        if tied(child) {
            found.push(child);
        } else if matches!(reading.node(child).relation, Dep::Advmod | Dep::CompoundPrt) {
            found.extend(reading.children(child).filter(|&below| tied(below)));
        }
    }
    found
}

/// A noun without preposition that the verb acts on. Parsers also call it an oblique or, without
/// a conjunction, a conjunct.
fn is_object(reading: &Reading, verb: usize, child: usize) -> bool {
    let node = reading.node(child);
    if !reading.preposition(child).is_empty() {
        return false;
    }
    let mistaken = || {
        child > verb
            && node.entity.is_some()
            && reading.child(verb, Dep::Obj).is_none()
            && noun_class(reading.lemma(child)) != Some(NounClass::Time)
            && !reading
                .children(child)
                .any(|below| matches!(reading.node(below).relation, Dep::Cc | Dep::Case))
    };
    match node.relation {
        Dep::Obj | Dep::Iobj => true,
        Dep::Obl | Dep::Conj | Dep::Dep => mistaken(),
        _ => false,
    }
}

fn is_being(lemma: &str) -> bool {
    matches!(lemma, "be" | "'s" | "is" | "are")
}

/// A word after the verb that changes what it does: "look *up*".
fn is_particle(reading: &Reading, verb: usize, child: usize) -> bool {
    let node = reading.node(child);
    child > verb
        && node.role == Role::Word
        && match node.relation {
            Dep::CompoundPrt => true,
            Dep::Advmod => child <= verb + 3 && WordList::Particles.has(reading.form(child)),
            _ => false,
        }
}

/// A preposition after the verb whose noun stands elsewhere: "the bench he sits on".
fn stranded_preposition(reading: &Reading, verb: usize) -> Option<usize> {
    reading
        .children(verb)
        .filter(|&child| {
            let node = reading.node(child);
            child > verb
                && node.upos == Upos::Adp
                && node.role == Role::Word
                && matches!(
                    node.relation,
                    Dep::Obl | Dep::Case | Dep::Advmod | Dep::CompoundPrt | Dep::Obj | Dep::Nmod | Dep::Xcomp
                )
        })
        .last()
}
