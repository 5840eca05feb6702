//! What the review suggests by: which words share meanings, and which meanings seldom show in images
//! or belong to scenes rather than to things.
//!
//! A key is "n", "v" or "a" (noun, verb, adjective), a space and the lemma. Its value is a doubt in
//! the lowest 4 bits, then three times 20 bits for the numbers of synsets that the word shares with
//! others: that of its first sense, 0 if it shares that with none, and of the two next senses that it
//! shares.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use scene_graph::lexicon::NounClass;

use crate::wordnet::{ABSTRACT, WordNet, index_lines, is_word, synset};

/// The name of one place: "london".
const ONE_PLACE: u64 = 1;
/// Somebody's relative.
const KINSHIP: u64 = 2;
/// A noun for what has no shape.
const SHAPELESS: u64 = 3;
/// A verb of thinking, feeling, owning or dealing with others.
const INNER: u64 = 4;
/// An adjective that says what something belongs to: "national".
const RELATIONAL: u64 = 5;
/// An event or a time.
const EVENT: u64 = 6;

/// Nouns (with the number of their sense) below which everything is an event or a time.
const EVENTS: [(&str, usize); 4] =
    [("social event", 1), ("social gathering", 1), ("meeting", 1), ("time period", 1)];

/// Classes of nouns whose shape is that of what takes part: a second sense that makes no thing of
/// a noun.
const NO_THING: [NounClass; 5] =
    [NounClass::Act, NounClass::Communication, NounClass::Event, NounClass::Phenomenon, NounClass::Tops];

/// Lexicographer files of verbs: cognition, emotion, possession, social.
const INNER_VERBS: [u64; 4] = [31, 37, 40, 41];
/// Files of verbs that show no more: change, communication, creation, stative.
const VAGUE_VERBS: [u64; 4] = [30, 32, 36, 42];
/// The file of adjectives that relate to a noun.
const RELATIONAL_ADJECTIVES: u64 = 1;

pub fn find(folder: &Path, wordnet: &WordNet) -> Result<BTreeMap<String, u64>> {
    let mut meanings = BTreeMap::new();
    let nouns = Words::read(folder, "noun")?;
    let doubts = NounDoubts::new(wordnet)?;
    nouns.add("n", |lemma, senses| doubts.of(wordnet, lemma, senses), &mut meanings);
    block_heads(&nouns, &mut meanings);
    Words::read(folder, "verb")?.add("v", |_, senses| verb_doubt(senses), &mut meanings);
    let adjective = |_: &str, senses: &[u64]| u64::from(senses[0] == RELATIONAL_ADJECTIVES) * RELATIONAL;
    Words::read(folder, "adj")?.add("a", adjective, &mut meanings);
    Ok(meanings)
}

/// The words of one part of speech: the synsets of their senses, the most common first.
struct Words {
    senses: BTreeMap<String, Vec<u32>>,
    /// The lexicographer file of each synset.
    files: HashMap<u32, u64>,
}

impl Words {
    fn read(folder: &Path, part: &str) -> Result<Self> {
        let text = |kind: &str| {
            let path = folder.join(format!("{kind}.{part}"));
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let lines = text("data")?;
        let synsets = lines.lines().filter(|line| !line.starts_with(' ')).filter_map(synset);
        Ok(Self {
            senses: index_lines(&text("index")?).filter(|(lemma, _)| is_word(lemma)).collect(),
            files: synsets.map(|(offset, synset)| (offset, synset.file)).collect(),
        })
    }

    /// Adds what is to be said of each word. `doubt` is told the files of a word's senses.
    fn add(&self, part: &str, doubt: impl Fn(&str, &[u64]) -> u64, meanings: &mut BTreeMap<String, u64>) {
        let mut sharers: BTreeMap<u32, u64> = BTreeMap::new();
        self.senses.values().flatten().for_each(|&sense| *sharers.entry(sense).or_default() += 1);
        let shared = sharers.into_iter().filter(|(_, words)| *words > 1).map(|(synset, _)| synset);
        let numbers: HashMap<u32, u64> = shared.zip(1..).collect();
        let number = |sense: &u32| numbers.get(sense).copied();
        for (lemma, senses) in &self.senses {
            let files: Vec<u64> = senses.iter().filter_map(|sense| self.files.get(sense).copied()).collect();
            let doubt = if files.is_empty() { 0 } else { doubt(lemma, &files) };
            let others = senses[1..].iter().filter_map(number).take(2);
            let shared = std::iter::once(number(&senses[0]).unwrap_or(0)).chain(others);
            let bits = shared.zip([4, 24, 44]).map(|(number, shift)| number << shift);
            let meaning = bits.sum::<u64>() + doubt;
            // Single words all: that they are words is worth knowing too.
            if meaning != 0 || !lemma.contains(' ') {
                meanings.insert(format!("{part} {lemma}"), meaning);
            }
        }
    }
}

/// A name that WordNet has without doubts is none of its last word's: a roller coaster.
fn block_heads(nouns: &Words, meanings: &mut BTreeMap<String, u64>) {
    for lemma in nouns.senses.keys() {
        let Some((_, head)) = lemma.rsplit_once(' ') else { continue };
        if meanings.get(&format!("n {head}")).is_some_and(|meaning| meaning % 16 != 0) {
            meanings.entry(format!("n {lemma}")).or_insert(0);
        }
    }
}

struct NounDoubts {
    events: HashSet<u32>,
    kin: HashSet<u32>,
}

impl NounDoubts {
    fn new(wordnet: &WordNet) -> Result<Self> {
        let events: Result<_> = EVENTS.iter().map(|(lemma, sense)| wordnet.sense(lemma, *sense)).collect();
        Ok(Self { events: events?, kin: HashSet::from([wordnet.sense("relative", 1)?]) })
    }

    fn of(&self, wordnet: &WordNet, lemma: &str, senses: &[u64]) -> u64 {
        let class = |class: NounClass| class as u64;
        let common = &senses[..senses.len().min(2)];
        let is_no_thing = |sense: &u64| NO_THING.map(class).contains(sense);
        let is_no_shape = |sense: &u64| ABSTRACT.map(class).contains(sense) && !is_no_thing(sense);
        if senses[0] == class(NounClass::Location) && wordnet.is_one(lemma) {
            ONE_PLACE
        } else if wordnet.is_below(lemma, 1, &self.events) {
            EVENT
        } else if wordnet.is_below(lemma, 1, &self.kin)
            && common.iter().all(|&sense| sense == class(NounClass::Person))
        {
            KINSHIP
        } else if is_no_shape(&senses[0])
            && common.iter().all(|sense| is_no_shape(sense) || is_no_thing(sense))
        {
            SHAPELESS
        } else {
            0
        }
    }
}

/// What a verb says shows if one of its two common senses does.
fn verb_doubt(senses: &[u64]) -> u64 {
    let common = &senses[..senses.len().min(2)];
    let is_hidden = |sense: &u64| INNER_VERBS.contains(sense) || VAGUE_VERBS.contains(sense);
    u64::from(INNER_VERBS.contains(&senses[0]) && common.iter().all(is_hidden)) * INNER
}
