//! What depends on a word's form alone, kept for the words seen last.
//!
//! A word's vector, its share in the first context layer (which sees a word, the one before and
//! the one after, so that the sums of three words are added), its lower case and its lemmas. Few
//! words make up most of what captions say; for them the parser need not look at letters.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::Upos;
use crate::kernel::Lanes;
use crate::lemma::{Lemmatizer, RuleNumber};
use crate::sentences::LONGEST;

/// Words that are kept.
const CAPACITY: usize = 8192;
/// Words that are compared when one must go; the one not used for longest goes.
const COMPARED: usize = 8;
/// Bytes of the longest word that is kept.
const LONGEST_WORD: usize = 32;

// A sentence's words must all be kept at once.
const _: () = assert!(CAPACITY > LONGEST + COMPARED);

/// A short text in place.
#[derive(Clone, Copy, Default)]
struct Short {
    length: u8,
    bytes: [u8; LONGEST_WORD],
}

impl Short {
    /// `None` if it is too long.
    fn new(text: &str) -> Option<Self> {
        let mut short = Self { length: u8::try_from(text.len()).ok()?, ..Self::default() };
        short.bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(short)
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// A kept word in lower case.
#[derive(Clone, Copy, Default)]
enum Lower {
    /// The form itself.
    Form,
    Other(Short),
    #[default]
    TooLong,
}

/// A kept word. A word too long to be kept has a place too while its sentence is parsed, but is
/// not in the table.
#[derive(Clone, Copy, Default)]
struct Word {
    hash: u64,
    /// Number of the sentence that had it last.
    used: u64,
    listed: bool,
    form: Short,
    lower: Lower,
    /// The rule that makes the lemma, by part of speech; `None` until it is asked for.
    rules: [Option<RuleNumber>; Upos::ALL.len()],
}

/// The words seen last, of one model.
#[derive(Default)]
pub(crate) struct Words {
    /// The model that the words were computed by.
    model: u64,
    table: HashTable<u32>,
    words: Vec<Word>,
    vectors: Vec<Lanes<f32>>,
    shares: Vec<Lanes<i32>>,
    /// Blocks of a vector, and of a share in the first layer.
    sizes: (usize, usize),
    hand: usize,
    sentence: u64,
}

impl Words {
    /// Begins a sentence of at most [`LONGEST`] words: all that are found or added until the next
    /// stay. What another model computed is forgotten.
    pub(crate) fn begin(&mut self, model: u64, sizes: (usize, usize)) {
        if self.model != model {
            // Twice the room that is needed: then removals never make the table grow.
            *self =
                Self { model, sizes, table: HashTable::with_capacity(2 * CAPACITY + 2), ..Self::default() };
        }
        self.sentence += 1;
    }

    pub(crate) fn find(&mut self, form: &str) -> Option<u32> {
        let hash = FixedState::default().hash_one(form.as_bytes());
        let same = |&at: &u32| {
            let word = &self.words[at as usize];
            word.hash == hash && word.form.as_bytes() == form.as_bytes()
        };
        let at = *self.table.find(hash, same)?;
        self.words[at as usize].used = self.sentence;
        Some(at)
    }

    /// A place for a word that was not found; its vector and share are to be written there.
    pub(crate) fn add(&mut self, form: &str, lower: &str) -> u32 {
        let at = if self.words.len() < CAPACITY { self.grow() } else { self.evict() };
        let hash = FixedState::default().hash_one(form.as_bytes());
        let short = Short::new(form);
        let lower = match Short::new(lower) {
            Some(_) if form == lower => Lower::Form,
            Some(lower) => Lower::Other(lower),
            None => Lower::TooLong,
        };
        self.words[at] = Word {
            hash,
            used: self.sentence,
            listed: short.is_some(),
            form: short.unwrap_or_default(),
            lower,
            rules: [None; Upos::ALL.len()],
        };
        if short.is_some() {
            let words = &self.words;
            self.table.insert_unique(hash, at as u32, |&at| words[at as usize].hash);
        }
        at as u32
    }

    fn grow(&mut self) -> usize {
        let at = self.words.len();
        self.words.push(Word::default());
        self.vectors.resize((at + 1) * self.sizes.0, Lanes::default());
        self.shares.resize((at + 1) * self.sizes.1, Lanes::default());
        at
    }

    /// Frees the place of the word not used for longest among the next few, none of them of this
    /// sentence.
    fn evict(&mut self) -> usize {
        let places = (0..CAPACITY).map(|step| (self.hand + step) % CAPACITY);
        let earlier = places.filter(|&at| self.words[at].used < self.sentence).take(COMPARED);
        let at = earlier.min_by_key(|&at| self.words[at].used).unwrap_or(self.hand);
        self.hand = (self.hand + COMPARED) % CAPACITY;
        if self.words[at].listed
            && let Ok(entry) = self.table.find_entry(self.words[at].hash, |&other| other as usize == at)
        {
            entry.remove();
        }
        at
    }

    #[inline(always)]
    pub(crate) fn vector(&self, word: u32) -> &[Lanes<f32>] {
        &self.vectors[word as usize * self.sizes.0..][..self.sizes.0]
    }

    /// The shares of a word in the first layer's sums of the next word, its own, and the one
    /// before, one behind the other.
    #[inline(always)]
    pub(crate) fn share(&self, word: u32) -> &[Lanes<i32>] {
        &self.shares[word as usize * self.sizes.1..][..self.sizes.1]
    }

    pub(crate) fn rows_mut(&mut self, word: u32) -> (&mut [Lanes<f32>], &mut [Lanes<i32>]) {
        (
            &mut self.vectors[word as usize * self.sizes.0..][..self.sizes.0],
            &mut self.shares[word as usize * self.sizes.1..][..self.sizes.1],
        )
    }

    /// Appends the lemma of a word of the sentence.
    pub(crate) fn append_lemma(
        &mut self,
        lemmatizer: &Lemmatizer,
        word: u32,
        form: &str,
        upos: Upos,
        buffer: &mut String,
        out: &mut String,
    ) {
        let word = &mut self.words[word as usize];
        let lower = match &word.lower {
            Lower::Form => Some(form),
            Lower::Other(lower) => std::str::from_utf8(lower.as_bytes()).ok(),
            Lower::TooLong => None,
        };
        let Some(lower) = lower else { return lemmatizer.append(form, upos, buffer, out) };
        let rule = word.rules[upos as usize].get_or_insert_with(|| lemmatizer.rule(lower, upos));
        lemmatizer.apply(*rule, form, lower, upos, out);
    }
}
