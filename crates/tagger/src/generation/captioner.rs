//! From images to captions as texts.

use candle_core::Tensor;

use super::{Generated, GenerationConfig, GenerationError, TagThresholds};
use crate::model::Tag2Text;
use crate::nn::Context;
use crate::preprocessing::{PROMPT, TAG_LENGTH, TextTokenizer, TokenBatch, join_tags};

/// A model with its tokenizer, its tags and their thresholds: what captions images.
#[derive(Clone, Copy, Debug)]
pub struct Captioner<'a> {
    model: &'a Tag2Text,
    tokenizer: &'a TextTokenizer,
    tags: &'a [String],
    thresholds: &'a TagThresholds,
}

/// What guides the captions.
#[derive(Clone, Copy, Debug)]
pub enum CaptionTags<'a> {
    /// The tags that the model finds.
    Predicted,
    /// These ids, a list for each image, in any order.
    Ids(&'a [Vec<u32>]),
    /// These texts, one for each image, such as `dog | beach`; see [`user_tags`].
    Texts(&'a [String]),
}

/// A caption, and what led to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    /// What people read.
    pub text: String,
    /// The tags that guided it: `dog | beach`.
    pub tags: String,
    /// Its tokens, and its score if there is one.
    pub generated: Generated,
}

impl<'a> Captioner<'a> {
    /// `tags` are the names of the model's tags, by id.
    ///
    /// # Errors
    /// If these do not belong together.
    pub fn new(
        model: &'a Tag2Text,
        tokenizer: &'a TextTokenizer,
        tags: &'a [String],
        thresholds: &'a TagThresholds,
    ) -> Result<Self, GenerationError> {
        let config = model.config();
        let require = |condition: bool, message: String| {
            if condition { Ok(()) } else { Err(GenerationError::Mismatch(message)) }
        };
        require(
            tags.len() == config.tags,
            format!("the model has {} tags, their list {}", config.tags, tags.len()),
        )?;
        let (tokens, special) = (config.text.vocabulary, tokenizer.special());
        require(
            tokenizer.vocabulary_size() == tokens,
            format!("the model has {tokens} tokens, its tokenizer {}", tokenizer.vocabulary_size()),
        )?;
        let ours = [config.text.pad, config.tokens.sep, config.tokens.bos, config.tokens.enc];
        let theirs = [special.pad, special.sep, special.bos, special.enc];
        require(
            ours == theirs,
            format!(
                "padding, [SEP], [DEC] and [ENC] are {ours:?} to the model and {theirs:?} to its tokenizer"
            ),
        )?;
        let length = config.tag_tokens;
        require(
            length == TAG_LENGTH,
            format!("the model takes {length} tokens of tags, its tokenizer gives {TAG_LENGTH}"),
        )?;
        thresholds.validate(config.tags)?;
        Ok(Self { model, tokenizer, tags, thresholds })
    }

    /// Scores of all tags, from 0 to 1, for each image of E (B, N, D).
    ///
    /// # Errors
    /// If E has another width.
    pub fn tag_scores(&self, image: &Tensor, context: &Context) -> Result<Vec<Vec<f32>>, GenerationError> {
        let logits = self.model.tag_logits(image, context)?.to_vec2::<f32>()?;
        // A score that is no number would look as if the image had no tag.
        if logits.iter().flatten().any(|logit| logit.is_nan()) {
            return Err(GenerationError::NotANumber);
        }
        let score = |logit: f32| 1.0 / (1.0 + (-logit).exp());
        Ok(logits.into_iter().map(|row| row.into_iter().map(score).collect()).collect())
    }

    /// A caption for each image of E (B, N, D), guided by its tags.
    ///
    /// # Errors
    /// If a tag does not exist, there are not as many tags as images, or as
    /// [`Tag2Text::generate`].
    pub fn caption(
        &self,
        image: &Tensor,
        tags: CaptionTags<'_>,
        config: &GenerationConfig,
        context: &Context,
    ) -> Result<Vec<Caption>, GenerationError> {
        let texts = self.tag_texts(image, tags, context)?;
        let (expected, found) = (image.dim(0)?, texts.len());
        if found != expected {
            return Err(GenerationError::Count { what: "tags", found, expected });
        }
        let TokenBatch { rows, length, ids, mask } = self.tokenizer.tag_batch(&texts)?;
        let ids = Tensor::from_vec(ids, (rows, length), image.device())?;
        let mask = Tensor::from_vec(mask, (rows, length), image.device())?;
        let prompt = self.tokenizer.prompt_ids()?;
        let generated = self.model.generate(image, &ids, &mask, &prompt, config, context)?;
        let captions = texts.into_iter().zip(generated).map(|(tags, generated)| {
            let text = caption_text(self.tokenizer, &generated.ids);
            Caption { text, tags, generated }
        });
        Ok(captions.collect())
    }

    fn tag_texts(
        &self,
        image: &Tensor,
        tags: CaptionTags<'_>,
        context: &Context,
    ) -> Result<Vec<String>, GenerationError> {
        match tags {
            CaptionTags::Predicted => {
                let scores = self.tag_scores(image, context)?;
                scores.iter().map(|scores| self.tag_text(&self.thresholds.tags(scores))).collect()
            }
            CaptionTags::Ids(ids) => ids.iter().map(|ids| self.tag_text(ids)).collect(),
            CaptionTags::Texts(texts) => Ok(texts.to_vec()),
        }
    }

    /// Each tag once, by id, as in training.
    fn tag_text(&self, ids: &[u32]) -> Result<String, GenerationError> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let name = |&tag: &u32| {
            let unknown = GenerationError::UnknownTag { tag, tags: self.tags.len() };
            self.tags.get(tag as usize).map(String::as_str).ok_or(unknown)
        };
        Ok(join_tags(ids.iter().map(name).collect::<Result<Vec<_>, _>>()?))
    }
}

/// The caption that these tokens are, without the prompt and special tokens.
///
/// As in the release, what is dropped is as many characters as the prompt has with its last space.
/// That equals dropping the prompt's tokens, unless the first token after them is no new word.
#[must_use]
pub fn caption_text(tokenizer: &TextTokenizer, ids: &[u32]) -> String {
    tokenizer.decode(ids).chars().skip(PROMPT.chars().count()).collect()
}

/// Tags as people write them, with commas, as the tag encoder expects them.
///
/// ```
/// assert_eq!(tagger::generation::user_tags("dog, beach | train"), "dog | beach | train");
/// ```
#[must_use]
pub fn user_tags(text: &str) -> String {
    join_tags(text.split([',', '|']).map(str::trim).filter(|tag| !tag.is_empty()))
}
