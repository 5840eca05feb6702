//! Words that gold graphs write for a caption's words: "person" for "guy", "man" for "he".

use std::collections::{BTreeMap, BTreeSet};

use caption_parser::Upos;
use scene_graph::factual::features::Word;

use super::alignment::{AlignedGraph, base, head_places, last};
use super::gold::GoldGraph;

/// A word is written otherwise if it was seen so this often, and in such a share of its uses.
const SUPPORT: u32 = 2;
const SHARE: f64 = 0.02;

/// Nouns and pronouns in base form, and what gold graphs write for them now and then.
#[derive(Clone, Debug, Default)]
pub struct Substitutions(BTreeMap<String, String>);

impl Substitutions {
    /// Learns from captions in which one name of the gold graph and one noun find no partner.
    pub fn learn<'g>(pairs: impl Iterator<Item = (&'g [Word], &'g GoldGraph)>) -> Self {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
        for (words, gold) in pairs {
            for word in words {
                *seen.entry(word.base.to_string()).or_default() += 1;
            }
            if let Some(pair) = strangers(words, gold) {
                *counts.entry(pair).or_default() += 1;
            }
        }
        let mut best: BTreeMap<String, (u32, String)> = BTreeMap::new();
        for ((word, other), count) in counts {
            let often = count >= SUPPORT && f64::from(count) >= SHARE * f64::from(seen[&word]);
            if often && best.get(&word).is_none_or(|(most, _)| count > *most) {
                best.insert(word, (count, other));
            }
        }
        Self(best.into_iter().map(|(word, (_, other))| (word, other)).collect())
    }

    /// What gold graphs may write for a base form.
    pub fn get(&self, base: &str) -> Option<&str> {
        self.0.get(base).map(String::as_str)
    }

    /// Those that gold graphs prefer to the word itself, as lines of a word, a tab and the other.
    pub fn preferred<'g>(&self, pairs: impl Iterator<Item = (&'g [Word], &'g AlignedGraph)>) -> String {
        let mut uses: BTreeMap<&str, [u32; 2]> = BTreeMap::new();
        for (words, graph) in pairs {
            for &(thing, substituted) in &graph.things {
                uses.entry(words[thing].base.as_str()).or_default()[usize::from(substituted)] += 1;
            }
        }
        let preferred = |word: &String| uses.get(word.as_str()).is_some_and(|[itself, other]| other > itself);
        let lines = self.0.iter().filter(|(word, _)| preferred(word));
        lines.map(|(word, other)| format!("{word}\t{other}\n")).collect()
    }
}

/// The one noun or pronoun without partner among the graph's names, and the one name without
/// partner among the words.
fn strangers(words: &[Word], gold: &GoldGraph) -> Option<(String, String)> {
    let names: BTreeSet<&str> = gold.facts.iter().flat_map(|fact| fact.names()).collect();
    let nobody = Substitutions::default();
    let mut unknown = names.iter().filter(|name| head_places(words, name, &nobody).0.is_empty());
    let stranger = unknown.next()?;
    let heads: Vec<String> = names.iter().map(|name| base(last(name))).collect();
    let mut free = words.iter().filter(|word| {
        matches!(word.upos, Upos::Noun | Upos::Propn | Upos::Pron)
            && !heads.iter().any(|head| *head == word.base.as_str())
    });
    let noun = free.next()?;
    (unknown.next().is_none() && free.next().is_none()).then(|| (noun.base.to_string(), base(last(stranger))))
}
