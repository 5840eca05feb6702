//! Texts to vectors.

use std::path::Path;

use candle_core::{Device, Tensor};
use candle_transformers::models::bert::BertModel;
use rayon::prelude::*;

use crate::configuration::Configuration;
use crate::tokenizer::TextTokenizer;
use crate::{Embeddings, EncoderError, weights};

/// Word pieces that go through the model at once. More takes memory and gains little.
const PIECES: usize = 1024;

/// A BERT encoder of sentences, opened from a folder.
pub struct SentenceEncoder {
    model: BertModel,
    tokenizer: TextTokenizer,
    width: usize,
}

/// Fewest word pieces. Products of fewer rows take other ways through candle's kernels, which round otherwise:
/// a text's vector would depend on its company in the last bits.
const LEAST_PIECES: usize = 65;

/// Texts of equal length in word pieces: without padding, what a text gives does not depend on the others.
struct Batch {
    /// Places of the texts.
    texts: Vec<usize>,
    /// Their ids, text by text.
    ids: Vec<u32>,
}

impl SentenceEncoder {
    /// Opens a folder as sentence-transformers publishes it: `config.json`, `model.safetensors`, and
    /// `tokenizer.json` or `vocab.txt`. What `sentence_bert_config.json`, `tokenizer_config.json`,
    /// `modules.json` and `1_Pooling/config.json` say is heeded where they are there.
    ///
    /// # Errors
    /// [`EncoderError::Read`] if a file is missing or cannot be read, [`EncoderError::Unsuitable`] if one is
    /// damaged, of another kind of model, or does not fit the others. No content of a file brings more
    /// trouble than that.
    pub fn open(folder: &Path) -> Result<Self, EncoderError> {
        let configuration = Configuration::open(folder)?;
        let tokenizer = TextTokenizer::open(folder, &configuration)?;
        let model = weights::open(folder, &configuration.model)?;
        Ok(Self { model, tokenizer, width: configuration.model.hidden_size })
    }

    /// Numbers in a text's vector (384 for MiniLM).
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The vectors of the texts, row by row, `[texts, width]`; each has length one.
    ///
    /// A vector is the mean of the model's outputs over the text's word pieces, its two marks among them.
    /// So an empty text has one too. What is longer than the model's longest text (256 pieces for MiniLM)
    /// counts up to there. A vector depends on its text alone. `progress` is told from any thread how many
    /// texts more are done.
    ///
    /// # Errors
    /// [`EncoderError::Encode`] if a text's vector has numbers that are not finite: with damaged weights alone.
    pub fn encode(
        &self,
        texts: &[impl AsRef<str> + Sync],
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Embeddings, EncoderError> {
        let failed = |place: usize, reason: String| EncoderError::Encode {
            text: texts.get(place).map(|text| text.as_ref().to_owned()).unwrap_or_default(),
            reason,
        };
        let batches = self.batches(texts)?;
        let run = |batch: &Batch| {
            let vectors = self.pooled(batch);
            let first = batch.texts.first().copied().unwrap_or_default();
            let vectors = vectors.map_err(|error| failed(first, error.to_string()))?;
            progress(batch.texts.len());
            Ok(vectors)
        };
        let vectors: Vec<Vec<f32>> = batches.par_iter().map(run).collect::<Result<_, _>>()?;
        let mut values = vec![0.0; texts.len() * self.width];
        for (batch, vectors) in batches.iter().zip(vectors) {
            for (&place, vector) in batch.texts.iter().zip(vectors.chunks_exact(self.width)) {
                if vector.iter().any(|value| !value.is_finite()) {
                    return Err(failed(place, "the model gives numbers that are not finite".to_owned()));
                }
                values[place * self.width..][..self.width].copy_from_slice(vector);
            }
        }
        Embeddings::new(self.width, values).map_err(|error| failed(0, error.to_string()))
    }

    fn batches(&self, texts: &[impl AsRef<str>]) -> Result<Vec<Batch>, EncoderError> {
        let ids = texts.iter().map(|text| self.tokenizer.ids(text.as_ref()));
        let ids: Vec<Vec<u32>> = ids.collect::<Result<_, _>>()?;
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&place| ids[place].len());
        let alike = order.chunk_by(|&a, &b| ids[a].len() == ids[b].len());
        let batch = |texts: &[usize]| Batch {
            texts: texts.to_vec(),
            ids: texts.iter().flat_map(|&place| ids[place].iter().copied()).collect(),
        };
        let parts = alike.flat_map(|run| run.chunks((PIECES / ids[run[0]].len().max(1)).max(1)));
        Ok(parts.map(batch).collect())
    }

    /// The means of the batch, `[texts, width]`, row by row.
    fn pooled(&self, batch: &Batch) -> candle_core::Result<Vec<f32>> {
        let (texts, length) = (batch.texts.len(), batch.ids.len() / batch.texts.len().max(1));
        let rows = texts.max(LEAST_PIECES.div_ceil(length.max(1)));
        let ids = batch.ids.iter().cycle().take(rows * length).copied();
        let ids = Tensor::from_iter(ids, &Device::Cpu)?.reshape((rows, length))?;
        let outputs = self.model.forward(&ids, &ids.zeros_like()?, None)?;
        outputs.narrow(0, 0, texts)?.mean(1)?.flatten_all()?.to_vec1()
    }
}
