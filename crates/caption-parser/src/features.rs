//! What the parser sees of a word: word pieces, the form itself, its affixes and its shape.
//!
//! A word's vector is the sum of learned rows, one per feature, so it depends on the word alone
//! and can be cached. Training and parsing share this module; nothing else may compute features.

use crate::automaton::{longest_key, read_map};
use crate::model::ModelError;

/// Rows of the table that prefixes and suffixes are hashed into.
pub const AFFIX_ROWS: u32 = 8192;
/// Rows of the shape table.
pub const SHAPE_ROWS: u32 = 64;
/// Affix features of a word: suffixes of one to four characters, prefixes of two and three.
pub const AFFIXES: usize = 6;
/// Word pieces that are looked at; the rest of a longer word is ignored.
pub const MAX_PIECES: usize = 12;
/// Row of the form table for a word that is not in the vocabulary.
pub const UNKNOWN_FORM: u32 = 0;

/// The features of one word as rows of the model's tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordFeatures {
    /// Rows of the piece table, at most [`MAX_PIECES`].
    pub pieces: Vec<u32>,
    /// Row of the form table.
    pub form: u32,
    /// Rows of the affix table.
    pub affixes: [u32; AFFIXES],
    /// Row of the shape table.
    pub shape: u32,
    /// The word in lower case.
    pub(crate) lower: String,
}

/// The vocabularies that turn a word into feature rows.
pub struct FeatureSpace {
    pieces: fst::Map<Vec<u8>>,
    forms: fst::Map<Vec<u8>>,
    unknown_piece: u32,
}

impl FeatureSpace {
    /// Takes two finite-state maps from strings to rows: `pieces` is a WordPiece vocabulary
    /// (continuations begin with `##`), `forms` has lower-case words, rows from 1.
    ///
    /// # Errors
    /// If the bytes are no finite-state maps, or the pieces have no `[UNK]`.
    pub fn new(pieces: Vec<u8>, forms: Vec<u8>) -> Result<Self, ModelError> {
        let pieces = read_map("word pieces", pieces)?;
        let forms = read_map("word forms", forms)?;
        let unknown = pieces.get("[UNK]").ok_or_else(|| ModelError::damaged("word pieces", "no [UNK]"))?;
        Ok(Self { pieces, forms, unknown_piece: unknown as u32 })
    }

    /// Computes the features of a word into `features`, whose memory is reused.
    pub fn extract(&self, form: &str, features: &mut WordFeatures) {
        let lower = &mut features.lower;
        lower.clear();
        lower.extend(form.chars().flat_map(char::to_lowercase));
        features.form = self.forms.get(lower.as_bytes()).map_or(UNKNOWN_FORM, |row| row as u32);
        features.affixes = affixes(lower);
        features.shape = shape(form);
        features.pieces.clear();
        self.split(lower, &mut features.pieces);
    }

    /// Greedy longest-match WordPiece (Schuster & Nakajima 2012), as BERT has it: punctuation
    /// stands alone, what follows it starts a word again. An unknown character is `[UNK]`.
    fn split(&self, lower: &str, pieces: &mut Vec<u32>) {
        let mut rest = lower;
        let mut starts_word = true;
        while let Some(first) = rest.chars().next() {
            if pieces.len() == MAX_PIECES {
                return;
            }
            let run = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len()).max(first.len_utf8());
            let (row, length) = self.longest(&rest[..run], starts_word);
            let length = if rest.is_char_boundary(length) { length } else { 0 };
            pieces.push(if length == 0 { self.unknown_piece } else { row });
            rest = &rest[if length == 0 { first.len_utf8() } else { length }..];
            starts_word = !first.is_alphanumeric() || !rest.starts_with(char::is_alphanumeric);
        }
    }

    /// The longest piece that `text` begins with: its row and length, length 0 if there is none.
    fn longest(&self, text: &str, starts_word: bool) -> (u32, usize) {
        let mark = if starts_word { "" } else { "##" };
        match longest_key(&self.pieces, mark.bytes().chain(text.bytes())) {
            Some((row, length)) if length > mark.len() => (row as u32, length - mark.len()),
            _ => (0, 0),
        }
    }
}

fn affixes(lower: &str) -> [u32; AFFIXES] {
    let suffix = |count: usize| {
        let start = lower.char_indices().rev().nth(count - 1).map_or(0, |(at, _)| at);
        row_of(count as u64, &lower[start..])
    };
    let prefix = |count: usize| {
        let end = lower.char_indices().nth(count).map_or(lower.len(), |(at, _)| at);
        row_of(8 + count as u64, &lower[..end])
    };
    [suffix(1), suffix(2), suffix(3), suffix(4), prefix(2), prefix(3)]
}

/// FNV-1a over the affix, seeded by its kind.
fn row_of(kind: u64, affix: &str) -> u32 {
    let start = 0xcbf2_9ce4_8422_2325 ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash =
        affix.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    ((hash >> 32) % u64::from(AFFIX_ROWS)) as u32
}

/// Capitals, digits and punctuation of a word, and whether it is a single character.
fn shape(form: &str) -> u32 {
    let first_upper = form.chars().next().is_some_and(char::is_uppercase);
    let (mut upper, mut lower, mut digit, mut other, mut count) = (0, 0, 0, 0, 0);
    for c in form.chars() {
        count += 1;
        if c.is_uppercase() {
            upper += 1;
        } else if c.is_numeric() {
            digit += 1;
        } else if c.is_alphabetic() {
            lower += 1;
        } else {
            other += 1;
        }
    }
    let case = match (first_upper, upper, lower) {
        (_, 0, 0) => 0,
        (_, 0, _) => 1,
        (true, 1, _) => 2,
        (_, _, 0) => 3,
        _ => 4,
    };
    let digits = if digit == 0 {
        0
    } else if digit == count {
        1
    } else {
        2
    };
    case * 12 + digits * 4 + u32::from(other > 0) * 2 + u32::from(count == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> FeatureSpace {
        let map = |entries: &[(&str, u64)]| {
            let mut sorted = entries.to_vec();
            sorted.sort_unstable();
            fst::Map::from_iter(sorted).unwrap().into_fst().into_inner()
        };
        let pieces =
            [("[UNK]", 9), ("surf", 1), ("##board", 2), ("##boards", 3), ("n", 4), ("'", 5), ("t", 6)];
        FeatureSpace::new(map(&pieces), map(&[("dog", 1)])).unwrap()
    }

    fn pieces(word: &str) -> Vec<u32> {
        let mut features = WordFeatures::default();
        space().extract(word, &mut features);
        features.pieces
    }

    #[test]
    fn pieces_are_the_longest_that_match() {
        assert_eq!(pieces("Surfboards"), [1, 3]);
        assert_eq!(pieces("surf"), [1]);
        assert_eq!(pieces("n't"), [4, 5, 6]);
        assert_eq!(pieces("\u{1f642}"), [9]);
    }

    #[test]
    fn shapes_tell_case_and_digits_apart() {
        let shapes = ["dog", "Dog", "DOG", "iPod", "7", "1990", "3D", "...", "."].map(shape);
        let distinct: std::collections::BTreeSet<u32> = shapes.into_iter().collect();
        assert_eq!(distinct.len(), shapes.len());
        assert!(shapes.iter().all(|&row| row < SHAPE_ROWS));
    }

    #[test]
    fn features_of_one_word_do_not_depend_on_the_word_before() {
        let space = space();
        let (mut reused, mut fresh) = (WordFeatures::default(), WordFeatures::default());
        space.extract("surfboards", &mut reused);
        space.extract("dog", &mut reused);
        space.extract("dog", &mut fresh);
        assert_eq!(reused, fresh);
        assert_eq!(fresh.form, 1);
    }
}
