//! Word knowledge: what WordNet and the gold graphs say about single words and pairs of words.
//!
//! The `fst` files are built by `examples/build_lexicons.rs`; the text lists are edited by hand.
//! `lexicons/README.md` names sources and licences.

use std::sync::LazyLock;

use compact_str::{CompactString, format_compact};
use foldhash::HashMap;
use fst::{Set, Streamer};

mod words;

pub use words::Words;

macro_rules! embedded {
    ($file:literal) => {
        LazyLock::new(|| {
            Words::new(include_bytes!(concat!("../lexicons/", $file)))
                .expect("the embedded lexicon is an fst: the tests open it")
        })
    };
}

static NOUNS: LazyLock<Words> = embedded!("nouns.fst");
static VERBS: LazyLock<Words> = embedded!("verbs.fst");
static ADJECTIVES: LazyLock<Words> = embedded!("adjectives.fst");
static COMPOUNDS: LazyLock<Words> = embedded!("compounds.fst");

type Bases = HashMap<CompactString, CompactString>;

/// WordNet's irregular forms with their bases, nouns and verbs. The file keeps them as
/// "n children child"; of several bases the first counts. Every noun is looked up here: a hash
/// map is many times faster than the automaton.
static EXCEPTIONS: LazyLock<(Bases, Bases)> = LazyLock::new(|| {
    let file = Set::new(include_bytes!("../lexicons/exceptions.fst").as_slice())
        .expect("the embedded lexicon is an fst: the tests open it");
    let (mut nouns, mut verbs) = (Bases::default(), Bases::default());
    let mut entries = file.stream();
    while let Some(entry) = entries.next() {
        let words: Vec<&str> = std::str::from_utf8(entry).unwrap_or("").split(' ').collect();
        match words[..] {
            ["n", form, base] => nouns.entry(form.into()).or_insert(base.into()),
            ["v", form, base] => verbs.entry(form.into()).or_insert(base.into()),
            _ => continue,
        };
    }
    (nouns, verbs)
});

static LISTS: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut lists = HashMap::default();
    for (bit, (_, text)) in WordList::FILES.iter().enumerate() {
        for word in words_of(text) {
            *lists.entry(word).or_insert(0) |= 1 << bit;
        }
    }
    lists
});

/// The entries of a hand-kept list: one a line, with a comment after `#`.
pub fn words_of(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(|line| line.split('#').next().unwrap_or("").trim()).filter(|word| !word.is_empty())
}

/// Hand-kept lists of words, each a file of `lexicons/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WordList {
    /// "group", "slice": in "a group of elephants" the elephants are meant.
    Measures,
    /// "front", "side": in "on the side of the road" part of a preposition.
    RelationalNouns,
    /// "red", "brown".
    Colours,
    /// "dark", "light": words that shade a colour.
    Shades,
    /// "many", "other": how much or which, not what it is like.
    Quantifiers,
    /// "up", "away": particles and adverbs of direction that belong to a verb.
    Particles,
    /// "cover", "fill": what the passive's "with" names does it.
    CoverVerbs,
    /// "park", "seat": verbs whose passive with "by" names a place, not a doer.
    PlaceVerbs,
    /// "young", "big": adjectives that are never part of a name.
    PlainAdjectives,
    /// "building", "ring": nouns that only look like participles.
    NounsInIng,
    /// "try", "keep": verbs that before another verb say nothing of their own.
    Catenatives,
    /// "want", "unable": words under which a verb says what is not done.
    Unfulfilled,
    /// "dress", "wrap": verbs that put somebody into what is worn.
    DressVerbs,
    /// "left", "far": adjectives that tell the sides of a thing apart.
    Sides,
}

impl WordList {
    const FILES: [(WordList, &'static str); 14] = [
        (WordList::Measures, include_str!("../lexicons/measures.txt")),
        (WordList::RelationalNouns, include_str!("../lexicons/relational-nouns.txt")),
        (WordList::Colours, include_str!("../lexicons/colours.txt")),
        (WordList::Shades, include_str!("../lexicons/shades.txt")),
        (WordList::Quantifiers, include_str!("../lexicons/quantifiers.txt")),
        (WordList::Particles, include_str!("../lexicons/particles.txt")),
        (WordList::CoverVerbs, include_str!("../lexicons/cover-verbs.txt")),
        (WordList::PlaceVerbs, include_str!("../lexicons/place-verbs.txt")),
        (WordList::PlainAdjectives, include_str!("../lexicons/plain-adjectives.txt")),
        (WordList::NounsInIng, include_str!("../lexicons/nouns-in-ing.txt")),
        (WordList::Catenatives, include_str!("../lexicons/catenatives.txt")),
        (WordList::Unfulfilled, include_str!("../lexicons/unfulfilled.txt")),
        (WordList::DressVerbs, include_str!("../lexicons/dress-verbs.txt")),
        (WordList::Sides, include_str!("../lexicons/sides.txt")),
    ];

    /// True if the list has the word.
    pub fn has(self, word: &str) -> bool {
        LISTS.get(word).is_some_and(|bits| bits & (1 << self as u8) != 0)
    }
}

macro_rules! noun_classes {
    ($first:ident = $number:literal, $($class:ident,)*) => {
        /// What a noun means by its first sense: WordNet's lexicographer files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are WordNet's")]
        #[repr(u8)]
        pub enum NounClass {
            $first = $number,
            $($class,)*
        }

        impl NounClass {
            const ALL: &[NounClass] = &[NounClass::$first, $(NounClass::$class,)*];
        }
    };
}

noun_classes! {
    Tops = 3,
    Act, Animal, Artifact, Attribute, Body, Cognition, Communication, Event, Feeling, Food, Group, Location, Motive, Object, Person, Phenomenon, Plant, Possession, Process, Quantity, Relation, Shape, State, Substance, Time,
}

/// The class of a noun's first sense; several words are joined by a space. `None` for a word
/// that WordNet does not know as a noun.
pub fn noun_class(lemma: &str) -> Option<NounClass> {
    let file = NOUNS.get(lemma)? & 31;
    NounClass::ALL.get((file as usize).checked_sub(3)?).copied()
}

/// True if a noun names a person by any of its common senses: "player", "cook".
pub fn is_person(lemma: &str) -> bool {
    NOUNS.get(lemma).is_some_and(|value| value & 31 == NounClass::Person as u64 || value & PERSON_BIT != 0)
}

/// Set in `nouns.fst` for words of which a common sense is a person.
pub const PERSON_BIT: u64 = 32;

/// Set in `nouns.fst` for names of several words that are no kind of their last one.
pub const HEADLESS_BIT: u64 = 64;

/// Set in `nouns.fst` for nouns of a class without shape that people hardly name in pictures.
pub const ABSTRACT_BIT: u64 = 128;

/// True for a noun that by its first sense in WordNet is an act, a thought, a time or something
/// else without shape, and that the gold graphs of pictures hardly name: "advice", but not "game".
pub fn is_abstract(lemma: &str) -> bool {
    NOUNS.get(lemma).is_some_and(|value| value & ABSTRACT_BIT != 0)
}

/// Set in `nouns.fst` for what is worn, by the first sense.
pub const CLOTHING_BIT: u64 = 256;

/// True for a noun that names what people wear: "coat", "jeans".
pub fn is_clothing(lemma: &str) -> bool {
    let is_worn = |noun: &str| NOUNS.get(noun).is_some_and(|value| value & CLOTHING_BIT != 0);
    is_worn(lemma) || lemma.strip_suffix('s').is_some_and(is_worn)
}

/// True unless WordNet knows the whole name as something else than a kind of its last word: a
/// "hot dog" is no dog, a "teddy bear" no bear.
pub fn is_kind_of_its_head(name: &str) -> bool {
    NOUNS.get(name).is_none_or(|value| value & HEADLESS_BIT == 0)
}

/// True if WordNet has the word as a verb.
pub fn is_verb(lemma: &str) -> bool {
    VERBS.contains(lemma)
}

/// True if WordNet has the word as an adjective.
pub fn is_adjective(word: &str) -> bool {
    ADJECTIVES.contains(word)
}

/// Nouns that have no singular in the sense that captions use.
const PLURAL_ONLY: [&str; 17] = [
    "binoculars",
    "capris",
    "clothes",
    "eyeglasses",
    "glasses",
    "goggles",
    "headphones",
    "jeans",
    "leggings",
    "overalls",
    "pajamas",
    "pants",
    "scissors",
    "shorts",
    "sunglasses",
    "tights",
    "trousers",
];

/// The base form of a noun by WordNet's rules, if that is a noun that it knows: "leaves" → "leaf".
pub fn noun_base(form: &str) -> Option<CompactString> {
    const RULES: [(&str, &str); 9] = [
        ("ches", "ch"),
        ("shes", "sh"),
        ("ses", "s"),
        ("xes", "x"),
        ("zes", "z"),
        ("ies", "y"),
        ("ves", "f"),
        ("men", "man"),
        ("s", ""),
    ];
    if PLURAL_ONLY.contains(&form) {
        return Some(form.into());
    }
    exception('n', form)
        .or_else(|| rewritten(form, &RULES, |base| NOUNS.contains(base)))
        .or_else(|| NOUNS.contains(form).then(|| form.into()))
}

/// The base form of an inflected verb by WordNet's rules, if that is a verb that it knows:
/// "sitting" → "sit".
pub fn verb_base(form: &str) -> Option<CompactString> {
    if let Some(base) = exception('v', form) {
        return Some(base);
    }
    let doubled = ["ing", "ed"].iter().find_map(|ending| {
        let stem = form.strip_suffix(ending)?;
        let [.., before, last] = stem.as_bytes() else { return None };
        let single = (before == last && last.is_ascii_alphabetic()).then(|| stem.get(..stem.len() - 1))??;
        (!is_verb(stem) && is_verb(single)).then(|| single.into())
    });
    const RULES: [(&str, &str); 8] = [
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("s", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ];
    doubled.or_else(|| rewritten(form, &RULES, is_verb)).or_else(|| is_verb(form).then(|| form.into()))
}

fn rewritten(form: &str, rules: &[(&str, &str)], known: impl Fn(&str) -> bool) -> Option<CompactString> {
    rules.iter().find_map(|(ending, base_ending)| {
        let stem = form.strip_suffix(ending)?;
        let base = format_compact!("{stem}{base_ending}");
        (stem.len() > 1 && known(&base)).then_some(base)
    })
}

/// The irregular form's base: `part` is 'n' for nouns, 'v' for verbs.
fn exception(part: char, form: &str) -> Option<CompactString> {
    let (nouns, verbs) = &*EXCEPTIONS;
    let bases = if part == 'n' { nouns } else { verbs };
    bases.get(form).cloned()
}

/// What becomes of a word before a noun in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compound {
    /// It is part of the name: "tennis" racquet.
    Whole,
    /// It is an attribute: "brick" wall.
    Attribute,
    /// The gold graphs leave it out: "tree" branch.
    Dropped,
    /// The two are written as one word: "side" walk.
    Joined,
}

impl Compound {
    /// In the order of the codes in `compounds.fst`.
    pub const ALL: [Compound; 4] =
        [Compound::Whole, Compound::Attribute, Compound::Dropped, Compound::Joined];
}

/// What the gold graphs teach about the two words, if they have met them often enough.
pub fn learned_pair(first: &str, second: &str) -> Option<Compound> {
    compound_code(&format_compact!("{first} {second}"))
}

/// What the gold graphs teach about a first word before any noun.
pub fn learned_first(first: &str) -> Option<Compound> {
    compound_code(&format_compact!("{first} *"))
}

/// True if WordNet has the two words as one noun: "light bulb".
pub fn is_known_compound(first: &str, second: &str) -> bool {
    NOUNS.contains(&format_compact!("{first} {second}"))
}

/// True if the two make one word with a hyphen: WordNet has it ("t-shirt"), or the second is a
/// participle of a verb after its noun or adverb ("hand-made", "long-sleeved").
pub fn is_hyphenated(first: &str, second: &str) -> bool {
    let word = format_compact!("{first}-{second}");
    let ends_in_participle = || {
        second.ends_with("ed") && verb_base(second).is_some_and(|base| base != second)
            || matches!(second, "made" | "worn" | "style" | "shaped" | "sized" | "free")
    };
    is_adjective(&word)
        || noun_class(&word).is_some()
        || ends_in_participle() && (noun_class(first).is_some() || is_adjective(first))
}

fn compound_code(key: &str) -> Option<Compound> {
    Compound::ALL.get(COMPOUNDS.get(key)? as usize).copied()
}
