//! How a name is spelled, less what often varies.

use super::meaning::is_known;

/// Fewest letters of a word in which one may differ: shorter words that differ by a letter are
/// mostly different words ("boat", "coat").
const SHORTEST: usize = 6;
/// Most letters of such a word: what is longer is no word.
const LONGEST: usize = 30;
/// Most words of a name that is compared with such as differ by a letter.
const MOST_WORDS: usize = 10;

/// The words of a name in a common spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    words: Vec<String>,
}

impl Spelling {
    pub(super) fn of(name: &str) -> Self {
        let words = name.split(|c: char| c.is_whitespace() || "-‐‑–/".contains(c));
        let words = words.map(plain).filter(|word| !word.is_empty());
        Self { words: words.map(|word| american(singular(&word))).collect() }
    }

    /// What variants in hyphens, spaces, number and national spelling have in common.
    pub(super) fn fingerprint(&self) -> String {
        // A name of two words may be written as one: its number is that of the whole.
        american(singular(&self.words.concat()))
    }

    /// How one long word differs by a letter, the others being the same.
    pub(super) fn slip(&self, other: &Self) -> Option<Slip> {
        if self.words.len() != other.words.len() {
            return None;
        }
        let mut differing = self.words.iter().zip(&other.words).filter(|(a, b)| a != b);
        let (Some((a, b)), None) = (differing.next(), differing.next()) else { return None };
        let slip = if is_long(a) && is_long(b) { slip(a, b) } else { None };
        // Two words of the language are two words: "player", "prayer".
        slip.filter(|slip| *slip == Slip::Likely || !(is_known(a) && is_known(b)))
    }

    /// Names that are near have one of these in common: the name with a letter of one word left
    /// out, or with none.
    ///
    /// A name of very many words, or as long as one, has none. It is no label but a text that got into
    /// the table: a slip in it is not what is wrong with it, and its keys, a copy of the whole for each
    /// of its letters, could fill the memory.
    pub(super) fn near_keys(&self) -> Vec<String> {
        let letters: usize = self.words.iter().map(|word| word.chars().count()).sum();
        if self.words.len() > MOST_WORDS || letters > MOST_WORDS * LONGEST {
            return Vec::new();
        }
        let mut keys = vec![self.words.join(" ")];
        for (place, word) in self.words.iter().enumerate().filter(|(_, word)| is_long(word)) {
            let [before, after] = [&self.words[..place], &self.words[place + 1..]];
            for (at, letter) in word.char_indices() {
                let shorter = format!("{}{}", &word[..at], &word[at + letter.len_utf8()..]);
                keys.push([before, &[shorter], after].concat().join(" "));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// How likely two words that differ by a letter are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slip {
    /// Letters swapped, a letter once or twice, letters that sound alike.
    Likely,
    /// Any other letter inside the word.
    Possible,
}

/// The first letter is the same, as it is in most slips; what differs at the end only is mostly
/// another word ("office", "officer").
fn slip(a: &str, b: &str) -> Option<Slip> {
    const ALIKE: [(char, char); 4] = [('c', 'k'), ('c', 's'), ('i', 'y'), ('s', 'z')];
    let [a, b] = [a, b].map(|word| word.chars().collect::<Vec<_>>());
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let end = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    match (&a[start..a.len() - end], &b[start..b.len() - end]) {
        _ if start == 0 => None,
        ([a, b], [c, d]) => (a == d && b == c).then_some(Slip::Likely),
        _ if end == 0 => None,
        ([a], [b]) if ALIKE.contains(&(*a.min(b), *a.max(b))) => Some(Slip::Likely),
        // The common start takes the first of two same letters.
        ([more], []) | ([], [more]) if a[start - 1] == *more => Some(Slip::Likely),
        ([_], [_]) | ([_], []) | ([], [_]) => Some(Slip::Possible),
        _ => None,
    }
}

fn is_long(word: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&word.chars().count())
}

/// Without apostrophes, stops and accents.
fn plain(word: &str) -> String {
    word.to_lowercase().chars().filter(|c| !"'’‘`´.,".contains(*c)).map(without_accent).collect()
}

fn without_accent(letter: char) -> char {
    match letter {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

/// Without the ending of a plural. What is made of two words of the same number need be no word.
fn singular(word: &str) -> String {
    // "Lens", "news", "series".
    if is_known(word) {
        return word.to_owned();
    }
    let stem = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.chars().count() > 2);
    if let Some(stem) = stem("ies") {
        return format!("{stem}y");
    }
    if let Some(before) =
        ["smen", "emen", "women"].iter().find_map(|ending| stem(ending).map(|_| &word[..word.len() - 3]))
    {
        return format!("{before}man");
    }
    for (plural, keep) in [("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("oes", "o")] {
        if let Some(stem) = stem(plural) {
            return format!("{stem}{keep}");
        }
    }
    if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word.to_owned();
    }
    stem("s").unwrap_or(word).to_owned()
}

/// In American spelling, as far as endings tell.
fn american(word: String) -> String {
    const ENDINGS: [(&str, &str); 9] = [
        ("oured", "ored"),
        ("ouring", "oring"),
        ("our", "or"),
        ("ised", "ized"),
        ("ising", "izing"),
        ("isation", "ization"),
        ("tre", "ter"),
        ("ogue", "og"),
        ("elled", "eled"),
    ];
    if let Some(rest) = word.strip_prefix("grey") {
        return format!("gray{rest}");
    }
    for (british, american) in ENDINGS {
        if let Some(stem) = word.strip_suffix(british).filter(|stem| stem.chars().count() > 2) {
            return format!("{stem}{american}");
        }
    }
    word
}
