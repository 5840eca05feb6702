//! Words that describe one entity: adjectives, participles, numbers, nouns before the noun.

use caption_parser::{DependencyRelation as Dep, Upos};

use crate::graph::ModifierKind;
use crate::lexicon::{WordList, is_adjective, is_known_compound, noun_class};
use crate::nouns::doer_before;
use crate::reading::{Reading, Role};
use crate::repair::is_participle_form;
use crate::{Rule, SceneGraph};

pub(crate) fn find(reading: &Reading, graph: &mut SceneGraph) {
    for index in 0..reading.len() {
        let node = reading.node(index);
        if node.role != Role::Word || reading.is_root(index) {
            continue;
        }
        let Some(entity) = described(reading, node.head) else { continue };
        match node.relation {
            // "snow covered roof" is a relation.
            Dep::Amod if doer_before(reading, index).is_some() => {}
            // "stained" of "stained glass window" is said with "glass".
            Dep::Amod if index + 1 < reading.len() && pair_start(reading, index + 1) == Some(index) => {}
            Dep::Amod => describe_with_conjuncts(reading, graph, entity, index, Rule::Adjective),
            Dep::Nummod if is_consumed(reading, index) => {}
            Dep::Nummod => {
                let rule = Rule::Number;
                graph.describe(
                    reading,
                    entity,
                    number_start(reading, index),
                    index,
                    ModifierKind::Number,
                    rule,
                );
            }
            Dep::Det | Dep::DetPredet if reading.form(index) == "both" => {
                graph.describe(reading, entity, index, index, ModifierKind::Number, Rule::Number);
            }
            Dep::Det | Dep::DetPredet if WordList::Quantifiers.has(reading.form(index)) => {
                graph.describe(reading, entity, index, index, ModifierKind::Quantifier, Rule::Quantifier);
            }
            // "ice" of "ice cream cone" is said with "cream".
            Dep::Compound if node.head == index + 1 && pair_start(reading, node.head) == Some(index) => {}
            Dep::Compound | Dep::NmodDesc if index < node.head && node.entity.is_none() => {
                compound(reading, graph, entity, index)
            }
            _ => {}
        }
    }
}

/// The entity that a noun stands for, alone or as part of a name, or that its head stands for
/// where it is a quality itself: "blue" on "striped" in "blue striped shirt".
fn described(reading: &Reading, mut noun: usize) -> Option<usize> {
    let leads_on = |node: &crate::reading::Node| {
        node.entity.is_none()
            && (node.role == Role::NamePart || matches!(node.relation, Dep::Amod | Dep::Compound))
    };
    while leads_on(reading.node(noun)) && !reading.is_root(noun) && reading.node(noun).head > noun {
        noun = reading.node(noun).head;
    }
    reading.node(noun).entity
}

/// An adjective and those coordinated with it: "black and white".
pub(crate) fn describe_with_conjuncts(
    reading: &Reading,
    graph: &mut SceneGraph,
    entity: usize,
    index: usize,
    rule: Rule,
) {
    for quality in reading.conjuncts(index) {
        let node = reading.node(quality);
        let describes = matches!(
            node.upos,
            Upos::Adj | Upos::Verb | Upos::Noun | Upos::Propn | Upos::Adv | Upos::Num | Upos::X
        );
        // "It is brown and has a ball": having is no quality.
        let is_finite = node.upos == Upos::Verb
            && !reading.form(quality).ends_with("ing")
            && !is_participle_form(reading.form(quality));
        if !describes
            || is_finite
            || node.role != Role::Word
            || is_consumed(reading, quality)
            || node.entity.is_some()
        {
            continue;
        }
        if WordList::Quantifiers.has(reading.form(quality)) {
            graph.describe(reading, entity, quality, quality, ModifierKind::Quantifier, Rule::Quantifier);
            continue;
        }
        let first = adjective_start(reading, quality);
        let rule = match () {
            () if first < quality && reading.is_joint(quality - 1) => Rule::Hyphenated,
            () if rule != Rule::Adjective => rule,
            () if first < quality && WordList::Colours.has(reading.form(quality)) => Rule::ShadedColour,
            () if first < quality => Rule::AdverbAdjective,
            () if node.upos == Upos::Verb => Rule::Participle,
            () => rule,
        };
        graph.describe(reading, entity, first, quality, ModifierKind::Quality, rule);
    }
}

/// First token of "dark brown", "very sharp".
pub(crate) fn adjective_start(reading: &Reading, index: usize) -> usize {
    if let Some(first) = reading.hyphenated_start(index) {
        return first;
    }
    let Some(before) = index.checked_sub(1) else { return index };
    let node = reading.node(before);
    let same_noun = node.head == index || node.head == reading.node(index).head;
    let shades =
        WordList::Colours.has(reading.form(index)) && WordList::Shades.has(reading.form(before)) && same_noun;
    let adverb = node.head == index
        && node.relation == Dep::Advmod
        && node.upos == Upos::Adv
        && !matches!(reading.form(before), "not" | "also" | "still" | "now" | "just" | "n't" | "mostly");
    if (shades || adverb) && node.role == Role::Word { before } else { index }
}

/// True for "dark" in "dark brown" and "middle" in "middle-aged": parts of another quality.
fn is_consumed(reading: &Reading, index: usize) -> bool {
    let next = index + 1;
    if reading.is_joint(next) && next + 1 < reading.len() {
        let last = reading.node(next + 1);
        return last.entity.is_none()
            && last.role == Role::Word
            && matches!(last.relation, Dep::Amod | Dep::Conj | Dep::Root | Dep::Compound);
    }
    next < reading.len()
        && WordList::Shades.has(reading.form(index))
        && WordList::Colours.has(reading.form(next))
        && adjective_start(reading, next) == index
        && reading.node(next).entity.is_none()
        && reading.node(next).role == Role::Word
}

/// "twenty five", "3 million": a number of several words.
fn number_start(reading: &Reading, index: usize) -> usize {
    reading.children_by(index, Dep::Compound).filter(|&child| child + 1 == index).last().unwrap_or(index)
}

/// First word of two before a noun that are a noun together: "ice" of "ice cream" in "ice cream
/// cone".
fn pair_start(reading: &Reading, last: usize) -> Option<usize> {
    let first = last.checked_sub(1)?;
    let node = reading.node(first);
    let is_pair = node.role == Role::Word
        && (node.head == last && node.relation == Dep::Compound
            || node.relation == Dep::Amod && (node.head == last || node.head == reading.node(last).head));
    let ends_before_noun = reading.node(last).head > last && reading.node(last).relation == Dep::Compound;
    (is_pair && ends_before_noun && is_known_compound(reading.form(first), reading.lemma(last)))
        .then_some(first)
}

/// A noun before the noun that is no part of its name: "brick wall". Colours are qualities.
fn compound(reading: &Reading, graph: &mut SceneGraph, entity: usize, index: usize) {
    let form = reading.form(index);
    let is_quality = matches!(reading.node(index).upos, Upos::Adj | Upos::Verb)
        // "Sandy" taken for a noun.
        || is_adjective(form) && noun_class(form).is_none();
    if is_quality {
        return describe_with_conjuncts(reading, graph, entity, index, Rule::Adjective);
    }
    if reading.node(index).upos == Upos::Num && !is_consumed(reading, index) {
        return graph.describe(reading, entity, index, index, ModifierKind::Number, Rule::Number);
    }
    if let Some(first) = pair_start(reading, index) {
        return graph.describe(reading, entity, first, index, ModifierKind::Noun, Rule::NounModifier);
    }
    // "A two-story house", "a one-way sign".
    if let Some(first) = reading.hyphenated_start(index)
        && reading.node(first).upos == Upos::Num
    {
        return graph.describe(reading, entity, first, index, ModifierKind::Quality, Rule::Hyphenated);
    }
    let first = adjective_start(reading, index);
    if WordList::Colours.has(reading.form(index)) {
        let rule = if first < index { Rule::ShadedColour } else { Rule::Adjective };
        graph.describe(reading, entity, first, index, ModifierKind::Quality, rule);
    } else if !is_consumed(reading, index) {
        graph.describe(reading, entity, index, index, ModifierKind::Noun, Rule::NounModifier);
    }
    for other in reading.conjuncts(index).into_iter().filter(|&other| other != index) {
        graph.describe(reading, entity, other, other, ModifierKind::Noun, Rule::NounModifier);
    }
}
