//! A WordPiece vocabulary learned from captions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::normalizers::bert::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{
    AddedToken, NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
};

use super::tokenizer::{CLS, MASK, PAD, SEP, TextTokenizer, TokenizerError, UNKNOWN};

/// How a vocabulary is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenizerTraining {
    /// Most tokens, the special ones included. Few captions may give fewer.
    pub vocabulary_size: usize,
    /// How often two neighbouring pieces must occur to be joined.
    pub min_frequency: u64,
    /// Most different characters besides printable ASCII; the rarer ones become unknown.
    pub characters: usize,
}

impl Default for TokenizerTraining {
    /// The size of bert-base-uncased with `[DEC]` and `[ENC]`.
    fn default() -> Self {
        Self { vocabulary_size: 30_524, min_frequency: 2, characters: 1_000 }
    }
}

/// `[DEC]` and `[ENC]`, which come after the learned tokens.
const ADDED: usize = 2;
/// Captions that are counted at a time, over all threads.
const BATCH: usize = 16_384;
/// WordPiece takes longer words for unknown.
const MAX_WORD: usize = 100;

type Words = HashMap<String, u64>;

impl TextTokenizer {
    /// Learns a lower-case WordPiece vocabulary from captions, as BERT's tokenizers are trained.
    ///
    /// The result depends on the captions only, not on their order, threads or runs. All printable ASCII
    /// characters are in it, so that tags and prompts can always be spelled.
    ///
    /// # Errors
    /// If the captions hold no word, or the vocabulary would be too small for the characters.
    pub fn train<S: AsRef<str> + Send + Sync>(
        captions: impl IntoIterator<Item = S>,
        training: &TokenizerTraining,
    ) -> Result<Self, TokenizerError> {
        let words = count_words(captions)?;
        if words.is_empty() {
            return Err(TokenizerError::Training("the captions hold no word".to_owned()));
        }
        let alphabet = alphabet(&words, training.characters);
        let words = spelled(words, &alphabet);
        let initial = initial_tokens(&words, &alphabet);
        if initial.len() + ADDED > training.vocabulary_size {
            return Err(TokenizerError::Training(format!(
                "{} tokens were asked for, but the characters alone take {}",
                training.vocabulary_size,
                initial.len() + ADDED
            )));
        }
        let tokens = join_pieces(words, initial, training)?;
        Self::from_vocabulary(&tokens.join("\n"), "learned from the captions")
    }
}

fn count_words<S: AsRef<str> + Send + Sync>(
    captions: impl IntoIterator<Item = S>,
) -> Result<Words, TokenizerError> {
    let mut captions = captions.into_iter();
    let mut total = Words::new();
    loop {
        let batch: Vec<S> = captions.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(total);
        }
        let counted = batch
            .par_iter()
            .map(|caption| words_of(caption.as_ref()))
            .try_fold(Words::new, |counts, words| {
                words.map(|words| add(counts, words.into_iter().map(|word| (word, 1))))
            })
            .try_reduce(Words::new, |left, right| Ok(add(left, right)))?;
        total = add(total, counted);
    }
}

fn add(mut counts: Words, more: impl IntoIterator<Item = (String, u64)>) -> Words {
    for (word, count) in more {
        *counts.entry(word).or_default() += count;
    }
    counts
}

/// The words of a caption, as the finished tokenizer will see them.
fn words_of(caption: &str) -> Result<Vec<String>, TokenizerError> {
    let failed = |error: tokenizers::Error| TokenizerError::Encode {
        text: caption.to_owned(),
        reason: error.to_string(),
    };
    let mut normalized = NormalizedString::from(caption);
    BertNormalizer::default().normalize(&mut normalized).map_err(failed)?;
    let mut words = PreTokenizedString::from(normalized);
    BertPreTokenizer.pre_tokenize(&mut words).map_err(failed)?;
    let words = words.get_splits(OffsetReferential::Normalized, OffsetType::Byte);
    Ok(words.into_iter().map(|(word, ..)| word.to_owned()).collect())
}

/// Printable ASCII but capitals, and the most frequent other characters.
fn alphabet(words: &Words, most: usize) -> BTreeSet<char> {
    let ascii = ('!'..='~').filter(|character| !character.is_ascii_uppercase());
    let mut others = BTreeMap::<char, u64>::new();
    for (word, count) in words {
        for character in word.chars().filter(|character| !character.is_ascii()) {
            *others.entry(character).or_default() += count;
        }
    }
    let mut others: Vec<_> = others.into_iter().collect();
    others.sort_by_key(|&(character, count)| (std::cmp::Reverse(count), character));
    ascii.chain(others.into_iter().take(most).map(|(character, _)| character)).collect()
}

fn spelled(words: Words, alphabet: &BTreeSet<char>) -> Words {
    let known = |word: &str| word.chars().all(|character| alphabet.contains(&character));
    words.into_iter().filter(|(word, _)| word.chars().count() <= MAX_WORD && known(word)).collect()
}

/// Special tokens, characters that start a word, characters that go on with one, each in their order.
fn initial_tokens(words: &Words, alphabet: &BTreeSet<char>) -> Vec<String> {
    let continuing: BTreeSet<char> = words
        .keys()
        .flat_map(|word| word.chars().skip(1))
        .chain(alphabet.iter().copied().filter(char::is_ascii_alphanumeric))
        .collect();
    let special = [PAD, UNKNOWN, CLS, SEP, MASK].map(str::to_owned);
    let starting = alphabet.iter().map(char::to_string);
    special.into_iter().chain(starting).chain(continuing.iter().map(|c| format!("##{c}"))).collect()
}

fn join_pieces(
    words: Words,
    initial: Vec<String>,
    training: &TokenizerTraining,
) -> Result<Vec<String>, TokenizerError> {
    // The trainer adds up pairs in i32.
    let letters: u64 = words.iter().map(|(word, count)| word.len() as u64 * count).sum();
    let divisor = letters / i32::MAX as u64 + 1;
    // The trainer numbers the pieces as it meets the words, in no fixed order. Pieces that it already knows keep
    // their numbers, and these decide between pairs of equal frequency.
    let known = initial.into_iter().map(|token| AddedToken::from(token, true)).collect();
    let trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(training.vocabulary_size - ADDED)
        .min_frequency(training.min_frequency.div_ceil(divisor))
        .continuing_subword_prefix("##".to_owned())
        .special_tokens(known)
        .build();
    let words = words.into_iter().map(|(word, count)| (word.into(), count.div_ceil(divisor))).collect();
    let mut model = BPE::default();
    trainer.do_train(&words, &mut model).map_err(|error| TokenizerError::Training(error.to_string()))?;
    let mut tokens: Vec<(String, u32)> = model.get_vocab().into_iter().collect();
    tokens.sort_by_key(|&(_, id)| id);
    Ok(tokens.into_iter().map(|(token, _)| token).collect())
}
