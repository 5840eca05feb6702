//! BERT's WordPiece tokenizer with the two tokens that Tag2Text adds.

use std::io;
use std::path::{Path, PathBuf};

use tokenizers::decoders::wordpiece::WordPiece as WordPieceDecoder;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::bert::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, ModelWrapper, Tokenizer};

pub(super) const PAD: &str = "[PAD]";
pub(super) const UNKNOWN: &str = "[UNK]";
pub(super) const CLS: &str = "[CLS]";
pub(super) const SEP: &str = "[SEP]";
pub(super) const MASK: &str = "[MASK]";
const BOS: &str = "[DEC]";
const ENC: &str = "[ENC]";

/// Why a tokenizer cannot be read, made or used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The file could not be read.
    #[error("cannot read the tokenizer {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file could not be written.
    #[error("cannot write the tokenizer {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no tokenizer that the model can use.
    #[error("the tokenizer {name} cannot be used: {reason}; give a BERT tokenizer.json or vocab.txt")]
    Malformed {
        /// The file, or what else it came from.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No vocabulary could be learned.
    #[error("cannot train a tokenizer: {0}")]
    Training(String),
    /// A text could not be encoded.
    #[error("cannot encode the text {text:?}: {reason}")]
    Encode {
        /// The text.
        text: String,
        /// What the tokenizer says.
        reason: String,
    },
}

/// The ids of the special tokens; in brackets those of bert-base-uncased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialIds {
    /// `[PAD]`, fills up rows (0).
    pub pad: u32,
    /// `[UNK]`, stands for words that cannot be spelled (100).
    pub unknown: u32,
    /// `[CLS]`, starts a text (101).
    pub cls: u32,
    /// `[SEP]`, ends a text; also the end of a generated caption (102).
    pub sep: u32,
    /// `[DEC]`, starts a caption for the decoder (30,522).
    pub bos: u32,
    /// `[ENC]`, starts a text that is encoded together with an image (30,523).
    pub enc: u32,
}

/// A WordPiece tokenizer, lower-casing as BERT's, with `[DEC]` and `[ENC]`.
///
/// ```
/// use tagger::preprocessing::TextTokenizer;
///
/// let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\ndog\n##s\n|\n";
/// let tokenizer = TextTokenizer::from_vocabulary(vocabulary, "an example")?;
/// let special = tokenizer.special();
/// assert_eq!((special.bos, special.enc, tokenizer.vocabulary_size()), (7, 8, 9));
/// assert_eq!(tokenizer.encode("Dogs!", special.enc, 40)?, [8, 4, 5, 1, 3]);
/// assert_eq!(tokenizer.decode(&[8, 4, 5, 3]), "dogs");
/// # Ok::<(), tagger::preprocessing::TokenizerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TextTokenizer {
    inner: Tokenizer,
    special: SpecialIds,
    size: usize,
}

impl TextTokenizer {
    /// Reads a `tokenizer.json`, or a `vocab.txt` with a token a line.
    ///
    /// # Errors
    /// [`TokenizerError`], which names the file.
    pub fn from_file(path: &Path) -> Result<Self, TokenizerError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| TokenizerError::Read { path: path.to_owned(), source })?;
        let name = path.display().to_string();
        if path.extension().is_some_and(|extension| extension == "json") || text.trim_start().starts_with('{')
        {
            Self::from_json(&text, &name)
        } else {
            Self::from_vocabulary(&text, &name)
        }
    }

    /// Reads the text of a `tokenizer.json`; `name` stands for it in errors.
    ///
    /// Padding and truncation in it are not used: the model's lengths are fixed.
    ///
    /// # Errors
    /// [`TokenizerError::Malformed`] if it is no WordPiece tokenizer with BERT's special tokens.
    pub fn from_json(json: &str, name: &str) -> Result<Self, TokenizerError> {
        let malformed = |reason| TokenizerError::Malformed { name: name.to_owned(), reason };
        let inner: Tokenizer = panic_guard::catch(|| json.parse::<Tokenizer>())
            .map_err(malformed)?
            .map_err(|error| malformed(error.to_string()))?;
        if !matches!(inner.get_model(), ModelWrapper::WordPiece(_)) {
            return Err(malformed("its model is not WordPiece".to_owned()));
        }
        Self::new(inner, name)
    }

    /// Makes a tokenizer of a vocabulary, a token a line, ids in order; `name` stands for it in errors.
    ///
    /// # Errors
    /// [`TokenizerError::Malformed`] if a line is empty or repeats another, or a special token is missing.
    pub fn from_vocabulary(vocabulary: &str, name: &str) -> Result<Self, TokenizerError> {
        let malformed = |reason| TokenizerError::Malformed { name: name.to_owned(), reason };
        check_lines(vocabulary).map_err(malformed)?;
        let failed = |error: tokenizers::Error| malformed(error.to_string());
        let tokens = WordPiece::read_bytes(vocabulary.as_bytes()).map_err(failed)?;
        let id = |token: &str| {
            let id = tokens.get(token).copied();
            id.ok_or_else(|| malformed(format!("it has no {token}")))
        };
        let processing = BertProcessing::new((SEP.to_owned(), id(SEP)?), (CLS.to_owned(), id(CLS)?));
        let model = WordPiece::builder().vocab(tokens).build().map_err(failed)?;
        let mut inner = Tokenizer::new(model);
        inner.with_normalizer(Some(BertNormalizer::default())).map_err(failed)?;
        inner.with_pre_tokenizer(Some(BertPreTokenizer));
        inner.with_post_processor(Some(processing));
        inner.with_decoder(Some(WordPieceDecoder::default()));
        Self::new(inner, name)
    }

    fn new(mut inner: Tokenizer, name: &str) -> Result<Self, TokenizerError> {
        let malformed = |reason| TokenizerError::Malformed { name: name.to_owned(), reason };
        let failed = |error: tokenizers::Error| malformed(error.to_string());
        check_ids(&inner).map_err(malformed)?;
        inner.with_padding(None);
        inner.with_truncation(None).map_err(failed)?;
        let mut special: Vec<&str> = vec![PAD, UNKNOWN, CLS, SEP];
        if let Some(missing) = special.iter().find(|token| inner.token_to_id(token).is_none()) {
            return Err(malformed(format!("it has no {missing}")));
        }
        special.extend(inner.token_to_id(MASK).map(|_| MASK));
        special.extend([BOS, ENC]);
        let added = special.iter().map(|&token| AddedToken::from(token, true));
        inner.add_special_tokens(added).map_err(failed)?;
        let id = |token: &str| {
            inner.token_to_id(token).ok_or_else(|| malformed(format!("it does not take {token}")))
        };
        let special = SpecialIds {
            pad: id(PAD)?,
            unknown: id(UNKNOWN)?,
            cls: id(CLS)?,
            sep: id(SEP)?,
            bos: id(BOS)?,
            enc: id(ENC)?,
        };
        let size = inner.get_vocab_size(true);
        Ok(Self { inner, special, size })
    }

    /// The ids of the special tokens.
    #[must_use]
    pub fn special(&self) -> SpecialIds {
        self.special
    }

    /// How many ids there are, the special and added ones included: rows of the word embeddings.
    #[must_use]
    pub fn vocabulary_size(&self) -> usize {
        self.size
    }

    /// `first`, the ids of the text's word pieces, `[SEP]`; at most `length` ids. The pieces at the end are left
    /// out where all do not fit.
    ///
    /// Special tokens that are written out in the text, such as `[SEP]`, become their ids, as in the reference.
    ///
    /// # Errors
    /// If the tokenizer fails on the text.
    pub fn encode(&self, text: &str, first: u32, length: usize) -> Result<Vec<u32>, TokenizerError> {
        let pieces = self
            .inner
            .encode_fast(text, false)
            .map_err(|error| TokenizerError::Encode { text: text.to_owned(), reason: error.to_string() })?;
        let pieces = pieces.get_ids().iter().copied().take(length.saturating_sub(2));
        Ok([first].into_iter().chain(pieces).chain([self.special.sep]).take(length).collect())
    }

    /// The text of some ids, spaced as the reference's tokenizer spaces it. Special tokens and ids that do not
    /// exist are left out.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> String {
        let vocabulary = self.inner.get_added_vocabulary();
        let tokens: Vec<String> = ids
            .iter()
            .filter_map(|&id| self.inner.id_to_token(id))
            .filter(|token| !vocabulary.is_special_token(token))
            .collect();
        let spaces = [
            (" ##", ""),
            (" .", "."),
            (" ?", "?"),
            (" !", "!"),
            (" ,", ","),
            (" ' ", "'"),
            (" n't", "n't"),
            (" 'm", "'m"),
            (" 's", "'s"),
            (" 've", "'ve"),
            (" 're", "'re"),
        ];
        spaces.into_iter().fold(tokens.join(" "), |text, (from, to)| text.replace(from, to))
    }

    /// The text of a `tokenizer.json` that [`Self::from_json`] reads back.
    ///
    /// # Errors
    /// If the tokenizer cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, TokenizerError> {
        self.inner.to_string(true).map_err(|error| TokenizerError::Malformed {
            name: "in memory".to_owned(),
            reason: error.to_string(),
        })
    }

    /// Writes a `tokenizer.json`; it appears whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TokenizerError> {
        let json = self.to_json()?;
        whole_file::write(path, json.as_bytes())
            .map_err(|source| TokenizerError::Write { path: path.to_owned(), source })
    }
}

/// An id is a line's place, so no line may be empty or stand twice.
fn check_lines(vocabulary: &str) -> Result<(), String> {
    let mut seen = std::collections::HashMap::new();
    for (line, token) in vocabulary.lines().enumerate() {
        let token = token.trim_end();
        if token.is_empty() {
            return Err(format!("line {} is empty", line + 1));
        }
        if let Some(first) = seen.insert(token, line) {
            return Err(format!("line {} repeats {token:?} of line {}", line + 1, first + 1));
        }
    }
    Ok(())
}

/// An added token would take the id of another if ids had gaps.
fn check_ids(tokenizer: &Tokenizer) -> Result<(), String> {
    let mut ids: Vec<u32> = tokenizer.get_vocab(true).into_values().collect();
    ids.sort_unstable();
    match ids.iter().enumerate().find(|&(place, &id)| place as u64 != u64::from(id)) {
        Some((place, _)) => {
            Err(format!("its ids do not run from 0 without gaps and repetitions (at {place})"))
        }
        None => Ok(()),
    }
}
