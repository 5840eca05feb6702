//! Hand-kept lists of words that give no tags.

use std::sync::LazyLock;

use foldhash::HashMap;
use scene_graph::lexicon::words_of;

/// Words that give no tag of a kind: sections of `lexicons/not-tags.txt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwanted {
    /// Nouns that name nothing one can see.
    Noun = 1,
    /// Verbs that say nothing by themselves.
    Verb = 2,
    /// Words before a noun that are no quality of it.
    Attribute = 4,
    /// Prepositions that do not belong to the verb before them.
    Preposition = 8,
    /// Function words, which are never a tag alone.
    Alone = 16,
}

impl Unwanted {
    const SECTIONS: [(&str, Unwanted); 5] = [
        ("[nouns]", Unwanted::Noun),
        ("[verbs]", Unwanted::Verb),
        ("[attributes]", Unwanted::Attribute),
        ("[prepositions]", Unwanted::Preposition),
        ("[words]", Unwanted::Alone),
    ];

    pub fn has(self, word: &str) -> bool {
        LISTS.get(word).is_some_and(|bits| bits & self as u8 != 0)
    }
}

static LISTS: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
    let mut lists = HashMap::default();
    let mut section = 0;
    for line in words_of(include_str!("../lexicons/not-tags.txt")) {
        match Unwanted::SECTIONS.iter().find(|(name, _)| *name == line) {
            Some((_, unwanted)) => section = *unwanted as u8,
            None => *lists.entry(line).or_insert(0) |= section,
        }
    }
    lists
});
