//! Sentences cut into word pieces, as the encoder takes them.

use anyhow::Result;
use candle_core::{Device, Tensor};
use caption_parser::model::{FeatureSpace, WordFeatures};

use crate::treebank::Example;

/// The vocabulary rows that begin and end a sentence.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    pub begin: u32,
    pub end: u32,
}

/// A sentence cut into word pieces, the marks at its ends among them.
pub struct CutSentence {
    ids: Vec<u32>,
    /// Shape of the word that a piece belongs to.
    shapes: Vec<u32>,
    /// Places of each word's first and last piece; the first mark's for a word without pieces.
    words: Vec<(u32, u32)>,
}

impl CutSentence {
    /// Cuts the words into pieces; the marks get the shape `no_shape`.
    pub fn new(example: &Example, space: &FeatureSpace, marks: Marks, no_shape: u32) -> Self {
        let mut features = WordFeatures::default();
        let (mut ids, mut shapes) = (vec![marks.begin], vec![no_shape]);
        let mut words = Vec::with_capacity(example.len());
        for form in &example.forms {
            space.extract(form, &mut features);
            let first = ids.len() as u32;
            ids.extend(&features.pieces);
            shapes.resize(ids.len(), features.shape);
            let end = ids.len() as u32;
            words.push(if end > first { (first, end - 1) } else { (0, 0) });
        }
        ids.push(marks.end);
        shapes.push(no_shape);
        Self { ids, shapes, words }
    }

    /// Number of pieces.
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}

/// A batch of sentences as word pieces, padded.
pub struct PieceBatch {
    pub rows: usize,
    pub length: usize,
    /// `[rows * length]`
    pub ids: Tensor,
    /// Shape of the word that a piece belongs to, `[rows * length]`.
    pub shapes: Tensor,
    /// `[rows, 1, 1, length]`: 0 for a piece, -1e9 for padding.
    pub padding: Tensor,
    /// Positions of each word's first and last piece, `[rows * words]` each.
    pub first: Tensor,
    pub last: Tensor,
}

impl PieceBatch {
    /// Lays the sentences out in rows of one length; `words` is the batch's padded length in
    /// words. `no_shape` is the padding's shape.
    pub fn new(sentences: &[CutSentence], words: usize, no_shape: u32) -> Result<Self> {
        let rows = sentences.len();
        let length = sentences.iter().map(CutSentence::len).max().unwrap_or(0);
        let mut ids = vec![0u32; rows * length];
        let mut shapes = vec![no_shape; rows * length];
        let mut padding = vec![-1e9f32; rows * length];
        let (mut first, mut last) = (vec![0u32; rows * words], vec![0u32; rows * words]);
        for (row, sentence) in sentences.iter().enumerate() {
            let start = row * length;
            let pieces = start..start + sentence.len();
            ids[pieces.clone()].copy_from_slice(&sentence.ids);
            shapes[pieces.clone()].copy_from_slice(&sentence.shapes);
            padding[pieces].fill(0.0);
            for (word, &(from, to)) in sentence.words.iter().enumerate() {
                let at = row * words + word;
                (first[at], last[at]) = (start as u32 + from, start as u32 + to);
            }
        }
        let device = &Device::Cpu;
        Ok(Self {
            rows,
            length,
            ids: Tensor::new(ids, device)?,
            shapes: Tensor::new(shapes, device)?,
            padding: Tensor::from_vec(padding, (rows, 1, 1, length), device)?,
            first: Tensor::new(first, device)?,
            last: Tensor::new(last, device)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary;

    const NO_SHAPE: u32 = 64;

    #[test]
    fn words_know_their_pieces() {
        let vocabulary = ["[UNK]", "[CLS]", "[SEP]", "play", "##ing", "dog"].map(str::to_owned);
        let forms = vocabulary::forms(&[], 1).unwrap().0;
        let space = FeatureSpace::new(vocabulary::pieces(&vocabulary).unwrap(), forms).unwrap();
        let cut = |forms: &[&str]| {
            let forms = forms.iter().map(|form| (*form).to_owned()).collect();
            let example = Example { forms, ..Example::default() };
            CutSentence::new(&example, &space, Marks { begin: 1, end: 2 }, NO_SHAPE)
        };
        let sentences = [cut(&["Dog", "playing"]), cut(&["", "dog"])];
        assert_eq!(sentences.each_ref().map(CutSentence::len), [5, 3]);
        let batch = PieceBatch::new(&sentences, 3, NO_SHAPE).unwrap();
        let list = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<u32>().unwrap();
        assert_eq!(list(&batch.ids), [1, 5, 3, 4, 2, 1, 5, 2, 0, 0]);
        // The word without pieces stands on its sentence's first mark.
        assert_eq!(list(&batch.first), [1, 2, 0, 5, 6, 0]);
        assert_eq!(list(&batch.last), [1, 3, 0, 5, 6, 0]);
        let shapes = list(&batch.shapes);
        assert!(shapes[1] != shapes[2] && shapes[2] == shapes[3] && shapes[3] == shapes[6], "{shapes:?}");
        assert!([0, 4, 5, 7, 8, 9].iter().all(|&at| shapes[at] == NO_SHAPE), "{shapes:?}");
        let padding = batch.padding.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(padding, [[0.0; 5], [0.0, 0.0, 0.0, -1e9, -1e9]].concat());
    }
}
