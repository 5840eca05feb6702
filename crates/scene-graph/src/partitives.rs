//! Measure words: in "a group of elephants drinking" the elephants are there and drink.

use caption_parser::{DependencyRelation as Dep, Upos};

use crate::lexicon::WordList;
use crate::reading::{Node, Reading, Role};

/// Puts the measured noun in the measure word's place in the tree.
pub(crate) fn find(reading: &mut Reading) {
    // From the right, so that "a couple of slices of pizza" reaches the pizza.
    for measure in (0..reading.len()).rev() {
        let node = reading.node(measure);
        if node.role != Role::Word || !matches!(node.upos, Upos::Noun | Upos::Propn) {
            continue;
        }
        if !WordList::Measures.has(reading.lemma(measure)) && !WordList::Measures.has(reading.form(measure)) {
            continue;
        }
        if let Some(noun) = measured_noun(reading, measure) {
            swap(reading, measure, noun);
        }
    }
}

/// "of" what, or the noun beside it in "a couple people", "a dozen donuts".
fn measured_noun(reading: &Reading, measure: usize) -> Option<usize> {
    let is_noun = |at: usize| matches!(reading.node(at).upos, Upos::Noun | Upos::Propn);
    reading.children(measure).find(|&child| {
        child > measure
            && matches!(reading.node(child).relation, Dep::Nmod | Dep::Obl)
            && is_noun(child)
            && reading.preposition(child) == "of"
    })
}

fn swap(reading: &mut Reading, measure: usize, noun: usize) {
    reading.drop_preposition(noun);
    reading.move_preposition(measure, noun);
    reading.replace(measure, noun, stays_with_measure);
    reading.node_mut(measure).role = Role::Measure;
    if reading.node(noun).measure.is_none() {
        reading.node_mut(noun).measure = Some(measure);
    }
}

/// "a large group": article, quality and number are the measure word's own.
fn stays_with_measure(child: &Node) -> bool {
    matches!(child.relation, Dep::Det | Dep::Amod | Dep::Nummod | Dep::Compound | Dep::NmodPoss)
}
