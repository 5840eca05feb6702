//! Which words of a caption a gold graph's facts stem from.

use scene_graph::factual::features::Word;
use scene_graph::factual::{Link, VERB, digits};
use scene_graph::lexicon::{noun_base, verb_base};

use super::gold::{Fact, GoldGraph};
use super::substitutions::Substitutions;

/// A gold graph over the words of its caption.
#[derive(Clone, Debug, Default)]
pub struct AlignedGraph {
    /// Head words of things, and whether the graph writes another word for them.
    pub things: Vec<(usize, bool)>,
    /// Thing, word, how it belongs.
    pub links: Vec<(usize, usize, Link)>,
    /// The relations.
    pub relations: Vec<AlignedRelation>,
    /// Facts that no words were found for.
    pub lost: usize,
}

/// The last word of a name.
pub fn last(name: &str) -> &str {
    name.rsplit(' ').next().unwrap_or(name)
}

/// A noun's base form; other words as they are.
pub fn base(word: &str) -> String {
    noun_base(word).map_or_else(|| word.to_owned(), |base| base.to_string())
}

/// A gold relation between two words.
#[derive(Clone, Debug)]
pub struct AlignedRelation {
    pub subject: usize,
    pub object: usize,
    /// The predicate, with the caption's verb as [`VERB`].
    pub label: String,
    /// The predicate as it stands in the graph.
    pub predicate: String,
}

/// Finds the words of every fact.
pub fn align(words: &[Word], gold: &GoldGraph, substitutions: &Substitutions) -> AlignedGraph {
    let mut graph = AlignedGraph::default();
    for fact in &gold.facts {
        let found = match fact {
            Fact::Thing(name) => {
                let (places, substituted) = head_places(words, name, substitutions);
                places.first().map(|&place| graph.add_thing(words, name, (place, substituted)))
            }
            Fact::Attribute(name, attribute) => {
                align_attribute(&mut graph, words, name, attribute, substitutions)
            }
            Fact::Relation(subject, predicate, object) => {
                align_relation(&mut graph, words, [subject, predicate, object], substitutions)
            }
        };
        graph.lost += usize::from(found.is_none());
    }
    graph
}

impl AlignedGraph {
    fn add_thing(&mut self, words: &[Word], name: &str, (head, substituted): (usize, bool)) {
        if !self.things.iter().any(|thing| thing.0 == head) {
            self.things.push((head, substituted));
        }
        let mut at = head;
        if base(last(name)) != words[head].base
            && let Some(first) = joined(words, head, last(name))
        {
            self.link(head, first, Link::Joined);
            at = first;
        }
        for part in name.rsplit(' ').skip(1) {
            let same = |&place: &usize| words[place].form == part || words[place].base == base(part);
            if let Some(place) = (0..at).rev().find(same) {
                self.link(head, place, Link::Name);
                at = place;
            }
        }
    }

    fn link(&mut self, thing: usize, word: usize, link: Link) {
        if !self.links.iter().any(|&(other, place, _)| (other, place) == (thing, word)) {
            self.links.push((thing, word, link));
        }
    }
}

/// Places of the name's last word, and whether it is another than the caption's.
pub fn head_places(words: &[Word], name: &str, substitutions: &Substitutions) -> (Vec<usize>, bool) {
    let head = base(last(name));
    let places = |fits: &dyn Fn(usize) -> bool| (0..words.len()).filter(|&at| fits(at)).collect::<Vec<_>>();
    let same = places(&|at| words[at].form == last(name) || words[at].base == head.as_str());
    if !same.is_empty() {
        return (after_its_name(words, name, same), false);
    }
    // "street light" for "streetlight".
    let whole: String = name.split(' ').collect();
    let whole_base = base(&whole);
    let as_one = places(&|at| words[at].base == whole_base.as_str() || words[at].form == whole.as_str());
    if !as_one.is_empty() {
        return (as_one, false);
    }
    let together = places(&|at| joined(words, at, last(name)).is_some());
    if !together.is_empty() {
        return (together, false);
    }
    (places(&|at| substitutions.get(&words[at].base) == Some(&head)), true)
}

/// Of the same noun twice that before which the name's other words stand.
fn after_its_name(words: &[Word], name: &str, places: Vec<usize>) -> Vec<usize> {
    let Some((rest, _)) = name.rsplit_once(' ') else { return places };
    let follows = |&at: &usize| at > 0 && words[at - 1].form == last(rest);
    let whole: Vec<usize> = places.iter().copied().filter(follows).collect();
    if whole.is_empty() { places } else { whole }
}

/// The word that gives `whole` together with the one at `at`, a hyphen between them or not.
fn joined(words: &[Word], at: usize, whole: &str) -> Option<usize> {
    let whole: String = whole.chars().filter(|&c| c != '-').collect();
    let fits = |first: usize| {
        let together = format!("{}{}", words[first].form, words[at].form);
        together == whole || base(&together) == base(&whole)
    };
    let before = at.checked_sub(1)?;
    if fits(before) {
        return Some(before);
    }
    (words[before].form == "-").then(|| before.checked_sub(1))?.filter(|&first| fits(first))
}

fn align_attribute(
    graph: &mut AlignedGraph,
    words: &[Word],
    name: &str,
    attribute: &str,
    substitutions: &Substitutions,
) -> Option<()> {
    let (things, substituted) = head_places(words, name, substitutions);
    let places = attribute_places(words, attribute);
    let pairs = things.iter().flat_map(|&thing| places.iter().map(move |&place| (thing, place)));
    let nearest = pairs
        .filter(|(thing, (word, _))| thing != word)
        .min_by_key(|&(thing, (word, _))| (thing.abs_diff(word), word > thing))?;
    let (thing, (word, link)) = nearest;
    graph.add_thing(words, name, (thing, substituted));
    graph.link(thing, word, link);
    Some(())
}

fn attribute_places(words: &[Word], attribute: &str) -> Vec<(usize, Link)> {
    let all = 0..words.len();
    let whole: Vec<(usize, Link)> =
        all.clone().filter(|&at| words[at].form == attribute).map(|at| (at, Link::Attribute)).collect();
    if !whole.is_empty() {
        return whole;
    }
    let parts: Vec<&str> = attribute.split([' ', '-']).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [one] => all
            .filter(|&at| words[at].form == one || digits(&words[at].form) == one)
            .map(|at| (at, Link::Attribute))
            .collect(),
        [first, second] => {
            let ends = |at: usize| {
                let before = at.checked_sub(1)?;
                let before = if words[before].form == "-" { before.checked_sub(1)? } else { before };
                (words[before].form == first && words[at].form == second).then_some(before)
            };
            let link = if second == "of" { Link::AttributeStart } else { Link::AttributeEnd };
            all.filter_map(|at| {
                let first = ends(at)?;
                Some((if link == Link::AttributeStart { first } else { at }, link))
            })
            .collect()
        }
        _ => Vec::new(),
    }
}

fn align_relation(
    graph: &mut AlignedGraph,
    words: &[Word],
    [subject, predicate, object]: [&str; 3],
    substitutions: &Substitutions,
) -> Option<()> {
    let (subjects, subject_substituted) = head_places(words, subject, substitutions);
    let (objects, object_substituted) = head_places(words, object, substitutions);
    let pairs = subjects.iter().flat_map(|&one| objects.iter().map(move |&other| (one, other)));
    let (one, other) =
        pairs.filter(|(one, other)| one != other).min_by_key(|(one, other)| one.abs_diff(*other))?;
    graph.add_thing(words, subject, (one, subject_substituted));
    graph.add_thing(words, object, (other, object_substituted));
    graph.relations.push(AlignedRelation {
        subject: one,
        object: other,
        label: label(words, predicate),
        predicate: predicate.to_owned(),
    });
    Some(())
}

/// The predicate with its verb, if the caption has it, as [`VERB`].
fn label(words: &[Word], predicate: &str) -> String {
    let (first, rest) = predicate.split_once(' ').unwrap_or((predicate, ""));
    let is_verb = |word: &Word| word.form == first || verb_base(&word.form).is_some_and(|base| base == first);
    if matches!(first, "have" | "wear") || PREPOSITIONS.contains(&first) || !words.iter().any(is_verb) {
        return predicate.to_owned();
    }
    if rest.is_empty() { VERB.to_owned() } else { format!("{VERB} {rest}") }
}

/// Words that begin a predicate without a verb, though some are verbs too.
const PREPOSITIONS: [&str; 40] = [
    "on",
    "in",
    "of",
    "at",
    "with",
    "by",
    "to",
    "for",
    "from",
    "near",
    "next",
    "behind",
    "under",
    "above",
    "over",
    "beside",
    "between",
    "against",
    "along",
    "around",
    "across",
    "inside",
    "into",
    "below",
    "through",
    "outside",
    "off",
    "onto",
    "down",
    "up",
    "beneath",
    "among",
    "underneath",
    "toward",
    "towards",
    "past",
    "like",
    "about",
    "without",
    "within",
];
