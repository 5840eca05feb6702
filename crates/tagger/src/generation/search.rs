//! The loop around the decoder, for a whole batch.

use candle_core::{DType, Tensor};
use rayon::prelude::*;

use super::beam::BeamSearch;
use super::rules::Rules;
use super::single::{Nucleus, SingleSearch};
use super::{GenerationConfig, GenerationError, Search};
use crate::model::{KeyValueCache, ModelError, Tag2Text};
use crate::nn::Context;

/// A generated text.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The prompt's token ids, those that follow, and `[SEP]` unless the text was cut off at its
    /// greatest length.
    pub ids: Vec<u32>,
    /// Of a beam search: the mean logarithm of probability over its tokens, those of the prompt
    /// counted with 0.
    pub score: Option<f32>,
}

/// One image's search, which looks at some rows of the batch.
pub(super) trait RowSearch: Send {
    /// How many texts it goes on with.
    fn rows(&self) -> usize;

    /// Takes the logits (V) after each of its texts, and says how it goes on; nothing if it ends.
    fn advance(&mut self, logits: &[&[f32]]) -> Vec<Step>;

    /// The best text.
    fn finish(self: Box<Self>) -> Generated;
}

/// One of the texts that a search goes on with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Which of its former texts it continues.
    pub(super) parent: usize,
    /// With which token.
    pub(super) token: u32,
}

impl Tag2Text {
    /// A caption for each image of E (B, N, D), guided by its tags: token ids (B, 40) with their
    /// mask (B, 40). All captions begin with the ids of `prompt`.
    ///
    /// An image's caption does not depend on the others in the batch.
    ///
    /// # Errors
    /// If the settings contradict themselves or the model, shapes differ, an id is out of range,
    /// or the model gives something that is not a number.
    pub fn generate(
        &self,
        image: &Tensor,
        tag_ids: &Tensor,
        tag_mask: &Tensor,
        prompt: &[u32],
        config: &GenerationConfig,
        context: &Context,
    ) -> Result<Vec<Generated>, GenerationError> {
        config.validate(prompt.len(), self.config().text.positions)?;
        let tags = self.tag_encode(tag_ids, tag_mask, image, context)?;
        let images = tags.dim(0)?;
        let searches = (0..images).map(|_| new_search(prompt, config, self.config().tokens.sep)).collect();
        let mut batch = Batch { model: self, tags: &tags, cache: KeyValueCache::new(), context };
        batch.run(prompt, searches, config.max_length)
    }
}

fn new_search(prompt: &[u32], config: &GenerationConfig, end: u32) -> Box<dyn RowSearch> {
    let rules = Rules::new(config, end);
    match config.search {
        Search::Greedy | Search::Beam { beams: 1 } => Box::new(SingleSearch::greedy(prompt, rules)),
        Search::Beam { beams } => Box::new(BeamSearch::new(prompt, beams, rules, config.max_length)),
        Search::Nucleus { top_p, top_k, seed } => {
            Box::new(SingleSearch::sampled(prompt, rules, Nucleus::new(top_p, top_k, seed)))
        }
    }
}

/// The decoder at work on the texts of all images.
struct Batch<'a> {
    model: &'a Tag2Text,
    tags: &'a Tensor,
    cache: KeyValueCache,
    context: &'a Context,
}

impl Batch<'_> {
    fn run(
        &mut self,
        prompt: &[u32],
        mut searches: Vec<Box<dyn RowSearch>>,
        max_length: usize,
    ) -> Result<Vec<Generated>, GenerationError> {
        // The prompt once an image: its texts are still the same.
        let mut logits = self.next(&prompt.repeat(searches.len()), prompt.len())?;
        let mut rows: Vec<Vec<usize>> =
            searches.iter().enumerate().map(|(image, search)| vec![image; search.rows()]).collect();
        for length in prompt.len() + 1..=max_length {
            let steps = advance(&mut searches, &rows, &logits);
            let (parents, tokens) = lay_out(&steps, &mut rows);
            if tokens.is_empty() || length == max_length {
                break;
            }
            self.keep(&parents, logits.rows)?;
            logits = self.next(&tokens, 1)?;
        }
        Ok(searches.into_iter().map(|search| search.finish()).collect())
    }

    /// What may follow these ids, `length` for each text.
    fn next(&mut self, ids: &[u32], length: usize) -> Result<Logits, GenerationError> {
        let ids = Tensor::from_slice(ids, (ids.len() / length, length), self.tags.device())?;
        let next = self.model.text_decoder().next(&ids, self.tags, &mut self.cache, self.context);
        let logits = next.map_err(ModelError::from)?;
        let (rows, vocabulary) = logits.dims2()?;
        let values: Vec<f32> = logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        if !values.iter().all(|value| value.is_finite()) {
            return Err(GenerationError::NotANumber);
        }
        Ok(Logits { rows, vocabulary, values })
    }

    /// Goes on with these of the texts.
    fn keep(&mut self, parents: &[u32], rows: usize) -> Result<(), GenerationError> {
        if !parents.iter().copied().eq(0..rows as u32) {
            self.cache.select(&Tensor::from_slice(parents, parents.len(), self.tags.device())?)?;
        }
        Ok(())
    }
}

/// (rows, vocabulary).
struct Logits {
    rows: usize,
    vocabulary: usize,
    values: Vec<f32>,
}

impl Logits {
    fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.vocabulary..(row + 1) * self.vocabulary]
    }
}

/// Every search that has rows looks at them.
fn advance(searches: &mut [Box<dyn RowSearch>], rows: &[Vec<usize>], logits: &Logits) -> Vec<Vec<Step>> {
    let look = |(search, rows): (&mut Box<dyn RowSearch>, &Vec<usize>)| {
        let logits: Vec<&[f32]> = rows.iter().map(|&row| logits.row(row)).collect();
        if logits.is_empty() { Vec::new() } else { search.advance(&logits) }
    };
    searches.par_iter_mut().zip(rows).map(look).collect()
}

/// The rows of the next batch, search by search: which row each continues, and its token. `rows`
/// then says where each search finds its own.
fn lay_out(steps: &[Vec<Step>], rows: &mut [Vec<usize>]) -> (Vec<u32>, Vec<u32>) {
    let (mut parents, mut tokens) = (Vec::new(), Vec::new());
    for (steps, rows) in steps.iter().zip(rows) {
        let first = parents.len();
        parents.extend(steps.iter().map(|step| rows[step.parent] as u32));
        tokens.extend(steps.iter().map(|step| step.token));
        *rows = (first..parents.len()).collect();
    }
    (parents, tokens)
}
