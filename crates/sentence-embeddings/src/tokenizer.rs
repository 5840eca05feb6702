//! BERT's WordPiece tokenizer, from `tokenizer.json` or `vocab.txt`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::bert::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer, TruncationParams};

use crate::EncoderError;
use crate::configuration::Configuration;
use crate::files::{read_text, unsuitable};

/// Texts to ids of word pieces, `[CLS]` first and `[SEP]` last.
pub(crate) struct TextTokenizer(Tokenizer);

impl TextTokenizer {
    pub(crate) fn open(folder: &Path, configuration: &Configuration) -> Result<Self, EncoderError> {
        let (json, list) = (folder.join("tokenizer.json"), folder.join("vocab.txt"));
        let (path, text): (PathBuf, String) = if !json.exists() && list.exists() {
            (list, read_text(&folder.join("vocab.txt"))?)
        } else {
            let text = read_text(&json)?;
            (json, text)
        };
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let make = || if is_json { from_json(&text) } else { from_list(&text, configuration.lowercase) };
        // The library trusts what it reads.
        let tokenizer = panic_guard::catch(|| make().and_then(|tokenizer| prepare(tokenizer, configuration)));
        let tokenizer = tokenizer.and_then(|result| result);
        tokenizer.map(Self).map_err(|reason| unsuitable(&path, reason))
    }

    /// The ids of a text's pieces; at least the two marks, at most `longest` ids.
    pub(crate) fn ids(&self, text: &str) -> Result<Vec<u32>, EncoderError> {
        let encoding = panic_guard::catch(|| self.0.encode_fast(text, true));
        let encoding = encoding.and_then(|result| result.map_err(|error| error.to_string()));
        let encoding = encoding.map_err(|reason| EncoderError::Encode { text: text.to_owned(), reason })?;
        Ok(encoding.get_ids().to_vec())
    }
}

fn from_json(text: &str) -> Result<Tokenizer, String> {
    let tokenizer: Tokenizer = text.parse().map_err(|error: tokenizers::Error| error.to_string())?;
    // What else a tokenizer may have (patterns, replacements) is not BERT's, and could take any time and memory.
    let is_bert = matches!(tokenizer.get_model(), ModelWrapper::WordPiece(_))
        && matches!(tokenizer.get_normalizer(), Some(NormalizerWrapper::BertNormalizer(_)))
        && matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)));
    if is_bert { Ok(tokenizer) } else { Err("it is no tokenizer of BERT's (WordPiece)".to_owned()) }
}

/// A vocabulary, a piece a line; ids are the lines' places.
fn from_list(text: &str, lowercase: bool) -> Result<Tokenizer, String> {
    let mut seen = HashSet::new();
    for (place, piece) in text.lines().enumerate() {
        let piece = piece.trim_end();
        if piece.is_empty() || !seen.insert(piece) {
            return Err(format!("line {} is empty or stands there twice", place + 1));
        }
    }
    let failed = |error: tokenizers::Error| error.to_string();
    let pieces = WordPiece::read_bytes(text.as_bytes()).map_err(failed)?;
    let mut tokenizer = Tokenizer::new(WordPiece::builder().vocab(pieces).build().map_err(failed)?);
    let normalizer = BertNormalizer::new(true, true, None, lowercase);
    tokenizer.with_normalizer(Some(normalizer)).map_err(failed)?;
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let special = special.into_iter().filter(|token| tokenizer.token_to_id(token).is_some());
    let special: Vec<_> = special.map(|token| tokenizers::AddedToken::from(token, true)).collect();
    tokenizer.add_special_tokens(special).map_err(failed)?;
    Ok(tokenizer)
}

/// Marks at both ends and the cut are the model's, whatever the file has; every id has a row of embeddings.
fn prepare(mut tokenizer: Tokenizer, configuration: &Configuration) -> Result<Tokenizer, String> {
    let id = |token: &str| tokenizer.token_to_id(token).ok_or_else(|| format!("it has no {token}"));
    let (cls, sep) = (id("[CLS]")?, id("[SEP]")?);
    if let ModelWrapper::WordPiece(pieces) = tokenizer.get_model() {
        id(&pieces.unk_token)?;
    }
    let rows = configuration.model.vocab_size;
    let most = tokenizer.get_vocab(true).into_values().max().unwrap_or(0);
    if most as usize >= rows {
        return Err(format!("it has the id {most}, but by config.json there are {rows} word embeddings"));
    }
    let marks = BertProcessing::new(("[SEP]".to_owned(), sep), ("[CLS]".to_owned(), cls));
    tokenizer.with_post_processor(Some(marks));
    tokenizer.with_padding(None);
    let cut = TruncationParams { max_length: configuration.longest, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(cut)).map_err(|error| error.to_string())?;
    Ok(tokenizer)
}
