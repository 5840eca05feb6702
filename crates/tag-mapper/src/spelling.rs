//! One name for what people spell in several ways: "grey" and "gray", "surf board" and
//! "surfboard".
//!
//! Nothing but spelling counts: letters of one word by a hand-kept list, spaces by a list of names
//! that captions write both ways, and where that list is silent by WordNet: two nouns that it knows
//! only as one word are one word.

use std::sync::LazyLock;

use compact_str::CompactString;
use foldhash::{HashMap, HashSet};
use scene_graph::lexicon::{is_adjective, is_known_compound, noun_class, words_of};

type Spellings = HashMap<&'static str, &'static str>;

static WORDS: LazyLock<Spellings> =
    LazyLock::new(|| table(include_str!("../lexicons/word-spellings.txt"), ' '));
static COMPOUNDS: LazyLock<Spellings> =
    LazyLock::new(|| table(include_str!("../lexicons/compound-spellings.txt"), '\t'));

fn table(text: &'static str, separator: char) -> Spellings {
    words_of(text).filter_map(|line| line.split_once(separator)).collect()
}

/// Names that the list of compounds keeps as they are.
static KEPT: LazyLock<HashSet<&'static str>> = LazyLock::new(|| COMPOUNDS.values().copied().collect());

/// The spelling of a name that tags have.
pub(crate) fn unified(name: CompactString) -> CompactString {
    let name = respelled(name);
    if let Some(kept) = COMPOUNDS.get(name.as_str()) {
        return (*kept).into();
    }
    match name.split_once(' ') {
        Some((first, second)) if second.contains(' ') => joined_within(first, second, name.clone()),
        Some((first, second)) if !KEPT.contains(name.as_str()) => {
            let joined = compact_str::format_compact!("{first}{second}");
            if is_one_word(first, second, &joined) { joined } else { name }
        }
        _ => name,
    }
}

/// True if WordNet has two nouns only as one word, of the class of the second: a bath room is a
/// bathroom, but a leather jacket is no leatherjacket, which is a fish.
fn is_one_word(first: &str, second: &str, joined: &str) -> bool {
    let class = noun_class(joined);
    class.is_some()
        && class == noun_class(second)
        && noun_class(first).is_some()
        && !is_adjective(first)
        && !is_known_compound(first, second)
}

/// The name with each word in the spelling that tags have: "grey" is "gray".
pub(crate) fn respelled(name: CompactString) -> CompactString {
    if !name.split(' ').any(|word| WORDS.contains_key(word)) {
        return name;
    }
    let mut words = name.split(' ').map(|word| WORDS.get(word).copied().unwrap_or(word));
    let mut respelled = CompactString::from(words.next().unwrap_or(""));
    for word in words {
        respelled.push(' ');
        respelled.push_str(word);
    }
    respelled
}

/// "cell phone tower": pairs within a longer name, by the list alone.
fn joined_within(first: &str, rest: &str, name: CompactString) -> CompactString {
    let (second, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let begins = compact_str::format_compact!("{first} {second}");
    if let Some(kept) = COMPOUNDS.get(begins.as_str()) {
        return compact_str::format_compact!("{kept} {after}");
    }
    match COMPOUNDS.get(rest) {
        Some(kept) => compact_str::format_compact!("{first} {kept}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list and a rule once sent some names to and fro: "doorbell" and "door bell".
    #[test]
    fn both_spellings_settle_on_one() {
        for (&variant, &kept) in COMPOUNDS.iter().chain(WORDS.iter()) {
            assert_eq!(unified(variant.into()), kept, "{variant}");
            assert_eq!(unified(kept.into()), kept);
        }
    }
}
