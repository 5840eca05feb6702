//! The naming conventions of FACTUAL's gold graphs, as a mapping on top of the plain graph.
//!
//! FACTUAL writes `( man , have , leg )` for "leg of the man", digits for numbers and
//! `( elephants , is , group of )` for measure words. What is a matter of single words (when "in"
//! is "wear", which noun before a noun is left out) is learned from its training split; see
//! [`Conventions`].

mod conventions;

use compact_str::{CompactString, ToCompactString, format_compact};

pub use conventions::{Conventions, Outcome, name_key};

use crate::graph::{Entity, Modifier, ModifierKind, Relation, SceneGraph};
use crate::lexicon::{Compound, learned_pair};

/// The graph of a caption as FACTUAL's triples: `["man", "ride", "horse"]` a relation,
/// `["girl", "is", "young"]` an attribute, `["wall"]` an entity that nothing is said about.
///
/// An entity stands alone only where the caption says nothing else, as in FACTUAL.
pub fn triples(graph: &SceneGraph, caption: &str) -> Vec<Vec<String>> {
    triples_by(Conventions::embedded(), graph, caption)
}

/// [`triples`] by other conventions than the embedded ones.
pub fn triples_by(conventions: &Conventions, graph: &SceneGraph, caption: &str) -> Vec<Vec<String>> {
    let names: Vec<CompactString> = (0..graph.entities.len())
        .map(|entity| conventions.name(&graph.entities[entity], &surface(graph, entity, caption)))
        .collect();
    let mut triples: Vec<Vec<String>> = Vec::new();
    let mut add = |triple: [&str; 3]| {
        let triple: Vec<String> = triple.iter().map(|part| (*part).to_owned()).collect();
        if !triples.contains(&triple) {
            triples.push(triple);
        }
    };
    for fact in facts(graph, caption) {
        let outcome = conventions.outcome(&fact.keys);
        let (text, inverse) = match &outcome {
            Some(Outcome::Dropped) => continue,
            Some(Outcome::Renamed { label, inverse }) => (label.as_str(), *inverse),
            Some(Outcome::Kept { inverse }) => (fact.text.as_str(), *inverse),
            None => (fact.text.as_str(), false),
        };
        match fact.object {
            None => add([&names[fact.subject], "is", text]),
            Some(object) if inverse => add([&names[object], text, &names[fact.subject]]),
            Some(object) => add([&names[fact.subject], text, &names[object]]),
        }
    }
    if triples.is_empty() {
        for (entity, name) in graph.entities.iter().zip(&names) {
            if !entity.absent && !triples.iter().any(|known| known[0] == name.as_str()) {
                triples.push(vec![name.to_string()]);
            }
        }
    }
    triples
}

/// One thing that the plain graph says, with the keys under which conventions about it are kept.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Index of the entity that it is about.
    pub subject: usize,
    /// Index of the other entity of a relation; `None` for an attribute.
    pub object: Option<usize>,
    /// The relation's or the attribute's words.
    pub text: CompactString,
    /// Keys of the conventions, the most specific first; those of one group are alternatives.
    pub keys: Vec<Vec<CompactString>>,
}

/// Everything a graph says that FACTUAL has a form for.
pub fn facts(graph: &SceneGraph, caption: &str) -> Vec<Fact> {
    let mut facts: Vec<Fact> = graph.modifiers.iter().map(|modifier| attribute(graph, modifier)).collect();
    facts.extend(graph.relations.iter().filter_map(|relation| self::relation(graph, relation, caption)));
    facts
}

fn attribute(graph: &SceneGraph, modifier: &Modifier) -> Fact {
    let lemma = &graph.entities[modifier.entity].lemma;
    let text = match modifier.kind {
        ModifierKind::Number => digits(&modifier.text).to_compact_string(),
        _ => modifier.text.clone(),
    };
    let kind = kind_code(modifier.kind);
    let rule = modifier.rule.name();
    let keys = vec![
        vec![format_compact!("a {text}|{lemma}")],
        vec![format_compact!("a {kind} {text}")],
        vec![format_compact!("a {rule}")],
    ];
    Fact { subject: modifier.entity, object: None, text, keys }
}

fn kind_code(kind: ModifierKind) -> &'static str {
    match kind {
        ModifierKind::Quality => "quality",
        ModifierKind::Number => "number",
        ModifierKind::Quantifier => "quantifier",
        ModifierKind::Noun => "noun",
        ModifierKind::Measure => "measure",
        ModifierKind::Identity => "identity",
    }
}

fn relation(graph: &SceneGraph, relation: &Relation, caption: &str) -> Option<Fact> {
    let subject = relation.subject?;
    let Some(object) = relation.object else { return Some(intransitive(graph, subject, relation, caption)) };
    let label = relation.predicate.label();
    let (doer, other) = (&graph.entities[subject].lemma, &graph.entities[object].lemma);
    let rule = relation.rule.name();
    let keys = vec![
        vec![format_compact!("r {label}|{doer}|{other}")],
        vec![format_compact!("r {label}|{rule}|{doer}|"), format_compact!("r {label}|{rule}||{other}")],
        vec![format_compact!("r {label}|{rule}")],
        vec![format_compact!("r {label}")],
    ];
    Some(Fact { subject, object: Some(object), text: label, keys })
}

/// "geese flying" is an attribute in FACTUAL, in the words of the caption.
fn intransitive(graph: &SceneGraph, subject: usize, relation: &Relation, caption: &str) -> Fact {
    let mut text = caption.get(relation.span.clone()).unwrap_or("").to_lowercase().to_compact_string();
    if !relation.predicate.particle.is_empty() {
        text.push(' ');
        text.push_str(&relation.predicate.particle);
    }
    let lemma = &graph.entities[subject].lemma;
    let keys = vec![
        vec![format_compact!("i {text}|{lemma}")],
        vec![format_compact!("i {text}")],
        vec![format_compact!("i {}", relation.rule.name())],
    ];
    Fact { subject, object: None, text, keys }
}

/// A name as the caption inflects it; pairs that FACTUAL writes as one word are joined.
pub fn surface(graph: &SceneGraph, entity: usize, caption: &str) -> CompactString {
    let Entity { span, .. } = &graph.entities[entity];
    let lower = caption.get(span.clone()).unwrap_or("").to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let mut name = CompactString::default();
    for (index, word) in words.iter().enumerate() {
        let joins = index > 0 && {
            let last = index + 1 == words.len();
            let base = if last { graph.entities[entity].lemma.as_str() } else { word };
            learned_pair(words[index - 1], base) == Some(Compound::Joined)
        };
        if index > 0 && !joins {
            name.push(' ');
        }
        name.push_str(word);
    }
    name
}

fn digits(number: &str) -> &str {
    const WORDS: [(&str, &str); 14] = [
        ("one", "1"),
        ("two", "2"),
        ("three", "3"),
        ("four", "4"),
        ("five", "5"),
        ("six", "6"),
        ("seven", "7"),
        ("eight", "8"),
        ("nine", "9"),
        ("ten", "10"),
        ("eleven", "11"),
        ("twelve", "12"),
        ("both", "2"),
        ("couple", "2"),
    ];
    WORDS.iter().find(|(word, _)| *word == number).map_or(number, |(_, digits)| digits)
}
