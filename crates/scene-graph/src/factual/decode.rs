//! From the network's scores to a sentence's facts.

use compact_str::{CompactString, format_compact};

use super::digits;
use super::features::Features;
use super::vocabulary::{VERB, Vocabulary};
use crate::lexicon::noun_base;

/// How a word belongs to a thing: the classes of links, in the order of the network's scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// Not at all.
    None,
    /// A word of its name: "tennis" in "tennis racquet".
    Name,
    /// The same, written together with what follows: "surf board" as "surfboard".
    Joined,
    /// An attribute: "red".
    Attribute,
    /// The last word of an attribute of two words: "brown" in "dark brown".
    AttributeEnd,
    /// The first word of an attribute of two words: "group" in "group of".
    AttributeStart,
}

impl Link {
    /// Every link, in the order of the scores.
    pub const ALL: [Link; 6] =
        [Link::None, Link::Name, Link::Joined, Link::Attribute, Link::AttributeEnd, Link::AttributeStart];
}

/// Classes of relations before the vocabulary's labels: none, as the rules say, and the rules'
/// relation of the same two words turned round.
pub const FIRST_LABEL: usize = 3;
/// Farthest word that belongs to a thing.
const FARTHEST_LINK: usize = 10;
/// A word is taken for a thing from this probability on, and asked about from the other.
const THING: f32 = 0.5;
const CANDIDATE: f32 = 0.15;
/// A thing of which nothing is said is left out beside other facts, unless it is as sure as this.
const LONE_THING: f32 = 0.95;
/// How a label counts of which the caption lacks a word.
const LACKING: f32 = 0.5;
/// In longer sentences only words are related that the tree or the rules bring together, and that
/// stand no farther apart than so many words: given sentences can have thousands.
const SHORT: usize = 12;
const FARTHEST_RELATION: usize = 40;

/// What the network holds likely of a sentence.
pub(super) struct Beliefs {
    /// Probability of each word to be a thing.
    pub things: Vec<f32>,
    /// Thing, word, and the likeliest link.
    pub links: Vec<(usize, usize, Link)>,
    /// Subject, object, and the probabilities of the classes; sorted.
    pub relations: Vec<(usize, usize, Vec<f32>)>,
}

/// Words that may be things.
pub(super) fn candidates(things: &[f32]) -> Vec<usize> {
    (0..things.len()).filter(|&index| things[index] > CANDIDATE).collect()
}

/// Pairs of a thing and a word that may belong to it.
pub fn link_pairs(things: &[usize], words: usize) -> Vec<(usize, usize)> {
    let near = |&thing: &usize| {
        let from = thing.saturating_sub(FARTHEST_LINK);
        let to = words.min(thing + FARTHEST_LINK + 1);
        (from..to).filter(move |&word| word != thing).map(move |word| (thing, word))
    };
    things.iter().flat_map(near).collect()
}

/// Ordered pairs of words that may be related, sorted.
pub(super) fn relation_pairs(things: &[usize], features: &Features) -> Vec<(usize, usize)> {
    let is_short = features.words.len() <= SHORT;
    let mut pairs = Vec::new();
    for &one in things {
        let first = things.partition_point(|&other| other + FARTHEST_RELATION < one);
        let near = things[first..].iter().take_while(|&&other| other <= one + FARTHEST_RELATION);
        let may_be = |other: &usize| *other != one && (is_short || features.are_tied(one, *other));
        pairs.extend(near.copied().filter(may_be).map(|other| (one, other)));
    }
    pairs
}

/// The facts, each a triple, an attribute or a thing alone.
pub(super) fn facts(features: &Features, vocabulary: &Vocabulary, beliefs: &Beliefs) -> Vec<Vec<String>> {
    let mut is_thing: Vec<bool> = beliefs.things.iter().map(|&p| p > THING).collect();
    let relations = relations(features, vocabulary, beliefs);
    for &(subject, object, _) in &relations {
        (is_thing[subject], is_thing[object]) = (true, true);
    }
    let name = |thing: usize| name(features, vocabulary, &beliefs.links, thing);
    let mut is_said = vec![false; is_thing.len()];
    let mut facts = Vec::new();
    for (subject, object, label) in relations {
        (is_said[subject], is_said[object]) = (true, true);
        facts.push(vec![name(subject), label.into(), name(object)]);
    }
    for &(thing, word, link) in beliefs.links.iter().filter(|link| is_thing[link.0]) {
        if let Some(attribute) = attribute(features, word, link) {
            is_said[thing] = true;
            facts.push(vec![name(thing), "is".to_owned(), attribute.into()]);
        }
    }
    let alone = facts.is_empty();
    for thing in (0..is_thing.len()).filter(|&at| is_thing[at] && !is_said[at]) {
        if alone || beliefs.things[thing] > LONE_THING {
            facts.push(vec![name(thing)]);
        }
    }
    facts
}

/// The relations with their labels; of the two directions of a pair the likelier.
fn relations(
    features: &Features,
    vocabulary: &Vocabulary,
    beliefs: &Beliefs,
) -> Vec<(usize, usize, CompactString)> {
    let none = |one: usize, other: usize| {
        let place = beliefs.relations.binary_search_by_key(&(one, other), |pair| (pair.0, pair.1));
        place.map_or(1.0, |place| beliefs.relations[place].2[0])
    };
    let mut found = Vec::new();
    for (subject, object, classes) in &beliefs.relations {
        let (own, turned) = (classes[0], none(*object, *subject));
        if own >= 0.5 || (turned, *object) < (own, *subject) {
            continue;
        }
        if let Some(label) = best_label(features, vocabulary, (*subject, *object), classes) {
            found.push((*subject, *object, label));
        }
    }
    found
}

/// The likeliest label that the caption bears.
fn best_label(
    features: &Features,
    vocabulary: &Vocabulary,
    pair: (usize, usize),
    classes: &[f32],
) -> Option<CompactString> {
    let mut best: Option<(CompactString, f32)> = None;
    for (class, &probability) in classes.iter().enumerate().skip(1) {
        // No label counts more than its probability: few need a look at the caption.
        if best.as_ref().is_some_and(|(_, most)| probability <= *most) {
            continue;
        }
        if let Some((label, weight)) = label(features, vocabulary, pair, class)
            && best.as_ref().is_none_or(|(_, most)| probability * weight > *most)
        {
            best = Some((label, probability * weight));
        }
    }
    best.map(|(label, _)| label)
}

/// The words of a class of relations, and how it counts; `None` if the caption does not bear it.
fn label(
    features: &Features,
    vocabulary: &Vocabulary,
    (subject, object): (usize, usize),
    class: usize,
) -> Option<(CompactString, f32)> {
    let Some(index) = class.checked_sub(FIRST_LABEL) else {
        let found =
            if class == 1 { features.found(subject, object) } else { features.found(object, subject) };
        return found.map(|found| (found.predicate.label(), 1.0));
    };
    let label = vocabulary.labels().get(index)?;
    let lacking = lacking(features, label);
    if !lacking.is_empty() && !vocabulary.may_lack(label, &lacking) {
        return None;
    }
    let weight = if lacking.is_empty() { 1.0 } else { LACKING };
    let Some(rest) = label.strip_prefix(VERB) else { return Some((label.clone(), weight)) };
    let verb = &features.words[features.verb_between(subject, object)?].lemma;
    Some((format_compact!("{verb}{rest}"), weight))
}

/// The words of a label that the caption lacks, a space between them.
pub fn lacking(features: &Features, label: &str) -> CompactString {
    let has_verb = || features.words.iter().any(|word| word.upos == caption_parser::Upos::Verb);
    let mut lacking = CompactString::default();
    for part in label.split(' ') {
        let says = || features.words.iter().any(|word| word.form == part || word.lemma == part);
        if if part == VERB { has_verb() } else { says() } {
            continue;
        }
        if !lacking.is_empty() {
            lacking.push(' ');
        }
        lacking.push_str(part);
    }
    lacking
}

/// A thing's name as gold graphs write it: in the caption's number, its parts before its head.
pub(super) fn name(
    features: &Features,
    vocabulary: &Vocabulary,
    links: &[(usize, usize, Link)],
    thing: usize,
) -> String {
    let mut name = String::new();
    let mut joins = false;
    for &(_, word, link) in links.iter().filter(|link| link.0 == thing && link.1 < thing) {
        if matches!(link, Link::Name | Link::Joined) {
            name.push_str(&features.words[word].form);
            joins = link == Link::Joined;
            if !joins {
                name.push(' ');
            }
        }
    }
    let head = &features.words[thing];
    match vocabulary.name_of(&head.base) {
        Some(other) if !joins => name.push_str(other),
        _ => name.push_str(&head.form),
    }
    let base = noun_base(&name);
    match vocabulary.name_of(base.as_deref().unwrap_or(&name)) {
        Some(other) => other.to_owned(),
        None => name,
    }
}

fn attribute(features: &Features, word: usize, link: Link) -> Option<CompactString> {
    let form = |index: usize| features.words.get(index).map(|word| word.form.as_str());
    match link {
        Link::Attribute => form(word).map(|form| digits(form).into()),
        Link::AttributeEnd => {
            let mut before = word.checked_sub(1)?;
            if form(before) == Some("-") {
                before = before.checked_sub(1)?;
            }
            Some(format_compact!("{} {}", form(before)?, form(word)?))
        }
        Link::AttributeStart => Some(format_compact!("{} {}", form(word)?, form(word + 1)?)),
        Link::None | Link::Name | Link::Joined => None,
    }
}
