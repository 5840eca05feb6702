//! Hand-kept lists of words that give no tags.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};
use scene_graph::lexicon::{is_abstract, is_kind_of_its_head, words_of};

/// Words that give no tag of a kind: sections of `lexicons/not-tags.txt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Unwanted {
    /// Nouns that name nothing one can see; pictures and bearers are among them.
    Noun = 1,
    /// Verbs that say nothing by themselves.
    Verb = 2,
    /// Words before a noun that are no quality of it.
    Attribute = 4,
    /// Prepositions that do not belong to the verb before them.
    Preposition = 8,
    /// Function words, which are never a tag alone.
    Alone = 16,
    /// Nouns for the picture itself: "photo".
    Picture = 32,
    /// Nouns of which a quality shows, though they give no tag: "a wooded area".
    Bearer = 64,
    /// Verbs that in the passive say what a viewer does: "seen from above".
    Passive = 128,
    /// Verbs that are no tag without a particle or a preposition: "go".
    Light = 256,
}

impl Unwanted {
    /// Sections of the file, and what their words are.
    const SECTIONS: [(&str, &[Unwanted]); 9] = [
        ("[pictures]", &[Unwanted::Noun, Unwanted::Picture]),
        ("[bearers]", &[Unwanted::Noun, Unwanted::Bearer]),
        ("[nouns]", &[Unwanted::Noun]),
        ("[verbs]", &[Unwanted::Verb]),
        ("[light]", &[Unwanted::Light]),
        ("[passives]", &[Unwanted::Passive]),
        ("[attributes]", &[Unwanted::Attribute]),
        ("[prepositions]", &[Unwanted::Preposition]),
        ("[words]", &[Unwanted::Alone]),
    ];

    pub fn has(self, word: &str) -> bool {
        LISTS.get(word).is_some_and(|bits| bits & self as u16 != 0)
    }
}

static LISTS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut lists = HashMap::default();
    let mut section = 0;
    for line in words_of(include_str!("../lexicons/not-tags.txt")) {
        match Unwanted::SECTIONS.iter().find(|(name, _)| *name == line) {
            Some((_, kinds)) => section = kinds.iter().fold(0, |bits, kind| bits | *kind as u16),
            None => *lists.entry(line).or_insert(0) |= section,
        }
    }
    lists
});

/// Nouns that WordNet takes for abstract by their first sense, though one can see them.
static VISIBLE: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words_of(include_str!("../lexicons/visible.txt")).collect());

/// True for a noun, or a name of several words, that names nothing one can see. What is a kind of
/// its last word is what that is: a "football game" shows, for games do.
pub(crate) fn is_invisible(name: &str) -> bool {
    if Unwanted::Noun.has(name) {
        return true;
    }
    is_abstract(name)
        && !VISIBLE.contains(name)
        && name.rsplit_once(' ').is_none_or(|(_, head)| !is_kind_of_its_head(name) || is_invisible(head))
}
