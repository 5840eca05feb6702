//! What people saw in pictures: nouns and predicates of the gold graphs, counted.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::Result;

use crate::gold;
use crate::wordnet::WordNet;

/// A verb's preposition counts from this many mentions on.
const PAIR_SUPPORT: u32 = 2;
/// A verb takes an object if it has one in so many mentions, and in more than half of all.
const OBJECT_SUPPORT: u32 = 5;

/// Mentions of words in gold graphs.
pub struct Seen {
    /// By base form; of names of several words also the head alone.
    pub nouns: HashMap<String, u32>,
    /// "sit on", "hold".
    predicates: HashMap<String, u32>,
}

impl Seen {
    pub fn count(graphs: &Path, wordnet: &WordNet) -> Result<Self> {
        let mut seen = Self { nouns: HashMap::new(), predicates: HashMap::new() };
        gold::for_each(graphs, |_, facts| {
            for fact in facts {
                match fact[..] {
                    [thing] | [thing, "is", _] => seen.add(thing, wordnet),
                    [subject, predicate, object] => {
                        *seen.predicates.entry(predicate.to_owned()).or_default() += 1;
                        seen.add(subject, wordnet);
                        seen.add(object, wordnet);
                    }
                    _ => {}
                }
            }
        })?;
        Ok(seen)
    }

    fn add(&mut self, name: &str, wordnet: &WordNet) {
        let (before, head) = name.rsplit_once(' ').map_or(("", name), |(before, head)| (before, head));
        let head = wordnet.noun_base(head);
        if !before.is_empty() {
            *self.nouns.entry(format!("{before} {head}")).or_default() += 1;
        }
        *self.nouns.entry(head).or_default() += 1;
    }

    /// Verbs with their prepositions ("sit on"), and alone those that mostly have an object
    /// ("hold").
    pub fn predicates(&self) -> BTreeSet<String> {
        let mut all: HashMap<&str, u32> = HashMap::new();
        for (predicate, count) in &self.predicates {
            let verb = predicate.split(' ').next().unwrap_or(predicate);
            *all.entry(verb).or_default() += count;
        }
        let counts = |(predicate, count): &(&String, &u32)| match predicate.contains(' ') {
            true => **count >= PAIR_SUPPORT,
            false => **count >= OBJECT_SUPPORT && 2 * **count > all[predicate.as_str()],
        };
        let is_plain = |predicate: &&String| predicate.bytes().all(|b| b.is_ascii_lowercase() || b == b' ');
        let kept = self.predicates.iter().filter(counts).map(|(predicate, _)| predicate);
        kept.filter(is_plain).cloned().collect()
    }
}
