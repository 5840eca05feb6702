//! The words and labels of the network that reads graphs as FACTUAL writes them.

use compact_str::CompactString;
use foldhash::{HashMap, HashSet};
use fst::Map;

/// Stands for the caption's verb in labels: "V on".
pub const VERB: &str = "V";

/// Known words, the relations' labels, and what stands for what.
#[derive(Debug, Default)]
pub struct Vocabulary {
    forms: Map<Vec<u8>>,
    /// Sorted.
    labels: Vec<CompactString>,
    /// Labels that may be used without some of their words: "label|missing words".
    lacking: HashSet<CompactString>,
    /// Nouns that gold graphs write otherwise: "guy" is "person".
    names: HashMap<CompactString, CompactString>,
}

impl Vocabulary {
    /// A vocabulary as training writes it: an `fst` map from forms to rows from 1 on; labels,
    /// sorted, one a line; "label|missing words", one a line; a noun, a tab and another noun, one
    /// a line.
    ///
    /// # Errors
    /// If the forms are no `fst`.
    pub fn new(forms: Vec<u8>, labels: &str, lacking: &str, names: &str) -> Result<Self, fst::Error> {
        let pair = |line: &str| line.split_once('\t').map(|(one, other)| (one.into(), other.into()));
        let mut labels: Vec<CompactString> = labels.lines().map(CompactString::from).collect();
        labels.sort();
        Ok(Self {
            forms: Map::new(forms)?,
            labels,
            lacking: lacking.lines().map(CompactString::from).collect(),
            names: names.lines().filter_map(pair).collect(),
        })
    }

    /// Row of a form in lower case, 0 if it is unknown.
    pub fn form_row(&self, form: &str) -> u32 {
        self.forms.get(form).and_then(|row| u32::try_from(row).ok()).unwrap_or(0)
    }

    /// Rows of forms, that of unknown ones among them.
    pub fn form_rows(&self) -> usize {
        self.forms.len() + 1
    }

    /// The labels of relations, sorted.
    pub fn labels(&self) -> &[CompactString] {
        &self.labels
    }

    /// Index of a label.
    pub fn label_of(&self, label: &str) -> Option<u32> {
        self.labels.binary_search_by(|known| known.as_str().cmp(label)).ok().map(|at| at as u32)
    }

    /// True if gold graphs use a label where the caption lacks these words of it.
    pub fn may_lack(&self, label: &str, words: &str) -> bool {
        self.lacking.contains(compact_str::format_compact!("{label}|{words}").as_str())
    }

    /// What gold graphs write for a noun in base form.
    pub fn name_of(&self, base: &str) -> Option<&str> {
        self.names.get(base).map(CompactString::as_str)
    }
}
