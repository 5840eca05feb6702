//! Entities: the nouns that name things, with the words before them that belong to the name.

use caption_parser::{DependencyRelation as Dep, Upos};
use compact_str::CompactString;

use crate::graph::{Entity, ModifierKind, SceneGraph};
use crate::lexicon::{
    Compound, NounClass, WordList, is_adjective, is_known_compound, learned_first, learned_pair, noun_class,
};
use crate::nouns::doer_before;
use crate::reading::{Reading, Role};
use crate::{Rule, lexicon};

/// Makes an entity of every noun that stands for a thing of its own.
pub(crate) fn find(reading: &mut Reading, graph: &mut SceneGraph, sentence: usize) {
    for head in 0..reading.len() {
        if let Some(rule) = names_a_thing(reading, head) {
            let first = name_start(reading, head);
            add(reading, graph, sentence, first, head, rule);
        }
    }
}

fn names_a_thing(reading: &Reading, index: usize) -> Option<Rule> {
    let node = reading.node(index);
    if node.role != Role::Word {
        return None;
    }
    let has = |relation| reading.child(index, relation).is_some();
    match node.upos {
        Upos::Noun | Upos::Propn if is_name_part(reading, index) => None,
        Upos::Noun | Upos::Propn if has_no_letter(reading.form(index)) => None,
        Upos::Noun
            if matches!(node.relation, Dep::OblUnmarked | Dep::NmodUnmarked) && is_time(reading, index) =>
        {
            None
        }
        Upos::Noun if node.measure.is_some() => Some(Rule::Partitive),
        Upos::Noun => Some(Rule::Noun),
        Upos::Propn => Some(Rule::Name),
        Upos::Adj | Upos::Verb
            if has(Dep::Det)
                && matches!(node.relation, Dep::Nsubj | Dep::Obj | Dep::NsubjPass)
                && !WordList::Quantifiers.has(reading.form(index)) =>
        {
            Some(Rule::NounPhraseHead)
        }
        _ => None,
    }
}

fn has_no_letter(form: &str) -> bool {
    !form.chars().any(char::is_alphabetic)
}

fn is_time(reading: &Reading, index: usize) -> bool {
    noun_class(reading.lemma(index)) == Some(NounClass::Time)
}

/// True for a noun that belongs to another's name.
fn is_name_part(reading: &Reading, index: usize) -> bool {
    let node = reading.node(index);
    let before_head = node.head > index && !reading.is_root(index);
    let does =
        |participle: usize| participle < reading.len() && doer_before(reading, participle) == Some(index);
    if does(index + 1) || does(index + 2) {
        return false;
    }
    match node.relation {
        Dep::Compound | Dep::NmodDesc => before_head || reading.node(node.head).upos == Upos::Num,
        Dep::Flat | Dep::Fixed | Dep::Goeswith => true,
        // "a red ball" with "red" tagged as a noun.
        Dep::Amod => before_head,
        _ => false,
    }
}

/// First token of the name that ends in `head`; marks the words between as its parts.
///
/// The words before the head are read from the right: each is part of the name, an attribute
/// (then the name ends before it, but a known pair may still lie beyond it: none does), or neither.
fn name_start(reading: &mut Reading, head: usize) -> usize {
    let mut first = head;
    // "t-shirt" as three tokens.
    while first > 1
        && reading.is_joint(first - 1)
        && reading.node(first - 2).role == Role::Word
        && reading.node(first - 2).entity.is_none()
    {
        for part in first - 2..first {
            reading.node_mut(part).role = Role::NamePart;
        }
        first -= 2;
    }
    while first > 0 && belongs_to_name(reading, first - 1, first, head) {
        first -= 1;
        reading.node_mut(first).role = Role::NamePart;
    }
    first
}

fn belongs_to_name(reading: &Reading, word: usize, next: usize, head: usize) -> bool {
    let node = reading.node(word);
    let under_name = (next..=head).contains(&node.head);
    if node.role != Role::Word || !under_name {
        return false;
    }
    let (form, next_form) = (reading.form(word), reading.form(next));
    let next_base = if next == head { reading.lemma(head) } else { next_form };
    match node.relation {
        Dep::Compound | Dep::NmodDesc => match decide(form, next_base, next_form) {
            Some(compound) => compound == Compound::Whole || compound == Compound::Joined,
            None => {
                !WordList::Colours.has(form)
                    && (lexicon::noun_class(form).is_some() || !is_adjective(form))
                    && !is_material(form)
            }
        },
        Dep::Amod if matches!(node.upos, Upos::Adj | Upos::Verb | Upos::Noun) => {
            let plain = WordList::PlainAdjectives.has(form) || WordList::Colours.has(form);
            match learned_pair(form, next_base) {
                Some(compound) => {
                    matches!(compound, Compound::Whole | Compound::Joined) && !WordList::Quantifiers.has(form)
                }
                None => !plain && is_visible_compound(form, next_base),
            }
        }
        Dep::Flat => true,
        _ => false,
    }
}

fn decide(form: &str, next_base: &str, next_form: &str) -> Option<Compound> {
    learned_pair(form, next_base)
        .or_else(|| learned_pair(form, next_form))
        .or_else(|| is_known_compound(form, next_base).then_some(Compound::Whole))
        .or_else(|| match learned_first(form) {
            // What is dropped before other heads says nothing about this one.
            Some(Compound::Attribute) => Some(Compound::Attribute),
            _ => None,
        })
}

fn is_material(form: &str) -> bool {
    noun_class(form) == Some(NounClass::Substance)
}

/// "polar bear", "hot dog": names with an adjective that WordNet lists.
fn is_visible_compound(first: &str, second: &str) -> bool {
    let name = compact_str::format_compact!("{first} {second}");
    use NounClass::{Animal, Artifact, Body, Food, Location, Object, Plant, Substance};
    matches!(noun_class(&name), Some(Animal | Artifact | Body | Food | Location | Object | Plant | Substance))
}

fn add(
    reading: &mut Reading,
    graph: &mut SceneGraph,
    sentence: usize,
    first: usize,
    head: usize,
    rule: Rule,
) {
    let mut name = CompactString::default();
    for part in (first..head).filter(|&part| !reading.is_joint(part)) {
        name.push_str(reading.form(part));
        name.push(' ');
    }
    let last = flat_end(reading, head);
    if last > head {
        for part in head..last {
            name.push_str(reading.form(part));
            name.push(' ');
        }
        name.push_str(reading.form(last));
    } else {
        name.push_str(reading.lemma(head));
    }
    let entity = graph.entities.len();
    reading.node_mut(head).entity = Some(entity);
    graph.entities.push(Entity {
        sentence,
        token: head,
        span: reading.bytes_between(first, last),
        head: reading.bytes(head),
        name,
        lemma: reading.lemma(head).into(),
        absent: is_absent(reading, head),
        plural: reading.form(head) != reading.lemma(head),
        rule,
    });
    if let Some(measure) = reading.node(head).measure {
        let end = measure + usize::from(measure + 1 < reading.len() && reading.form(measure + 1) == "of");
        graph.describe(reading, entity, measure, end, ModifierKind::Measure, Rule::Measure);
    }
}

/// Last token of a name of several flat words: "Big Ben".
fn flat_end(reading: &mut Reading, head: usize) -> usize {
    let mut last = head;
    let parts: Vec<usize> = reading.children_by(head, Dep::Flat).collect();
    for part in parts {
        if part == last + 1 {
            reading.node_mut(part).role = Role::NamePart;
            last = part;
        }
    }
    last
}

/// "without cars", "no cars", "zero cars"; conjuncts share it: "no cars or people".
fn is_absent(reading: &Reading, index: usize) -> bool {
    let own = matches!(reading.preposition(index), "without" | "minus")
        || reading.children(index).any(|child| {
            matches!(reading.node(child).relation, Dep::Det | Dep::Nummod | Dep::Advmod)
                && matches!(reading.form(child), "no" | "zero" | "not" | "neither")
        });
    let node = reading.node(index);
    own || (node.relation == Dep::Conj && node.head != index && node.head < index && {
        let alternative =
            reading.child(index, Dep::Cc).is_some_and(|cc| matches!(reading.form(cc), "or" | "nor"));
        (alternative || reading.preposition(node.head) == "without") && is_absent(reading, node.head)
    })
}
