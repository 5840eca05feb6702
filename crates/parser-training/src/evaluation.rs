//! How well a model annotates a treebank whose tokens are given.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use caption_parser::{Parser, Scratch};

use crate::treebank::{Example, blocks};

/// Counts of right answers over the words of a treebank.
#[derive(Default)]
pub struct Scores {
    words: usize,
    upos: usize,
    lemmas: usize,
    unlabelled: usize,
    labelled: usize,
    with_subtypes: usize,
    sentences: usize,
    /// Sentences whose every head and relation is right.
    whole: usize,
    /// By gold relation: words, heads right, heads and relations right.
    relations: BTreeMap<&'static str, [usize; 3]>,
}

/// The columns of [`Scores::row`].
pub const HEADER: &str = "| treebank | words | UPOS | lemma | UAS | LAS | LAS with subtypes | whole trees |\n|---|---|---|---|---|---|---|---|";

/// The embedded parser, or one of a file.
pub enum Loaded {
    Embedded(&'static Parser),
    File(Box<Parser>),
}

impl Loaded {
    pub fn get(&self) -> &Parser {
        match self {
            Self::Embedded(parser) => parser,
            Self::File(parser) => parser,
        }
    }
}

/// The parser of a model file, or without one the embedded parser.
pub fn load(model: Option<&Path>) -> Result<Loaded> {
    Ok(match model {
        Some(path) => Loaded::File(Box::new(Parser::load(path)?)),
        None => Loaded::Embedded(Parser::embedded()?),
    })
}

/// Parses every sentence of a CoNLL-U file from its gold tokens and compares.
pub fn evaluate(parser: &Parser, path: &Path) -> Result<Scores> {
    let mut scratch = Scratch::default();
    let mut scores = Scores::default();
    for block in blocks(path)? {
        let gold_document = block.to_document()?;
        let document = parser.parse_tokens(&mut scratch, &block);
        for (gold, ours) in gold_document.sentences().zip(document.sentences()) {
            scores.add(&Example::of(&gold), &Example::of(&ours));
        }
    }
    Ok(scores)
}

impl Scores {
    /// Compares a sentence with its gold annotation. Relations count on their universal part, as
    /// in the CoNLL 2018 shared task; lemmas without regard to case, where there are any.
    pub fn add(&mut self, gold: &Example, ours: &Example) {
        let mut whole = true;
        for index in 0..gold.len() {
            let head = gold.heads[index] == ours.heads[index];
            let (wanted, found) = (gold.relations[index], ours.relations[index]);
            let both = head && wanted.universal() == found.universal();
            let lemmas = gold.lemmas.get(index).zip(ours.lemmas.get(index));
            let lemma = lemmas.is_some_and(|(gold, ours)| gold.to_lowercase() == ours.to_lowercase());
            whole &= both;
            self.words += 1;
            self.upos += usize::from(gold.upos[index] == ours.upos[index]);
            self.lemmas += usize::from(lemma);
            self.unlabelled += usize::from(head);
            self.labelled += usize::from(both);
            self.with_subtypes += usize::from(head && wanted == found);
            let by_relation = self.relations.entry(wanted.as_str()).or_default();
            by_relation[0] += 1;
            by_relation[1] += usize::from(head);
            by_relation[2] += usize::from(both);
        }
        self.sentences += 1;
        self.whole += usize::from(whole);
    }

    /// A row of a Markdown table under [`HEADER`].
    pub fn row(&self, name: &str) -> String {
        let percent = |count: usize| 100.0 * count as f64 / self.words.max(1) as f64;
        format!(
            "| {name} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} |",
            self.words,
            percent(self.upos),
            percent(self.lemmas),
            percent(self.unlabelled),
            percent(self.labelled),
            percent(self.with_subtypes),
            100.0 * self.whole as f64 / self.sentences.max(1) as f64,
        )
    }

    /// A Markdown table of the relations, the most frequent first.
    pub fn by_relation(&self) -> String {
        let mut relations: Vec<_> = self.relations.iter().collect();
        relations.sort_by_key(|(_, counts)| std::cmp::Reverse(counts[0]));
        let mut table =
            String::from("| relation | words | head right | head and relation right |\n|---|---|---|---|\n");
        for (name, [words, heads, both]) in relations {
            let percent = |count: &usize| 100.0 * *count as f64 / *words as f64;
            table += &format!("| {name} | {words} | {:.1} | {:.1} |\n", percent(heads), percent(both));
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The embedded model keeps what the project promises for it.
    #[test]
    fn embedded_model_reaches_its_scores() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/treebanks/en_ewt-dev.conllu.gz");
        if !path.exists() {
            eprintln!("skipped: no treebank at {}", path.display());
            return;
        }
        let scores = evaluate(Parser::embedded().unwrap(), &path).unwrap();
        let percent = |count: usize| 100.0 * count as f64 / scores.words as f64;
        assert!(percent(scores.upos) >= 94.5, "UPOS {:.2}", percent(scores.upos));
        assert!(percent(scores.lemmas) >= 97.5, "lemma {:.2}", percent(scores.lemmas));
        assert!(percent(scores.labelled) >= 81.0, "LAS {:.2}", percent(scores.labelled));
    }
}
