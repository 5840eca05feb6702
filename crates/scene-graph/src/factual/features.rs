//! What the network is told of a sentence: its words, and pairs of them, as rows of tables.
//!
//! Beside the parser's vectors these are the word itself, its WordNet class, its place in the tree,
//! and above all what the rules found: so the network has only to learn where gold graphs differ.

use std::ops::Range;

use caption_parser::model::{DISTANCES, distance_bucket};
use caption_parser::pairs::MOST_TABLES;
use caption_parser::{DependencyRelation as Dep, Sentence, Upos};
use compact_str::CompactString;

use super::paths::{PATHS, WHOLE_PATHS};
use super::vocabulary::{VERB, Vocabulary};
use crate::lexicon::{noun_base, noun_class};
use crate::{Predicate, Rule, SceneGraph};

/// Rows of the classes of WordNet, one for words that it does not know as nouns.
const CLASSES: u32 = 32;
/// What the rules take a word for: nothing, a thing, part of a thing's name.
const ROLES: u32 = 3;
/// Rows for the rules.
const RULES: u32 = Rule::ALL.len() as u32;

/// Codes of links below those of the rules.
const NAME_PART: u32 = 1;
const FIRST_WORD: u32 = 2;
const INTRANSITIVE: u32 = 3;
const FIRST_RULE: u32 = 4;

/// Rows of a word's tables behind that of the word itself: role and class together.
pub const WORD_ROWS: usize = (ROLES * CLASSES) as usize;
/// Rows of the tables of a link: distance, path, what the rules say.
pub const LINK_ROWS: [usize; 3] = [DISTANCES, PATHS, (FIRST_RULE + RULES) as usize];

/// Rows of a pair's tables, one each; what a head has no table for is 0.
pub type PairRows = [u32; MOST_TABLES];

/// Rows of the tables of a relation: distance, path, rule, the rule's label, the whole path, the
/// object's preposition and the verb between the two.
pub fn relation_rows(vocabulary: &Vocabulary) -> [usize; 7] {
    let (rules, labels) = (1 + 2 * RULES as usize, 3 + 2 * vocabulary.labels().len());
    let forms = vocabulary.form_rows();
    [DISTANCES, PATHS, rules, labels, WHOLE_PATHS, forms, forms]
}

/// A word of a sentence.
#[derive(Clone, Debug)]
pub struct Word {
    /// In lower case.
    pub form: CompactString,
    /// In lower case.
    pub lemma: CompactString,
    /// The form's base as a noun, else the form.
    pub base: CompactString,
    /// Part of speech.
    pub upos: Upos,
    pub(super) relation: Dep,
    /// Its own index for the root.
    pub(super) head: usize,
    role: u32,
    /// It is no thing of this sentence: the caption says that it is not there, or it is a pronoun
    /// for what another sentence names.
    pub is_elsewhere: bool,
}

/// A relation that the rules found between two words.
#[derive(Clone, Debug)]
pub struct RuleRelation {
    /// Index of the subject's word.
    pub subject: usize,
    /// Index of the object's word.
    pub object: usize,
    /// The whole predicate.
    pub predicate: Predicate,
    rule: Rule,
}

/// A sentence with what the rules found in it.
#[derive(Clone, Debug)]
pub struct Features {
    /// The sentence's words.
    pub words: Vec<Word>,
    /// Sorted by subject and object.
    relations: Vec<RuleRelation>,
    /// Thing, word, code; sorted.
    links: Vec<(usize, usize, u32)>,
}

impl Features {
    /// Reads a sentence, the caption's `number`-th from 0, and its part of the graph.
    pub fn new(sentence: &Sentence<'_>, number: usize, graph: &SceneGraph) -> Self {
        let words = (0..sentence.len()).map(|index| word(sentence, index)).collect();
        let mut features = Self { words, relations: Vec::new(), links: Vec::new() };
        let tokens = sentence.tokens();
        let at =
            |byte: usize| tokens.partition_point(|token| token.end as usize <= byte).min(tokens.len() - 1);
        let span = sentence.span();
        let entities =
            range_of(&graph.entities, |entity| entity.sentence == number, |entity| entity.sentence < number);
        let place = |entity: usize| entities.contains(&entity).then(|| graph.entities[entity].token);
        for index in entities.clone() {
            let entity = &graph.entities[index];
            let head = &mut features.words[entity.token];
            (head.role, head.is_elsewhere) = (1, entity.absent);
            for part in at(entity.span.start)..entity.token {
                features.words[part].role = 2;
                features.links.push((entity.token, part, NAME_PART));
            }
        }
        let pronouns = range_of(&graph.pronouns, |at| at.sentence == number, |at| at.sentence < number);
        for pronoun in &graph.pronouns[pronouns] {
            features.words[pronoun.token].is_elsewhere = !entities.contains(&pronoun.entity);
        }
        let modifiers = range_of(
            &graph.modifiers,
            |modifier| entities.contains(&modifier.entity),
            |modifier| modifier.entity < entities.start,
        );
        // What a later sentence says of a thing by a pronoun stands outside: see `across.rs`.
        for modifier in
            graph.modifiers[modifiers].iter().filter(|modifier| span.contains(&modifier.span.start))
        {
            let Some(thing) = place(modifier.entity) else { continue };
            let (first, last) = (at(modifier.span.start), at(modifier.span.end.saturating_sub(1)));
            features.links.extend((first..last).map(|word| (thing, word, FIRST_WORD)));
            features.links.push((thing, last, FIRST_RULE + modifier.rule as u32));
        }
        let relations = range_of(
            &graph.relations,
            |relation| span.contains(&relation.span.start),
            |relation| relation.span.start < span.start,
        );
        for relation in &graph.relations[relations] {
            let Some(subject) = relation.subject.and_then(place) else { continue };
            match relation.object {
                None => features.links.push((subject, at(relation.span.start), INTRANSITIVE)),
                Some(object) => features.relations.extend(place(object).map(|object| RuleRelation {
                    subject,
                    object,
                    predicate: relation.predicate.clone(),
                    rule: relation.rule,
                })),
            }
        }
        // Of several for the same pair the first counts.
        features.links.sort_by_key(|&(thing, word, _)| (thing, word));
        features.relations.sort_by_key(|relation| (relation.subject, relation.object));
        features
    }

    /// Rows of a word's tables: the word, its role and class.
    pub fn word_rows(&self, vocabulary: &Vocabulary, index: usize) -> [u32; 2] {
        let word = &self.words[index];
        let class = noun_class(&word.base).map_or(0, |class| class as u32);
        [vocabulary.form_row(&word.form), word.role * CLASSES + class]
    }

    /// Rows of the tables of a link: how `word` belongs to `thing`.
    pub fn link_rows(&self, thing: usize, word: usize) -> PairRows {
        let first = self.links.partition_point(|link| (link.0, link.1) < (thing, word));
        let said = self.links.get(first).filter(|link| (link.0, link.1) == (thing, word));
        let code = said.map_or(0, |link| link.2);
        [distance_bucket(thing, word) as u32, self.path(thing, word), code, 0, 0, 0, 0]
    }

    /// Rows of the tables of a relation from `subject` to `object`.
    pub fn relation_rows(&self, vocabulary: &Vocabulary, subject: usize, object: usize) -> PairRows {
        let labels = vocabulary.labels().len() as u32;
        let row = |relation: &RuleRelation| {
            vocabulary.label_of(&template(&relation.predicate)).map_or(0, |at| at + 1)
        };
        let (rule, label) = match (self.found(subject, object), self.found(object, subject)) {
            (Some(found), _) => (1 + found.rule as u32, 1 + row(found)),
            (None, Some(turned)) => (1 + RULES + turned.rule as u32, 2 + labels + row(turned)),
            (None, None) => (0, 0),
        };
        let form = |at: Option<usize>| at.map_or(0, |at| vocabulary.form_row(&self.words[at].form));
        [
            distance_bucket(subject, object) as u32,
            self.path(subject, object),
            rule,
            label,
            self.whole_path(subject, object),
            form(self.preposition_of(object)),
            form(self.verb_between(subject, object)),
        ]
    }

    /// The rules' relation between two words.
    pub fn found(&self, subject: usize, object: usize) -> Option<&RuleRelation> {
        let key = |relation: &RuleRelation| (relation.subject, relation.object);
        let first = self.relations.partition_point(|relation| key(relation) < (subject, object));
        self.relations.get(first).filter(|relation| key(relation) == (subject, object))
    }

    /// True if the tree or the rules bring two words together. In long sentences, of which the
    /// gold graphs show few, only such pairs are considered.
    pub fn are_tied(&self, one: usize, other: usize) -> bool {
        self.path(one, other) != 0 || self.found(one, other).is_some() || self.found(other, one).is_some()
    }
}

/// The indices of a sorted list's part: behind those that lie before, while they are inside.
fn range_of<T>(list: &[T], is_inside: impl Fn(&T) -> bool, is_before: impl Fn(&T) -> bool) -> Range<usize> {
    let start = list.partition_point(is_before);
    start..start + list[start..].partition_point(is_inside)
}

/// A predicate with its verb as [`VERB`], but for "have" and "wear", which gold graphs use for
/// what has no verb.
pub fn template(predicate: &Predicate) -> CompactString {
    if matches!(predicate.verb.as_str(), "" | "have" | "wear") {
        return predicate.label();
    }
    Predicate { verb: VERB.into(), ..predicate.clone() }.label()
}

fn word(sentence: &Sentence<'_>, index: usize) -> Word {
    let form = CompactString::from(sentence.form(index).to_lowercase());
    Word {
        base: noun_base(&form).unwrap_or_else(|| form.clone()),
        lemma: sentence.lemma(index).to_lowercase().into(),
        upos: sentence.upos(index),
        relation: sentence.relation(index),
        head: sentence.head(index).unwrap_or(index),
        role: 0,
        is_elsewhere: false,
        form,
    }
}
