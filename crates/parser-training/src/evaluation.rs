//! How well a model annotates a treebank whose tokens are given.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use caption_parser::conllu::Block;
use caption_parser::{Parser, Scratch};

use crate::treebank::{Example, blocks};

/// The column of a CoNLL-U row that has the lemma.
const LEMMA: usize = 2;

/// Counts of right answers over the words of a treebank.
#[derive(Default)]
pub struct Scores {
    words: usize,
    upos: usize,
    /// Words with a lemma on both sides, and how many of these agree.
    lemmatised: usize,
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
        Some(path) => Loaded::File(Box::new(
            Parser::load(path).with_context(|| format!("cannot use the model {}", path.display()))?,
        )),
        None => Loaded::Embedded(Parser::embedded()?),
    })
}

/// Parses every sentence of a CoNLL-U file from its gold tokens and compares.
pub fn evaluate(parser: &Parser, path: &Path) -> Result<Scores> {
    let mut scratch = Scratch::default();
    let mut scores = Scores::default();
    let blocks = blocks(path)?;
    let has_lemmas = blocks.iter().flat_map(Block::words).any(|row| row.columns[LEMMA] != "_");
    for block in blocks {
        let gold_document = block.to_document().with_context(|| format!("in {}", path.display()))?;
        let document = parser.parse_tokens(&mut scratch, &block);
        for (gold, ours) in gold_document.sentences().zip(document.sentences()) {
            let mut gold = Example::of(&gold);
            if !has_lemmas {
                gold.lemmas.clear();
            }
            scores.add(&gold, &Example::of(&ours));
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
            let same = |(gold, ours): (&String, &String)| gold.to_lowercase() == ours.to_lowercase();
            whole &= both;
            self.words += 1;
            self.upos += usize::from(gold.upos[index] == ours.upos[index]);
            self.lemmatised += usize::from(lemmas.is_some());
            self.lemmas += usize::from(lemmas.is_some_and(same));
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

    /// A row of a Markdown table under [`HEADER`]; a dash where one side has no lemmas.
    pub fn row(&self, name: &str) -> String {
        let percent = |count: usize| 100.0 * count as f64 / self.words.max(1) as f64;
        let lemmas = match self.lemmatised {
            0 => "–".to_owned(),
            words => format!("{:.2}", 100.0 * self.lemmas as f64 / words as f64),
        };
        format!(
            "| {name} | {} | {:.2} | {lemmas} | {:.2} | {:.2} | {:.2} | {:.1} |",
            self.words,
            percent(self.upos),
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

    /// Least UPOS, lemma and LAS that the project promises for the embedded model.
    fn assert_reaches(path: &Path, least: [f64; 3]) {
        let scores = evaluate(Parser::embedded().unwrap(), path).unwrap();
        let percent = |count: usize| 100.0 * count as f64 / scores.words as f64;
        let reached = [scores.upos, scores.lemmas, scores.labelled].map(percent);
        let all = reached.iter().zip(least).all(|(reached, least)| *reached >= least);
        assert!(all, "{}: UPOS, lemma, LAS {reached:.2?}, promised {least:?}", path.display());
    }

    #[test]
    fn embedded_model_reaches_its_scores_on_text() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/treebanks");
        if !folder.exists() {
            eprintln!("skipped: no treebanks at {}", folder.display());
            return;
        }
        assert_reaches(&folder.join("en_ewt-dev.conllu.gz"), [95.3, 98.3, 82.8]);
        assert_reaches(&folder.join("en_pud-test.conllu.gz"), [95.3, 98.3, 80.5]);
    }

    /// The final half is not for tests that run with every change.
    #[test]
    fn embedded_model_reaches_its_scores_on_captions() {
        let treebank = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/treebank");
        assert_reaches(&treebank.join("captions-dev.conllu"), [97.0, 98.3, 90.0]);
    }

    #[test]
    fn the_caption_treebank_is_sound() {
        let treebank = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/treebank");
        let read = |name: &str| crate::treebank::read(&treebank.join(name)).unwrap();
        let counts = ["captions-train.conllu", "captions-dev.conllu", "captions-test.conllu"]
            .map(|name| read(name).iter().filter(|example| example.heads.contains(&0)).count());
        assert_eq!(counts, [557, 270, 263]);
    }
}
