use tag_vocabulary::Vocabulary;

use super::CheckpointProblem;
use crate::generation::TagThresholds;
use crate::model::{AlignmentConfig, SpecialTokens, Tag2TextConfig};
use crate::preprocessing::{Preprocess, TextTokenizer};

/// All of a model but its weights.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its sizes.
    pub config: Tag2TextConfig,
    /// The tags, whose ids are the positions of the logits.
    pub vocabulary: Vocabulary,
    /// The tokenizer of tags and captions.
    pub tokenizer: TextTokenizer,
    /// What is done with an image before the model sees it.
    pub preprocess: Preprocess,
    /// How high the tags' scores must be.
    pub thresholds: TagThresholds,
    /// Sizes of what aligns images and texts, if the model has it.
    pub alignment: Option<AlignmentConfig>,
}

impl Description {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// If they do not; the error says which two parts.
    pub fn check(&self) -> Result<(), CheckpointProblem> {
        self.config.validate()?;
        self.disagreement().map_or(Ok(()), |problem| Err(CheckpointProblem::Inconsistent(problem)))
    }

    fn disagreement(&self) -> Option<String> {
        let Self { config, vocabulary, tokenizer, preprocess, thresholds, alignment: _ } = self;
        let tokens = special_tokens(tokenizer);
        if config.tags != vocabulary.len() {
            let tags = vocabulary.len();
            return Some(format!("the model is for {} tags, the vocabulary has {tags}", config.tags));
        }
        if config.text.vocabulary != tokenizer.vocabulary_size() {
            return Some(format!(
                "the model is for {} tokens, the tokenizer has {}",
                config.text.vocabulary,
                tokenizer.vocabulary_size()
            ));
        }
        if config.tokens != tokens || config.text.pad != tokenizer.special().pad {
            let (model, pad) = (config.tokens, config.text.pad);
            return Some(format!(
                "the model's special tokens are {model:?} and {pad}, the tokenizer's {tokens:?} and {}",
                tokenizer.special().pad
            ));
        }
        if config.image.image_size() != preprocess.size as usize {
            let size = config.image.image_size();
            return Some(format!(
                "the model takes images of {size} pixels a side, the preprocessing makes {}",
                preprocess.size
            ));
        }
        check_thresholds(thresholds, config.tags).err()
    }

    /// Checks that the model was made for this vocabulary; `what` names the model in the error.
    ///
    /// # Errors
    /// If it was not; the error names both hashes.
    pub fn check_vocabulary(&self, vocabulary: &Vocabulary, what: &str) -> Result<(), CheckpointProblem> {
        Ok(vocabulary.check_hash(self.vocabulary.hash(), what)?)
    }
}

/// The tokenizer's special tokens, as the model's configuration has them.
pub(super) fn special_tokens(tokenizer: &TextTokenizer) -> SpecialTokens {
    let special = tokenizer.special();
    SpecialTokens { cls: special.cls, sep: special.sep, bos: special.bos, enc: special.enc }
}

fn check_thresholds(thresholds: &TagThresholds, tags: usize) -> Result<(), String> {
    let mut all = thresholds.exceptions.values().chain([&thresholds.default]);
    if let Some(wrong) = all.find(|threshold| !(0.0..=1.0).contains(*threshold)) {
        return Err(format!("the threshold {wrong} does not lie between 0 and 1"));
    }
    let mut ids = thresholds.exceptions.keys().chain(&thresholds.deleted);
    match ids.find(|&&id| id as usize >= tags) {
        Some(id) => Err(format!("the thresholds name the tag {id}, and there are only {tags} tags")),
        None => Ok(()),
    }
}
