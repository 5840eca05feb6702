//! The parser's network, in its trainable form.
//!
//! Word vectors are sums of table rows. Windowed maxout layers with residuals give each word
//! its context, as in spaCy's encoder (Honnibal et al. 2020). Heads: a linear tagger; a biaffine
//! arc scorer (Dozat & Manning 2017) with a learned preference for distances; a relation
//! classifier over word, head and distance.

use candle_core::{Device, Result, Tensor};
use caption_parser::model::{AFFIX_ROWS, DISTANCES, NetworkSizes, SHAPE_ROWS};
use caption_parser::{DependencyRelation, Upos};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::batch::Batch;
use crate::parameters::Parameters;

/// How much is dropped in training; all zero for evaluation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dropout {
    pub word: f32,
    pub layer: f32,
    pub head: f32,
}

pub struct Network {
    pub parameters: Parameters,
    pub sizes: NetworkSizes,
}

/// Scores of one batch.
pub struct Scores {
    /// `[B * L, parts of speech]`
    pub upos: Tensor,
    /// `[B, L, 1 + L]`: column 0 is the root, column 1 + j word j as head; padding is -1e9.
    pub arcs: Tensor,
    /// `[B * L, relations]` for the heads of the batch.
    pub relations: Tensor,
    /// Largest absolute input of every product that is quantised, by name.
    pub ranges: Vec<(String, Tensor)>,
}

impl Network {
    /// A network with random weights and `forms` rows of known words, the unknown word's among
    /// them. The vectors of word pieces, `[rows, sizes.pieces]`, stay
    /// as they are given and only their projection is learned: so a piece that no treebank has
    /// still lies beside those it is like.
    pub fn new(sizes: NetworkSizes, forms: usize, vectors: Vec<f32>, rng: &mut ChaCha8Rng) -> Result<Self> {
        let NetworkSizes { width, head, layers, pieces } = sizes;
        let mut parameters = Parameters::default();
        let rows = vectors.len() / pieces;
        parameters.freeze("pieces", vectors, &[rows, pieces])?;
        parameters.linear("projection", pieces, width, rng)?;
        parameters.uniform("forms", &[forms, width], 0.1, rng)?;
        parameters.uniform("affixes", &[AFFIX_ROWS as usize, width], 0.05, rng)?;
        parameters.uniform("shapes", &[SHAPE_ROWS as usize, width], 0.1, rng)?;
        parameters.insert("word.norm", vec![1.0; width], &[width])?;
        parameters.insert("word.norm.bias", vec![0.0; width], &[width])?;
        for layer in 0..layers {
            parameters.linear(&format!("layer{layer}"), 3 * width, 2 * width, rng)?;
            parameters.insert(&format!("layer{layer}.norm"), vec![1.0; width], &[width])?;
            parameters.insert(&format!("layer{layer}.norm.bias"), vec![0.0; width], &[width])?;
        }
        parameters.linear("upos", width, Upos::ALL.len(), rng)?;
        parameters.linear("arc.dependent", width, head, rng)?;
        parameters.linear("arc.head", width, head, rng)?;
        parameters.linear("arc.bilinear", head, head, rng)?;
        parameters.linear("arc.distance", head, DISTANCES, rng)?;
        parameters.uniform("arc.root", &[1, head], 0.1, rng)?;
        parameters.linear("relation.dependent", width, head, rng)?;
        parameters.linear("relation.head", width, head, rng)?;
        parameters.uniform("relation.root", &[1, head], 0.1, rng)?;
        parameters.uniform("relation.distance", &[DISTANCES, head], 0.1, rng)?;
        parameters.linear("relation", head, DependencyRelation::ALL.len(), rng)?;
        Ok(Self { parameters, sizes })
    }

    pub fn forward(&self, batch: &Batch, dropout: Dropout, rng: &mut ChaCha8Rng) -> Result<Scores> {
        let (rows, length) = (batch.rows, batch.length);
        let width = self.sizes.width;
        let mut ranges = Vec::new();
        let types = self.word_vectors(batch, &mut ranges)?;
        let mut x = types.index_select(&batch.positions, 0)?;
        x = drop(&x, dropout.word, rng)?.broadcast_mul(&batch.mask)?;
        for layer in 0..self.sizes.layers {
            let name = format!("layer{layer}");
            ranges.push((name.clone(), largest(&x)?));
            let context = self.parameters.maxout(&name, &window(&x.reshape((rows, length, width))?)?)?;
            let context = drop(&context, dropout.layer, rng)?;
            x = (x + context)?.broadcast_mul(&batch.mask)?;
        }
        ranges.push(("heads".to_owned(), largest(&x)?));
        let upos = self.parameters.apply("upos", &x)?;
        let arcs = self.arcs(batch, &x, dropout.head, rng, &mut ranges)?;
        let relations = self.relations(batch, &x, dropout.head, rng, &mut ranges)?;
        Ok(Scores { upos, arcs, relations, ranges })
    }

    /// Vectors of the batch's distinct words, `[words, width]`.
    fn word_vectors(&self, batch: &Batch, ranges: &mut Vec<(String, Tensor)>) -> Result<Tensor> {
        let words = batch.forms.dim(0)?;
        let width = self.sizes.width;
        let rows = |table: &str, ids: &Tensor| self.parameters.get(table)?.index_select(ids, 0);
        let pieces = rows("pieces", &batch.pieces)?.reshape((words, (), self.sizes.pieces))?;
        let pieces = pieces.broadcast_mul(&batch.piece_weights)?.sum(1)?;
        ranges.push(("projection".to_owned(), largest(&pieces)?));
        let pieces = self.parameters.apply("projection", &pieces)?;
        let affixes = rows("affixes", &batch.affixes)?.reshape((words, (), width))?.sum(1)?;
        let sum = (((pieces + affixes)? + rows("forms", &batch.forms)?)? + rows("shapes", &batch.shapes)?)?;
        self.parameters.normalise("word", &sum)
    }

    fn arcs(
        &self,
        batch: &Batch,
        x: &Tensor,
        dropout: f32,
        rng: &mut ChaCha8Rng,
        ranges: &mut Vec<(String, Tensor)>,
    ) -> Result<Tensor> {
        let (rows, length, head) = (batch.rows, batch.length, self.sizes.head);
        let dependent = drop(&self.parameters.apply("arc.dependent", x)?.relu()?, dropout, rng)?;
        ranges.push(("arc.dependent".to_owned(), largest(&dependent)?));
        let heads = drop(&self.parameters.apply("arc.head", x)?.relu()?, dropout, rng)?;
        let query = self.parameters.apply("arc.bilinear", &dependent)?;
        ranges.push(("arc.query".to_owned(), largest(&query)?));
        let root = self.parameters.get("arc.root")?.broadcast_as((rows, 1, head))?;
        let heads = Tensor::cat(&[&root, &heads.reshape((rows, length, head))?], 1)?;
        ranges.push(("arc.key".to_owned(), largest(&heads)?));
        let scores = query.reshape((rows, length, head))?.matmul(&heads.transpose(1, 2)?.contiguous()?)?;
        let scores = (scores / (head as f64).sqrt())?;
        let distances =
            self.parameters.apply("arc.distance", &dependent)?.reshape((rows, length, DISTANCES))?;
        let scores = (scores + distances.gather(&batch.distances, 2)?)?;
        scores + &batch.forbidden
    }

    fn relations(
        &self,
        batch: &Batch,
        x: &Tensor,
        dropout: f32,
        rng: &mut ChaCha8Rng,
        ranges: &mut Vec<(String, Tensor)>,
    ) -> Result<Tensor> {
        let root = self.parameters.get("relation.root")?;
        let heads = Tensor::cat(&[root, &self.parameters.apply("relation.head", x)?], 0)?;
        let distances =
            self.parameters.get("relation.distance")?.index_select(&batch.answers.head_distances, 0)?;
        let sum = (self.parameters.apply("relation.dependent", x)?
            + heads.index_select(&batch.answers.head_rows, 0)?)?;
        let hidden = drop(&(sum + distances)?.relu()?, dropout, rng)?;
        ranges.push(("relation".to_owned(), largest(&hidden)?));
        self.parameters.apply("relation", &hidden)
    }
}

/// `[B, L, W]` to `[B * L, 3 W]`: the word before, the word, the word after; zeros at the ends.
fn window(x: &Tensor) -> Result<Tensor> {
    let (rows, length, width) = x.dims3()?;
    let edge = Tensor::zeros((rows, 1, width), x.dtype(), x.device())?;
    let before = Tensor::cat(&[&edge, &x.narrow(1, 0, length - 1)?], 1)?;
    let after = Tensor::cat(&[&x.narrow(1, 1, length - 1)?, &edge], 1)?;
    Tensor::cat(&[&before, x, &after], 2)?.reshape((rows * length, 3 * width))
}

/// The largest absolute value.
pub fn largest(x: &Tensor) -> Result<Tensor> {
    x.detach().abs()?.max_all()
}

/// Inverted dropout with a mask drawn from the seeded generator (candle's own is not seeded).
pub fn drop(x: &Tensor, rate: f32, rng: &mut ChaCha8Rng) -> Result<Tensor> {
    if rate == 0.0 {
        return Ok(x.clone());
    }
    let threshold = (f64::from(rate) * 65536.0) as u16;
    let kept = 1.0 / (1.0 - rate);
    let mask: Vec<f32> =
        (0..x.elem_count()).map(|_| if rng.random::<u16>() < threshold { 0.0 } else { kept }).collect();
    x * Tensor::from_vec(mask, x.shape(), &Device::Cpu)?
}
