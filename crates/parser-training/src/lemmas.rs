//! The lemma lexicon and the rules on endings: from a treebank, filled up from WordNet.
//!
//! A form's rule is the one the treebank has most often; else WordNet's exception lists; else
//! the regular inflections of WordNet's nouns and verbs. Rules on endings are learned from the
//! treebank and decide for all other words; what they already get right is not stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context, Result};
use caption_parser::Upos;
use caption_parser::model::{LemmaRule, ending_key, lexicon_key};
use fst::MapBuilder;

use crate::treebank::Example;

/// Longest ending that a rule may ask for, in characters.
const LONGEST_ENDING: usize = 5;
/// Nouns that name one thing and have no singular in use.
const PLURALIA_TANTUM: [&str; 26] = [
    "glasses",
    "sunglasses",
    "eyeglasses",
    "pants",
    "shorts",
    "jeans",
    "trousers",
    "leggings",
    "tights",
    "overalls",
    "pajamas",
    "pyjamas",
    "goggles",
    "scissors",
    "binoculars",
    "tweezers",
    "pliers",
    "clothes",
    "headquarters",
    "series",
    "species",
    "tongs",
    "suspenders",
    "khakis",
    "slacks",
    "briefs",
];

/// The three parts of the model that lemmas need.
pub struct LemmaModel {
    pub lexicon: Vec<u8>,
    pub endings: Vec<u8>,
    pub rules: String,
}

type Entries = BTreeMap<(Upos, String), LemmaRule>;

/// Learns lemmas from the examples and from the WordNet files in `wordnet`.
pub fn learn(examples: &[Example], wordnet: &Path) -> Result<LemmaModel> {
    let seen = most_frequent(examples);
    let endings = learn_endings(&seen);
    let mut entries = seen;
    for (upos, part) in [(Upos::Noun, "noun"), (Upos::Verb, "verb"), (Upos::Adj, "adj")] {
        for (form, lemma) in exceptions(&wordnet.join(format!("{part}.exc")))? {
            add(&mut entries, upos, &form, &lemma);
        }
    }
    for form in PLURALIA_TANTUM {
        entries.insert((Upos::Noun, form.to_owned()), LemmaRule::between(form, form));
    }
    let nouns = lemmas(&wordnet.join("index.noun"))?;
    nouns
        .iter()
        .filter(|noun| is_singular(noun, &nouns))
        .for_each(|noun| add(&mut entries, Upos::Noun, noun, noun));
    for noun in &nouns {
        plurals(noun).iter().for_each(|form| add(&mut entries, Upos::Noun, form, noun));
    }
    for verb in &lemmas(&wordnet.join("index.verb"))? {
        add(&mut entries, Upos::Verb, verb, verb);
        inflections(verb).iter().for_each(|form| add(&mut entries, Upos::Verb, form, verb));
    }
    build(&entries, &endings)
}

/// Adds an entry unless a better source has the form already.
fn add(entries: &mut Entries, upos: Upos, form: &str, lemma: &str) {
    entries.entry((upos, form.to_owned())).or_insert_with(|| LemmaRule::between(form, lemma));
}

/// The rule that the treebank has most often for each form and part of speech.
fn most_frequent(examples: &[Example]) -> Entries {
    let mut counts: BTreeMap<(Upos, String), BTreeMap<LemmaRule, usize>> = BTreeMap::new();
    for example in examples {
        for ((form, lemma), &upos) in example.forms.iter().zip(&example.lemmas).zip(&example.upos) {
            let lower = lower(form);
            let rule = if upos == Upos::Propn && form.len() == lower.len() {
                LemmaRule::between(form, lemma)
            } else {
                LemmaRule::between(&lower, &self::lower(lemma))
            };
            *counts.entry((upos, lower)).or_default().entry(rule).or_default() += 1;
        }
    }
    let best = |rules: BTreeMap<LemmaRule, usize>| {
        rules.into_iter().max_by(|(a, m), (b, n)| m.cmp(n).then(b.cmp(a))).map(|(rule, _)| rule)
    };
    counts.into_iter().filter_map(|(key, rules)| Some((key, best(rules)?))).collect()
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// For each part of speech and ending the most frequent rule among distinct forms, where it is
/// another than the shorter ending's.
fn learn_endings(seen: &Entries) -> BTreeMap<(Upos, String), LemmaRule> {
    let mut counts: BTreeMap<(Upos, String), BTreeMap<&LemmaRule, usize>> = BTreeMap::new();
    for ((upos, form), rule) in seen {
        for length in 0..=LONGEST_ENDING.min(form.chars().count()) {
            *counts.entry((*upos, ending(form, length).to_owned())).or_default().entry(rule).or_default() +=
                1;
        }
    }
    let mut shortest_first: Vec<_> = counts.into_iter().collect();
    shortest_first.sort_by_key(|((_, ending), _)| ending.chars().count());
    let mut learned: BTreeMap<(Upos, String), LemmaRule> = BTreeMap::new();
    for ((upos, ending), rules) in shortest_first {
        let Some((&rule, _)) = rules.iter().max_by(|(a, m), (b, n)| m.cmp(n).then(b.cmp(a))) else {
            continue;
        };
        if by_ending(&learned, upos, &ending) != Some(rule) {
            learned.insert((upos, ending), rule.clone());
        }
    }
    learned
}

fn by_ending<'l>(
    learned: &'l BTreeMap<(Upos, String), LemmaRule>,
    upos: Upos,
    form: &str,
) -> Option<&'l LemmaRule> {
    let longest = LONGEST_ENDING.min(form.chars().count());
    (0..=longest).rev().find_map(|length| learned.get(&(upos, ending(form, length).to_owned())))
}

/// The last `length` characters.
fn ending(form: &str, length: usize) -> &str {
    match length {
        0 => "",
        _ => form.char_indices().rev().nth(length - 1).map_or(form, |(at, _)| &form[at..]),
    }
}

fn build(entries: &Entries, endings: &BTreeMap<(Upos, String), LemmaRule>) -> Result<LemmaModel> {
    let stored: Vec<_> =
        entries.iter().filter(|((upos, form), rule)| by_ending(endings, *upos, form) != Some(rule)).collect();
    let distinct: BTreeSet<&LemmaRule> =
        stored.iter().map(|(_, rule)| *rule).chain(endings.values()).collect();
    let numbers: HashMap<&LemmaRule, u64> = distinct.iter().copied().zip(0..).collect();
    let map = |keys: BTreeMap<Vec<u8>, u64>| -> Result<Vec<u8>> {
        let mut builder = MapBuilder::memory();
        builder.extend_iter(keys)?;
        Ok(builder.into_inner()?)
    };
    eprintln!("lemmas: {} forms, {} endings, {} rules", stored.len(), endings.len(), distinct.len());
    Ok(LemmaModel {
        lexicon: map(stored
            .iter()
            .map(|((upos, form), rule)| (lexicon_key(form, *upos), numbers[rule]))
            .collect())?,
        endings: map(endings
            .iter()
            .map(|((upos, end), rule)| (ending_key(end, *upos), numbers[rule]))
            .collect())?,
        rules: distinct.iter().map(|rule| format!("{}\t{}\n", rule.strip, rule.append)).collect(),
    })
}

/// The single-word lemmas of a WordNet index file.
fn lemmas(path: &Path) -> Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let words = text.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(' ').next());
    Ok(words.filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())).map(str::to_owned).collect())
}

/// Form and base of a WordNet exception list; of several bases the first.
fn exceptions(path: &Path) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let pairs = text.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    });
    Ok(pairs.filter(|(form, base)| !form.contains('_') && !base.contains('_')).collect())
}

/// False for a noun that looks like the plural of another: WordNet also lists "arms", "steps".
fn is_singular(noun: &str, nouns: &BTreeSet<String>) -> bool {
    noun.len() <= 3 || !noun.ends_with('s') || noun.ends_with("ss") || {
        let bases = [noun.strip_suffix('s'), noun.strip_suffix("es")];
        !bases.into_iter().flatten().any(|base| nouns.contains(base) && base.len() > 2)
    }
}

fn plurals(noun: &str) -> Vec<String> {
    if ["s", "x", "z", "ch", "sh"].iter().any(|ending| noun.ends_with(ending)) {
        vec![format!("{noun}es")]
    } else if ends_in_consonant_y(noun) {
        vec![format!("{}ies", &noun[..noun.len() - 1])]
    } else if noun.ends_with('o') {
        vec![format!("{noun}s"), format!("{noun}es")]
    } else {
        vec![format!("{noun}s")]
    }
}

/// Third person, past and participle forms of a regular verb.
fn inflections(verb: &str) -> Vec<String> {
    let mut forms = plurals(verb);
    if let Some(stem) = verb.strip_suffix('e') {
        forms.push(format!("{verb}d"));
        let keeps_e = ["e", "o", "y"].iter().any(|ending| stem.ends_with(ending));
        forms.push(format!("{}ing", if keeps_e { verb } else { stem }));
    } else if ends_in_consonant_y(verb) {
        forms.push(format!("{}ied", &verb[..verb.len() - 1]));
        forms.push(format!("{verb}ing"));
    } else {
        let (doubles, always) = doubling(verb);
        if doubles {
            let last = &verb[verb.len() - 1..];
            forms.extend([format!("{verb}{last}ed"), format!("{verb}{last}ing")]);
        }
        if !always {
            forms.extend([format!("{verb}ed"), format!("{verb}ing")]);
        }
    }
    forms
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u')
}

fn ends_in_consonant_y(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() > 1 && bytes.ends_with(b"y") && !is_vowel(bytes[bytes.len() - 2])
}

/// Whether the last consonant may double before -ed and -ing, and whether it must: it may after
/// a single vowel, and must in a word of one syllable ("stop", not "visit").
fn doubling(verb: &str) -> (bool, bool) {
    let bytes = verb.as_bytes();
    let &[.., before, vowel, last] = bytes else { return (false, false) };
    let short = !is_vowel(last) && !matches!(last, b'w' | b'x' | b'y') && is_vowel(vowel);
    let may = short && (!is_vowel(before) || bytes[..bytes.len() - 2].ends_with(b"qu"));
    let vowels = bytes.iter().filter(|&&byte| is_vowel(byte)).count();
    (may, may && vowels == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_inflect_without_meeting() {
        assert_eq!(inflections("ride"), ["rides", "rided", "riding"]);
        assert_eq!(inflections("rid"), ["rids", "ridded", "ridding"]);
        assert_eq!(inflections("carry"), ["carries", "carried", "carrying"]);
        assert_eq!(inflections("visit"), ["visits", "visitted", "visitting", "visited", "visiting"]);
        assert_eq!(inflections("see"), ["sees", "seed", "seeing"]);
    }

    #[test]
    fn endings_are_learned_and_pruned() {
        let pairs = [
            ("cats", "cat"),
            ("dogs", "dog"),
            ("hats", "hat"),
            ("pens", "pen"),
            ("buses", "bus"),
            ("foxes", "fox"),
            ("boxes", "box"),
        ];
        let seen: Entries = pairs
            .iter()
            .map(|(form, lemma)| ((Upos::Noun, (*form).to_owned()), LemmaRule::between(form, lemma)))
            .collect();
        let learned = learn_endings(&seen);
        assert_eq!(by_ending(&learned, Upos::Noun, "taxes"), Some(&LemmaRule::between("taxes", "tax")));
        assert_eq!(by_ending(&learned, Upos::Noun, "cars"), Some(&LemmaRule::between("cars", "car")));
        assert!(learned.len() < 10, "{learned:?}");
    }
}
