//! What people made of two words before a head: one name, an attribute, nothing, or one word.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Result;
use scene_graph::lexicon::Compound;

use crate::gold;
use crate::wordnet::WordNet;

/// A pair counts from this many captions on, a first word before any head from this many.
const PAIR_SUPPORT: u32 = 2;
const FIRST_SUPPORT: u32 = 5;
/// Share of the captions that must agree.
const MAJORITY: f64 = 0.6;

type Counts = HashMap<String, [u32; 4]>;

/// Counts over a CSV of captions with their graphs; `"tennis racket"` for a pair, `"brick *"` for
/// a first word with any head. The value is the place in [`Compound::ALL`].
pub fn learn(graphs: &Path, wordnet: &WordNet) -> Result<BTreeMap<String, u64>> {
    let mut pairs = Counts::new();
    let mut firsts = Counts::new();
    gold::for_each(graphs, |caption, facts| count(caption, facts, wordnet, &mut pairs, &mut firsts))?;
    let mut learned = BTreeMap::new();
    for (counts, support) in [(&pairs, PAIR_SUPPORT), (&firsts, FIRST_SUPPORT)] {
        for (key, classes) in counts {
            let total: u32 = classes.iter().sum();
            let Some((code, &most)) =
                classes.iter().enumerate().max_by_key(|(code, count)| (**count, 4 - code))
            else {
                continue;
            };
            if total >= support && f64::from(most) >= MAJORITY * f64::from(total) {
                learned.insert(key.clone(), code as u64);
            }
        }
    }
    Ok(learned)
}

fn count(caption: &str, facts: &[Vec<&str>], wordnet: &WordNet, pairs: &mut Counts, firsts: &mut Counts) {
    let facts = Facts::read(facts);
    let lower = caption.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'')
        .filter(|w| !w.is_empty())
        .collect();
    for window in words.windows(2) {
        let [first, second] = window else { continue };
        let describes = wordnet.adjectives.contains(*first) || wordnet.is_noun(&wordnet.noun_base(first));
        if !describes || is_function_word(first) {
            continue;
        }
        let Some(class) = facts.class(first, second) else { continue };
        let base = wordnet.noun_base(second);
        for key in [format!("{first} {base}"), format!("{first} *")] {
            let counts = if key.ends_with('*') { &mut *firsts } else { &mut *pairs };
            counts.entry(key).or_default()[class as usize] += 1;
        }
    }
}

fn is_function_word(word: &str) -> bool {
    const WORDS: [&str; 24] = [
        "a", "an", "the", "in", "on", "at", "is", "are", "of", "by", "and", "or", "it", "he", "his", "her",
        "has", "have", "with", "to", "be", "as", "i", "s",
    ];
    WORDS.contains(&word)
}

/// The names and attributes of one gold graph.
struct Facts<'g> {
    names: Vec<&'g str>,
    attributes: Vec<(&'g str, &'g str)>,
}

impl<'g> Facts<'g> {
    fn read(parts: &[Vec<&'g str>]) -> Self {
        let mut facts = Self { names: Vec::new(), attributes: Vec::new() };
        for fact in parts {
            match fact[..] {
                [subject, "is", attribute] => {
                    facts.names.push(subject);
                    facts.attributes.push((subject, attribute));
                }
                [subject, _, object] => facts.names.extend([subject, object]),
                [name] => facts.names.push(name),
                _ => {}
            }
        }
        facts
    }

    fn class(&self, first: &str, second: &str) -> Option<Compound> {
        let is_pair =
            |name: &&&str| name.split(' ').collect::<Vec<_>>().windows(2).any(|pair| pair == [first, second]);
        if self.names.iter().find(is_pair).is_some() {
            return Some(Compound::Whole);
        }
        let joined = format!("{first}{second}");
        if self.names.iter().any(|name| name.split(' ').any(|word| word == joined)) {
            return Some(Compound::Joined);
        }
        let headed = |name: &str| name.split(' ').next_back() == Some(second);
        let says = |attribute: &str| {
            attribute == first
                || attribute.strip_suffix("en") == Some(first)
                || attribute.split(' ').any(|word| word == first)
        };
        if self.attributes.iter().any(|(name, attribute)| headed(name) && says(attribute)) {
            return Some(Compound::Attribute);
        }
        self.names.iter().any(|name| headed(name)).then_some(Compound::Dropped)
    }
}
