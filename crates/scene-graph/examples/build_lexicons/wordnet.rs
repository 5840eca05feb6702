//! WordNet's database files: lemmas, senses, hypernyms, irregular forms.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use scene_graph::lexicon::{ABSTRACT_BIT, CLOTHING_BIT, HEADLESS_BIT, NounClass, PERSON_BIT};

/// A set of words of one meaning.
pub struct Synset {
    /// Number of the lexicographer file: what kind of thing it is.
    pub file: u64,
    hypernyms: Vec<u32>,
    /// One place or person, not a kind of them.
    is_one: bool,
}

/// What the lexicons need of WordNet.
pub struct WordNet {
    /// Senses of every noun, the most common first, words joined by spaces.
    nouns: BTreeMap<String, Vec<u32>>,
    synsets: HashMap<u32, Synset>,
    pub verbs: BTreeSet<String>,
    /// Verbs of two words: "pick up".
    pub phrasal_verbs: BTreeSet<String>,
    pub adjectives: BTreeSet<String>,
    /// "n children child".
    pub exceptions: BTreeSet<String>,
}

/// How many of the first senses are common enough to count.
const SENSES_THAT_COUNT: usize = 2;

impl WordNet {
    pub fn read(folder: &Path) -> Result<Self> {
        let text = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let single = |index: &str| -> BTreeSet<String> {
            index_lines(index)
                .map(|(lemma, _)| lemma)
                .filter(|lemma| is_word(lemma) && !lemma.contains(' '))
                .collect()
        };
        let mut exceptions = BTreeSet::new();
        for (part, file) in [('n', "noun.exc"), ('v', "verb.exc")] {
            for line in text(file)?.lines() {
                let mut words = line.split(' ');
                if let (Some(form), Some(base)) = (words.next(), words.next()) {
                    exceptions.insert(format!("{part} {form} {base}"));
                }
            }
        }
        Ok(Self {
            nouns: index_lines(&text("index.noun")?).filter(|(lemma, _)| is_word(lemma)).collect(),
            synsets: text("data.noun")?
                .lines()
                .filter(|line| !line.starts_with(' '))
                .filter_map(synset)
                .collect(),
            phrasal_verbs: index_lines(&text("index.verb")?)
                .map(|(lemma, _)| lemma)
                .filter(|lemma| is_word(lemma) && lemma.split(' ').count() == 2)
                .collect(),
            verbs: single(&text("index.verb")?),
            adjectives: single(&text("index.adj")?),
            exceptions,
        })
    }

    pub fn is_noun(&self, lemma: &str) -> bool {
        self.nouns.contains_key(lemma)
    }

    pub fn nouns(&self) -> impl Iterator<Item = &str> {
        self.nouns.keys().map(String::as_str)
    }

    /// The class of each noun's first sense, whether a common sense is a person, and whether it is
    /// abstract: `seen` counts how often people named it in pictures.
    pub fn noun_classes(&self, seen: &HashMap<String, u32>) -> BTreeMap<String, u64> {
        let class =
            |sense: &u32| self.synsets.get(sense).map_or(NounClass::Tops as u64, |synset| synset.file);
        let worth_keeping = |lemma: &str, first: u64| {
            !lemma.contains(' ') || IN_NAMES.iter().any(|&class| class as u64 == first)
        };
        let clothing: HashSet<u32> =
            CLOTHING.iter().filter_map(|noun| self.nouns.get(*noun)?.first().copied()).collect();
        self.nouns
            .iter()
            .filter_map(|(lemma, senses)| {
                let first = class(senses.first()?);
                let person = senses
                    .iter()
                    .take(SENSES_THAT_COUNT)
                    .any(|sense| class(sense) == NounClass::Person as u64);
                let is_abstract = ABSTRACT.iter().any(|&class| class as u64 == first)
                    && seen.get(lemma).is_none_or(|&count| count < SEEN_OFTEN);
                let bits = [
                    (PERSON_BIT, person),
                    (HEADLESS_BIT, self.is_headless(lemma)),
                    (ABSTRACT_BIT, is_abstract),
                    (CLOTHING_BIT, self.is_below(lemma, 1, &clothing)),
                ];
                let bits: u64 = bits.iter().filter(|(_, set)| *set).map(|(bit, _)| bit).sum();
                worth_keeping(lemma, first).then(|| (lemma.clone(), first | bits))
            })
            .collect()
    }

    /// True for a name of several words that in no sense is a kind of its last one: a hot dog is
    /// no dog.
    fn is_headless(&self, lemma: &str) -> bool {
        let Some((_, last)) = lemma.rsplit_once(' ') else { return false };
        let Some(heads) = self.nouns.get(last) else { return false };
        let heads: HashSet<u32> = heads.iter().copied().collect();
        let senses = self.nouns.get(lemma).map_or(&[][..], Vec::as_slice);
        // Not the senses themselves: WordNet has "dog" for a hot dog too.
        let mut kinds =
            senses.iter().filter_map(|sense| self.synsets.get(sense)).flat_map(|synset| &synset.hypernyms);
        !kinds.any(|&kind| self.reaches(kind, &heads))
    }

    /// A plural's base form by suffixes alone, the word itself if it is no plural.
    pub fn noun_base(&self, form: &str) -> String {
        let irregular = self.exceptions.range(format!("n {form} ")..).next();
        if let Some(base) = irregular.and_then(|line| line.strip_prefix(&format!("n {form} "))) {
            return base.to_owned();
        }
        let bases = [("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"), ("xes", "x"), ("s", "")];
        let mut stems =
            bases.iter().filter_map(|(ending, base)| Some(format!("{}{base}", form.strip_suffix(ending)?)));
        stems.find(|stem| self.is_noun(stem)).unwrap_or_else(|| form.to_owned())
    }

    /// The synset of one sense of a noun, senses numbered from 1.
    pub fn sense(&self, lemma: &str, number: usize) -> Result<u32> {
        let senses = self.nouns.get(lemma).with_context(|| format!("WordNet has no noun {lemma:?}"))?;
        senses.get(number - 1).copied().with_context(|| format!("{lemma:?} has no sense {number}"))
    }

    /// True for a name of one place or person by its first sense.
    pub fn is_one(&self, lemma: &str) -> bool {
        let first = self.nouns.get(lemma).and_then(|senses| self.synsets.get(senses.first()?));
        first.is_some_and(|synset| synset.is_one)
    }

    /// True if one of the noun's first `count` senses is below one of the synsets.
    pub fn is_below(&self, lemma: &str, count: usize, above: &HashSet<u32>) -> bool {
        let senses = self.nouns.get(lemma).map_or(&[][..], Vec::as_slice);
        senses.iter().take(count).any(|&sense| self.reaches(sense, above))
    }

    fn reaches(&self, sense: u32, above: &HashSet<u32>) -> bool {
        above.contains(&sense)
            || self
                .synsets
                .get(&sense)
                .is_some_and(|synset| synset.hypernyms.iter().any(|&next| self.reaches(next, above)))
    }
}

/// The classes of which names of several words are kept: things that a picture can show.
const IN_NAMES: [NounClass; 11] = [
    NounClass::Animal,
    NounClass::Artifact,
    NounClass::Body,
    NounClass::Event,
    NounClass::Food,
    NounClass::Location,
    NounClass::Object,
    NounClass::Person,
    NounClass::Plant,
    NounClass::Substance,
    NounClass::Act,
];

/// Nouns below which everything is worn.
const CLOTHING: [&str; 4] = ["clothing", "footwear", "headdress", "attire"];

/// Classes of what has no shape.
pub const ABSTRACT: [NounClass; 13] = [
    NounClass::Act,
    NounClass::Attribute,
    NounClass::Cognition,
    NounClass::Communication,
    NounClass::Feeling,
    NounClass::Motive,
    NounClass::Possession,
    NounClass::Process,
    NounClass::Quantity,
    NounClass::Relation,
    NounClass::State,
    NounClass::Time,
    NounClass::Tops,
];
/// How often people must name such a noun in pictures to show that it has one.
const SEEN_OFTEN: u32 = 3;

pub fn is_word(lemma: &str) -> bool {
    let words = lemma.split(' ').count();
    words <= 3
        && lemma.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b' ' | b'-'))
        && lemma.len() > 1
}

/// Lemma and synset offsets of each line of an index file.
pub fn index_lines(text: &str) -> impl Iterator<Item = (String, Vec<u32>)> {
    text.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let senses: usize = fields.get(2)?.parse().ok()?;
        let offsets = fields[fields.len() - senses..].iter().filter_map(|field| field.parse().ok()).collect();
        Some((fields[0].replace('_', " "), offsets))
    })
}

/// "offset lex_filenum ss_type w_cnt word lex_id … p_cnt pointer offset pos source/target …"
pub fn synset(line: &str) -> Option<(u32, Synset)> {
    let fields: Vec<&str> = line.split(' ').collect();
    let words = usize::from_str_radix(fields.get(3)?, 16).ok()?;
    let pointers = &fields[4 + 2 * words..];
    let count: usize = pointers.first()?.parse().ok()?;
    let pointers = (0..count).map(|number| &pointers[1 + 4 * number..5 + 4 * number]);
    let is_one = pointers.clone().any(|pointer| pointer[0] == "@i");
    let hypernyms = pointers
        .filter(|pointer| matches!(pointer[0], "@" | "@i"))
        .filter_map(|pointer| pointer[1].parse().ok())
        .collect();
    Some((fields[0].parse().ok()?, Synset { file: fields[1].parse().ok()?, hypernyms, is_one }))
}
