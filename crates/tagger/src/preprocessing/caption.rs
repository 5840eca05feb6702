//! Captions and tags as token ids.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::tokenizer::{TextTokenizer, TokenizerError};

/// What captions are prompted with.
pub const PROMPT: &str = "a picture of ";
/// Ids of a row of tags.
pub const TAG_LENGTH: usize = 40;
/// Most ids of a caption.
pub const CAPTION_LENGTH: usize = 40;
/// Words of a caption that are kept.
pub const CAPTION_WORDS: usize = 30;
/// The target of a position that has no part in the loss.
pub const IGNORED: i64 = -100;

/// Whether captions start with [`PROMPT`] in training. Its positions are hidden from the loss either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// It is put before each caption: what inference expects.
    #[default]
    Prepended,
    /// It is not, and yet as many positions are hidden: the released code does so, and its model never learns to
    /// say the first pieces of a caption. For parity only.
    HiddenOnly,
}

/// Rows of ids of equal length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBatch {
    /// Number of rows.
    pub rows: usize,
    /// Ids a row.
    pub length: usize,
    /// Ids of shape (rows, length), flattened; short rows end in `[PAD]`.
    pub ids: Vec<u32>,
    /// 1 where there is an id, 0 where there is padding; shaped as the ids.
    pub mask: Vec<u32>,
}

/// Captions for the text decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptionBatch {
    /// The ids, `[DEC]` first.
    pub tokens: TokenBatch,
    /// What is to be predicted, shaped as the ids and not shifted: the ids, and [`IGNORED`] for prompt and padding.
    pub targets: Vec<i64>,
}

impl CaptionBatch {
    /// How many positions have a part in the loss. With 0 its mean does not exist: leave the batch out.
    #[must_use]
    pub fn visible(&self) -> usize {
        self.targets.iter().filter(|&&target| target != IGNORED).count()
    }
}

/// A caption as the model is trained on it: lower case, some punctuation to spaces, spaces joined, at most `words`
/// words.
///
/// ```
/// use tagger::preprocessing::pre_caption;
///
/// assert_eq!(pre_caption("A man, riding a  wave...", 30), "a man, riding a wave");
/// ```
#[must_use]
pub fn pre_caption(caption: &str, words: usize) -> String {
    let mut text = String::with_capacity(caption.len());
    let mut spaces = String::new();
    for character in caption.to_lowercase().chars() {
        let character = if ".!\"()*#:;~".contains(character) { ' ' } else { character };
        if is_space(character) {
            spaces.push(character);
        } else {
            push_spaces(&mut text, &mut spaces);
            text.push(character);
        }
    }
    push_spaces(&mut text, &mut spaces);
    let text = text.trim_end_matches('\n').trim_matches(' ');
    text.split(' ').take(words).collect::<Vec<_>>().join(" ")
}

/// Two or more spaces of any kind become one; a single one stays what it is.
fn push_spaces(text: &mut String, spaces: &mut String) {
    text.push_str(if spaces.chars().nth(1).is_some() { " " } else { spaces });
    spaces.clear();
}

/// Python's `\s`, which has four control characters that Unicode's white space does not have.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// Tags as one text: `person | dog | frisbee`.
#[must_use]
pub fn join_tags<'a>(tags: impl IntoIterator<Item = &'a str>) -> String {
    tags.into_iter().collect::<Vec<_>>().join(" | ")
}

/// In which order an image's tags are told to the tag encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagOrder {
    /// By their ids, as the released code does, and as all inference does. What does not fit into
    /// [`TAG_LENGTH`] is then always the tags of the largest ids.
    #[default]
    ById,
    /// Shuffled anew for each visit of an image, as the paper trains.
    Shuffled,
}

impl TagOrder {
    /// An image's tags, given by their ids, as one text of their `names`. The same `visit` gives the
    /// same order: see [`visit_seed`](super::visit_seed). Ids that have no name are left out.
    ///
    /// ```
    /// use tagger::preprocessing::TagOrder;
    ///
    /// let names = ["dog", "frisbee", "grass", "catch"];
    /// assert_eq!(TagOrder::ById.text(&[3, 0, 2], &names, 7), "dog | grass | catch");
    /// let shuffled = TagOrder::Shuffled.text(&[3, 0, 2], &names, 7);
    /// assert_eq!(shuffled.split(" | ").count(), 3);
    /// ```
    #[must_use]
    pub fn text<S: AsRef<str>>(self, ids: &[u32], names: &[S], visit: u64) -> String {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        if self == Self::Shuffled {
            ids.shuffle(&mut ChaCha8Rng::seed_from_u64(visit));
        }
        join_tags(ids.iter().filter_map(|&id| names.get(id as usize)).map(AsRef::as_ref))
    }
}

impl TextTokenizer {
    /// How many positions at a caption's start are hidden from the loss: `[DEC]` and [`PROMPT`]'s pieces.
    ///
    /// # Errors
    /// If the tokenizer fails.
    pub fn prompt_length(&self) -> Result<usize, TokenizerError> {
        Ok(self.prompt_ids()?.len())
    }

    /// What generation starts from: `[DEC]` and [`PROMPT`]'s pieces, without `[SEP]`.
    ///
    /// # Errors
    /// If the tokenizer fails.
    pub fn prompt_ids(&self) -> Result<Vec<u32>, TokenizerError> {
        let mut ids = self.encode(PROMPT, self.special().bos, CAPTION_LENGTH)?;
        ids.pop();
        Ok(ids)
    }

    /// Tags for the tag encoder, each row a text as [`join_tags`] makes it: exactly [`TAG_LENGTH`] ids a row, the
    /// first `[ENC]`, the last that is not padding `[SEP]`. What does not fit is left out.
    ///
    /// # Errors
    /// If the tokenizer fails on a text.
    pub fn tag_batch<S: AsRef<str>>(&self, texts: &[S]) -> Result<TokenBatch, TokenizerError> {
        let enc = self.special().enc;
        let rows = texts.iter().map(|text| self.encode(text.as_ref(), enc, TAG_LENGTH));
        Ok(self.pad(&rows.collect::<Result<Vec<_>, _>>()?, TAG_LENGTH))
    }

    /// Texts for an encoder, the first id `first` (`[CLS]` or `[ENC]`), at most `length` ids, padded to the
    /// longest.
    ///
    /// # Errors
    /// If the tokenizer fails on a text.
    pub fn text_batch<S: AsRef<str>>(
        &self,
        texts: &[S],
        first: u32,
        length: usize,
    ) -> Result<TokenBatch, TokenizerError> {
        let rows: Vec<_> =
            texts.iter().map(|text| self.encode(text.as_ref(), first, length)).collect::<Result<_, _>>()?;
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        Ok(self.pad(&rows, longest))
    }

    /// Captions for the text decoder, cleaned by [`pre_caption`] before or not: at most [`CAPTION_LENGTH`] ids,
    /// padded to the longest, with their targets.
    ///
    /// # Errors
    /// If the tokenizer fails on a caption.
    pub fn caption_batch<S: AsRef<str>>(
        &self,
        captions: &[S],
        prompt: Prompt,
    ) -> Result<CaptionBatch, TokenizerError> {
        let before = match prompt {
            Prompt::Prepended => PROMPT,
            Prompt::HiddenOnly => "",
        };
        let texts: Vec<String> =
            captions.iter().map(|caption| format!("{before}{}", caption.as_ref())).collect();
        let tokens = self.text_batch(&texts, self.special().bos, CAPTION_LENGTH)?;
        let (pad, hidden) = (self.special().pad, self.prompt_length()?);
        let target = |(place, &id): (usize, &u32)| {
            if place % tokens.length < hidden || id == pad { IGNORED } else { i64::from(id) }
        };
        let targets = tokens.ids.iter().enumerate().map(target).collect();
        Ok(CaptionBatch { tokens, targets })
    }

    fn pad(&self, rows: &[Vec<u32>], length: usize) -> TokenBatch {
        let filled =
            |row: &Vec<u32>, fill| row.iter().copied().chain(std::iter::repeat(fill)).take(length).collect();
        let ids = rows.iter().flat_map(|row| -> Vec<u32> { filled(row, self.special().pad) }).collect();
        let mask =
            rows.iter().flat_map(|row| (0..length).map(|place| u32::from(place < row.len()))).collect();
        TokenBatch { rows: rows.len(), length, ids, mask }
    }
}
