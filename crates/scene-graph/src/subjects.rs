//! Who does what a verb says, and whether the verb is passive.

use caption_parser::{DependencyRelation as Dep, Upos};

use crate::reading::{Reading, Role};
use crate::repair::is_participle_form;

/// How far a subject or a voice may be inherited: "stands, holding a bat that …".
const DEEPEST: usize = 8;

/// Verbs whose object does what the verb under them says: "watching a dog run".
const OBJECT_CONTROL: [&str; 10] =
    ["see", "watch", "let", "make", "help", "have", "keep", "get", "leave", "show"];

/// The entities of a noun and of the nouns coordinated with it.
pub(crate) fn entities_of(reading: &Reading, noun: usize) -> Vec<usize> {
    reading.conjuncts(noun).into_iter().filter_map(|at| reading.node(at).entity).collect()
}

/// The entities that a word after `noun` may be about: in "a fork and a knife on the table" both.
/// Only nouns before `after` count.
pub(crate) fn coordinated(reading: &Reading, noun: usize, after: usize) -> Vec<usize> {
    let node = reading.node(noun);
    let first =
        if node.relation == Dep::Conj && reading.node(node.head).entity.is_some() { node.head } else { noun };
    let group = reading.conjuncts(first);
    if noun != first && group.iter().any(|&member| member > noun && member < after) {
        return node.entity.into_iter().collect();
    }
    group.into_iter().filter(|&at| at < after).filter_map(|at| reading.node(at).entity).collect()
}

/// The entities that do what the verb says, or suffer it if [`is_passive`].
pub(crate) fn of(reading: &Reading, verb: usize) -> Vec<usize> {
    inherited(reading, verb, DEEPEST)
}

fn inherited(reading: &Reading, verb: usize, depth: usize) -> Vec<usize> {
    if depth == 0 {
        return Vec::new();
    }
    let node = reading.node(verb);
    let head = node.head;
    if let Some(subject) = own_subject(reading, verb) {
        if is_relative_pronoun(reading, subject) && head != verb {
            return coordinated(reading, head, verb);
        }
        return entities_of(reading, subject);
    }
    if head == verb {
        return Vec::new();
    }
    match node.relation {
        Dep::Acl | Dep::AclRelcl | Dep::Amod if reading.node(head).entity.is_some() => {
            if is_infinitive(reading, verb) { Vec::new() } else { coordinated(reading, head, verb) }
        }
        Dep::Xcomp | Dep::Ccomp if OBJECT_CONTROL.contains(&reading.lemma(head)) => {
            match reading.child(head, Dep::Obj) {
                Some(object) => entities_of(reading, object),
                None => inherited(reading, head, depth - 1),
            }
        }
        Dep::Conj | Dep::Advcl | Dep::Xcomp | Dep::Ccomp | Dep::Parataxis | Dep::Acl | Dep::Dep => {
            let found = inherited(reading, head, depth - 1);
            if found.is_empty() && reading.node(head).entity.is_some() && own_subject(reading, head).is_none()
            {
                return coordinated(reading, head, verb);
            }
            found
        }
        _ => Vec::new(),
    }
}

/// The word that stands as a predicate's subject.
pub(crate) fn own_subject(reading: &Reading, predicate: usize) -> Option<usize> {
    reading
        .children(predicate)
        .find(|&child| matches!(reading.node(child).relation, Dep::Nsubj | Dep::NsubjPass))
}

/// "who", "which", "that" in a relative clause.
pub(crate) fn is_relative_pronoun(reading: &Reading, index: usize) -> bool {
    matches!(reading.node(index).upos, Upos::Pron | Upos::Sconj | Upos::Det)
        && matches!(reading.form(index), "who" | "whom" | "which" | "that")
}

fn is_infinitive(reading: &Reading, verb: usize) -> bool {
    reading.children_by(verb, Dep::Mark).any(|mark| reading.form(mark) == "to")
}

/// True if the subject suffers what the verb says: "is parked", "a bus parked", "being fed".
/// Participles in a row ("parked and covered") are as their first one.
pub(crate) fn is_passive(reading: &Reading, verb: usize) -> bool {
    let mut at = verb;
    for _ in 0..DEEPEST {
        if let Some(passive) = own_voice(reading, at) {
            return passive;
        }
        let node = reading.node(at);
        let joined =
            node.relation == Dep::Conj && node.head != at && reading.node(node.head).upos == Upos::Verb;
        if !joined {
            break;
        }
        at = node.head;
    }
    true
}

/// Whether a verb is passive by its form and what hangs under it. `None` for a participle of which
/// only its place in the tree can tell more.
fn own_voice(reading: &Reading, verb: usize) -> Option<bool> {
    let has = |relation| reading.child(verb, relation).is_some();
    if reading.form(verb).ends_with("ing") {
        return Some(false);
    }
    if has(Dep::NsubjPass) || has(Dep::AuxPass) {
        return Some(true);
    }
    if has(Dep::Obj) || has(Dep::Aux) || !is_participle_form(reading.form(verb)) {
        return Some(has(Dep::OblAgent));
    }
    None
}

/// True for a verb that rules read as one: not an attribute before its noun.
pub(crate) fn is_clause(reading: &Reading, verb: usize) -> bool {
    let node = reading.node(verb);
    node.upos == Upos::Verb
        && node.role == Role::Word
        && node.entity.is_none()
        && !(node.relation == Dep::Amod && verb < node.head)
        && !matches!(
            node.relation,
            Dep::Case
                | Dep::Mark
                | Dep::Compound
                | Dep::Fixed
                | Dep::Cop
                | Dep::Aux
                | Dep::AuxPass
                | Dep::Det
        )
        && !(node.relation == Dep::Conj && is_attribute(reading, node.head))
}

/// True for a word before the noun that it describes.
fn is_attribute(reading: &Reading, index: usize) -> bool {
    let node = reading.node(index);
    node.relation == Dep::Amod && index < node.head
}
