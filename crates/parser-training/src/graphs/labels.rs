//! The words and labels that the network knows, from the examples.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anyhow::Result;
use scene_graph::factual::{Vocabulary, lacking};

use super::examples::Examples;

/// Most labels of relations, and how often one must be seen.
const MOST_LABELS: usize = 250;
const SUPPORT: u32 = 2;

/// A vocabulary's files, see [`Vocabulary::new`].
pub struct VocabularyFiles {
    pub forms: Vec<u8>,
    /// Rows of the forms' table, that of unknown words among them.
    pub rows: usize,
    pub labels: String,
    pub lacking: String,
    pub names: String,
}

impl VocabularyFiles {
    /// Forms and labels seen often enough, and how gold graphs use them.
    pub fn learn(examples: &Examples) -> Result<Self> {
        let mut forms: BTreeMap<&str, u32> = BTreeMap::new();
        let mut labels: BTreeMap<&str, u32> = BTreeMap::new();
        let mut uses: BTreeMap<String, u32> = BTreeMap::new();
        for example in &examples.examples {
            for word in &example.features.words {
                *forms.entry(&word.form).or_default() += 1;
            }
            for relation in &example.graph.relations {
                *labels.entry(&relation.label).or_default() += 1;
                let missing = lacking(&example.features, &relation.label);
                if !missing.is_empty() {
                    *uses.entry(format!("{}|{missing}", relation.label)).or_default() += 1;
                }
            }
        }
        let mut ranked: Vec<(u32, &str)> = labels
            .into_iter()
            .map(|(label, count)| (count, label))
            .filter(|(count, _)| *count >= SUPPORT)
            .collect();
        ranked.sort_by_key(|&(count, label)| (Reverse(count), label));
        ranked.truncate(MOST_LABELS);
        let mut labels: Vec<&str> = ranked.into_iter().map(|(_, label)| label).collect();
        labels.sort_unstable();
        let known: Vec<&str> =
            forms.into_iter().filter(|(_, count)| *count >= SUPPORT).map(|(form, _)| form).collect();
        let pairs = examples.examples.iter().map(|example| (&example.features.words[..], &example.graph));
        Ok(Self {
            rows: known.len() + 1,
            forms: fst::Map::from_iter(known.into_iter().zip(1..))?.into_fst().into_inner(),
            labels: labels.into_iter().map(|label| format!("{label}\n")).collect(),
            lacking: lines(uses),
            names: examples.substitutions.preferred(pairs),
        })
    }

    pub fn vocabulary(&self) -> Result<Vocabulary> {
        Ok(Vocabulary::new(self.forms.clone(), &self.labels, &self.lacking, &self.names)?)
    }
}

fn lines(uses: BTreeMap<String, u32>) -> String {
    uses.into_iter().filter(|(_, count)| *count >= SUPPORT).map(|(line, _)| line + "\n").collect()
}
