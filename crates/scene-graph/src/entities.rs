//! Entities: the nouns that name things, with the words before them that belong to the name.

use caption_parser::{DependencyRelation as Dep, Upos};
use compact_str::{CompactString, format_compact};

use crate::clauses::is_negated;
use crate::graph::{Entity, ModifierKind, SceneGraph};
use crate::lexicon::{
    Compound, NounClass, WordList, is_adjective, is_known_compound, learned_first, learned_pair, noun_class,
};
use crate::nouns::{doer_before, quality_after};
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
        Upos::Adj if is_worn_colour(reading, index) => Some(Rule::NounPhraseHead),
        _ => None,
    }
}

/// "A man in black", "wearing white".
fn is_worn_colour(reading: &Reading, index: usize) -> bool {
    let node = reading.node(index);
    let worn = match node.relation {
        Dep::Obj => matches!(reading.lemma(node.head), "wear" | "sport" | "don"),
        Dep::Nmod | Dep::Obl => reading.preposition(index) == "in",
        _ => false,
    };
    worn && WordList::Colours.has(reading.form(index))
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
    if quality_after(reading, index).is_some() {
        return true;
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
    loop {
        let start = if let Some(start) = reading.hyphenated_start(first) {
            start
        } else if first > 0 && belongs_to_name(reading, first - 1, first, head) {
            first - 1
        } else {
            return first;
        };
        (start..first).for_each(|part| reading.node_mut(part).role = Role::NamePart);
        first = start;
    }
}

fn belongs_to_name(reading: &Reading, word: usize, next: usize, head: usize) -> bool {
    let node = reading.node(word);
    let under_name = (next..=head).contains(&node.head);
    if node.role != Role::Word || !under_name {
        return false;
    }
    let (form, next_form) = (reading.form(word), reading.form(next));
    let next_base = if next == head { reading.lemma(head) } else { next_form };
    if is_middle_word(reading, word, next, head) {
        return true;
    }
    match node.relation {
        Dep::Compound | Dep::NmodDesc => match decide(form, next_base, next_form) {
            Some(compound) => compound == Compound::Whole || compound == Compound::Joined,
            None => {
                !is_plural(form)
                    && !WordList::Colours.has(form)
                    && (lexicon::noun_class(form).is_some() || !is_adjective(form))
                    && !is_material(form)
            }
        },
        Dep::Amod if matches!(node.upos, Upos::Adj | Upos::Verb | Upos::Noun) => {
            // "A new train", but "a New York train".
            if next != head
                && (is_visible_compound(form, next_form)
                    || lexicon::is_hyphenated(form, next_form)
                    || is_name_of_three(reading, word, head))
            {
                return true;
            }
            // "Hard hat" is a name, though "small boat" has its own line in WordNet, too.
            let is_known = is_visible_compound(form, next_base) && !SIZES.contains(&form);
            is_known
                || !WordList::Quantifiers.has(form)
                    && matches!(learned_pair(form, next_base), Some(Compound::Whole | Compound::Joined))
        }
        Dep::Flat => true,
        // "A four wheeler", "a two story house": no number of houses.
        Dep::Nummod => {
            let is_single =
                reading.form(head) == reading.lemma(head) && !ZERO_PLURALS.contains(&reading.form(head));
            form != "one" && (lexicon::is_hyphenated(form, next_form) || next != head && is_single)
        }
        _ => false,
    }
}

/// "Air" in "hot air balloon", "decker" in "double decker bus".
fn is_middle_word(reading: &Reading, word: usize, next: usize, head: usize) -> bool {
    let ends_a_noun =
        || noun_class(&format_compact!("{}-{}", reading.form(word - 1), reading.form(word))).is_some();
    // "On the road" is in WordNet, too.
    let names = |at: usize| {
        matches!(reading.node(at).upos, Upos::Noun | Upos::Propn | Upos::Adj | Upos::Verb | Upos::Num)
    };
    next == head
        && word > 0
        && word + 1 == head
        && names(word)
        && names(word - 1)
        && (is_name_of_three(reading, word - 1, head) || ends_a_noun())
}

/// True if WordNet has the two words from `first` on and the head as one name.
fn is_name_of_three(reading: &Reading, first: usize, head: usize) -> bool {
    let (one, two, base) = (reading.form(first), reading.form(first + 1), reading.lemma(head));
    first + 2 == head
        && (noun_class(&format_compact!("{one}-{two} {base}")).is_some()
            || noun_class(&format_compact!("{one} {two} {base}")).is_some())
}

/// Adjectives that leave a compound of WordNet what its words say.
const SIZES: [&str; 14] = [
    "big", "fat", "full", "large", "little", "long", "low", "new", "old", "open", "short", "small", "tall",
    "young",
];

/// Nouns that say in the singular form that they are many.
const ZERO_PLURALS: [&str; 10] =
    ["aircraft", "bison", "deer", "fish", "moose", "salmon", "sheep", "shrimp", "squid", "trout"];

fn decide(form: &str, next_base: &str, next_form: &str) -> Option<Compound> {
    // Gold graphs say that a dirt bike is a bike that is dirt.
    if is_visible_compound(form, next_base) && !is_plural(form) {
        return Some(Compound::Whole);
    }
    learned_pair(form, next_base)
        .or_else(|| learned_pair(form, next_form))
        .or_else(|| is_known_compound(form, next_base).then_some(Compound::Whole))
        .or_else(|| match learned_first(form) {
            // What is dropped before other heads says nothing about this one.
            Some(Compound::Attribute) => Some(Compound::Attribute),
            _ => None,
        })
}

/// "Two roses tattoo": people write names with the singular.
fn is_plural(form: &str) -> bool {
    lexicon::noun_base(form).is_some_and(|base| base != form)
}

fn is_material(form: &str) -> bool {
    noun_class(form) == Some(NounClass::Substance)
}

/// "polar bear", "hot dog": names with an adjective that WordNet lists.
fn is_visible_compound(first: &str, second: &str) -> bool {
    let name = format_compact!("{first} {second}");
    use NounClass::{Act, Animal, Artifact, Body, Event, Food, Location, Object, Plant, Substance};
    matches!(
        noun_class(&name),
        Some(Act | Animal | Artifact | Body | Event | Food | Location | Object | Plant | Substance)
    )
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

/// "There is not a cloud", "a man not wearing a hat", "a dog rather than a cat".
fn is_denied_thing(reading: &Reading, index: usize) -> bool {
    let node = reading.node(index);
    match node.relation {
        Dep::Nsubj => reading.child(node.head, Dep::Expl).is_some() && is_negated(reading, node.head),
        Dep::Obj => reading.node(node.head).upos == Upos::Verb && is_negated(reading, node.head),
        Dep::Conj => reading.child(index, Dep::Cc).is_some_and(|cc| reading.form(cc) == "rather"),
        _ => false,
    }
}

/// "without cars", "no cars", "zero cars"; conjuncts share it: "no cars or people".
fn is_absent(reading: &Reading, index: usize) -> bool {
    let own = matches!(reading.preposition(index), "without" | "minus" | "instead of" | "rather than")
        || is_denied_thing(reading, index)
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
