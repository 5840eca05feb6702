//! The network over the parser's vectors, in its trainable form: what `caption_parser::pairs` runs.

use candle_core::{DType, Device, Result, Tensor};
use rand_chacha::ChaCha8Rng;
use scene_graph::factual::features::{LINK_ROWS, WORD_ROWS, relation_rows};
use scene_graph::factual::{FIRST_LABEL, Link, Vocabulary};

use super::batch::{Batch, Pairs};
use crate::network::{drop, largest};
use crate::parameters::Parameters;

/// Names of the heads.
pub const LINK: &str = "link";
pub const RELATION: &str = "relation";

/// Sizes of the network.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Width of the parser's vectors.
    pub width: usize,
    /// Context layers.
    pub layers: usize,
    /// Width of the links' head.
    pub link: usize,
    /// Width of the relations' head.
    pub relation: usize,
}

/// A head over pairs of words.
#[derive(Clone, Debug)]
pub struct Head {
    pub name: &'static str,
    pub hidden: usize,
    pub classes: usize,
    /// Rows of each of its tables.
    pub tables: Vec<usize>,
}

pub struct GraphNetwork {
    pub parameters: Parameters,
    pub sizes: Sizes,
    /// Rows of the words' tables.
    pub tables: [usize; 2],
    pub heads: [Head; 2],
}

/// Scores of one batch.
pub struct Scores {
    /// `[words, 2]`
    pub things: Tensor,
    /// `[pairs, classes]` for links and relations.
    pub links: Tensor,
    pub relations: Tensor,
    /// Largest absolute input of every product that is quantised, by name.
    pub ranges: Vec<(String, Tensor)>,
}

impl GraphNetwork {
    /// A network with random weights, for a vocabulary with so many forms.
    pub fn new(sizes: Sizes, forms: usize, vocabulary: &Vocabulary, rng: &mut ChaCha8Rng) -> Result<Self> {
        let Sizes { width, layers, link, relation } = sizes;
        let tables = [forms, WORD_ROWS];
        let labels = vocabulary.labels().len() + FIRST_LABEL;
        let heads = [
            Head { name: LINK, hidden: link, classes: Link::ALL.len(), tables: LINK_ROWS.to_vec() },
            Head {
                name: RELATION,
                hidden: relation,
                classes: labels,
                tables: relation_rows(vocabulary).to_vec(),
            },
        ];
        let mut parameters = Parameters::default();
        for (index, rows) in tables.into_iter().enumerate() {
            parameters.uniform(&format!("word.{index}"), &[rows, width], 0.1, rng)?;
        }
        let norm = |parameters: &mut Parameters, name: &str| {
            parameters.insert(&format!("{name}.norm"), vec![1.0; width], &[width])?;
            parameters.insert(&format!("{name}.norm.bias"), vec![0.0; width], &[width])
        };
        norm(&mut parameters, "word")?;
        for layer in 0..layers {
            parameters.linear(&format!("layer{layer}"), 3 * width, 2 * width, rng)?;
            norm(&mut parameters, &format!("layer{layer}"))?;
        }
        parameters.linear("word.head", width, 2, rng)?;
        for Head { name, hidden, classes, tables } in &heads {
            for part in ["first", "second", "first_factor", "second_factor"] {
                parameters.linear(&format!("{name}.{part}"), width, *hidden, rng)?;
            }
            for (index, &rows) in tables.iter().enumerate() {
                parameters.uniform(&format!("{name}.{index}"), &[rows, *hidden], 0.1, rng)?;
            }
            parameters.linear(&format!("{name}.head"), *hidden, *classes, rng)?;
        }
        Ok(Self { parameters, sizes, tables, heads })
    }

    pub fn forward(&self, batch: &Batch, dropout: f32, rng: &mut ChaCha8Rng) -> Result<Scores> {
        let mut ranges = Vec::new();
        let mut x = batch.vectors.clone();
        for (index, rows) in batch.rows.iter().enumerate() {
            x = (x + self.parameters.get(&format!("word.{index}"))?.index_select(rows, 0)?)?;
        }
        x = drop(&self.parameters.normalise("word", &x)?, dropout, rng)?;
        for layer in 0..self.sizes.layers {
            let name = format!("layer{layer}");
            ranges.push((name.clone(), largest(&x)?));
            let context = self.parameters.maxout(&name, &window(&x, batch)?)?;
            x = (x + drop(&context, dropout, rng)?)?;
        }
        ranges.push(("heads".to_owned(), largest(&x)?));
        let things = self.parameters.apply("word.head", &x)?;
        let [link, relation] = &self.heads;
        let links = self.pairs(link, &x, &batch.links, dropout, rng, &mut ranges)?;
        let relations = self.pairs(relation, &x, &batch.relations, dropout, rng, &mut ranges)?;
        Ok(Scores { things, links, relations, ranges })
    }

    /// `[pairs, classes]`; `[0, 1]` without pairs.
    fn pairs(
        &self,
        head: &Head,
        x: &Tensor,
        pairs: &Pairs,
        dropout: f32,
        rng: &mut ChaCha8Rng,
        ranges: &mut Vec<(String, Tensor)>,
    ) -> Result<Tensor> {
        if pairs.count == 0 {
            return Tensor::zeros((0, 1), DType::F32, &Device::Cpu);
        }
        let name = head.name;
        let side = |part: &str, of: &Tensor| {
            self.parameters.apply(&format!("{name}.{part}"), x)?.index_select(of, 0)
        };
        let product = (side("first_factor", &pairs.first)? * side("second_factor", &pairs.second)?)?;
        let mut sum = ((side("first", &pairs.first)? + side("second", &pairs.second)?)? + product)?;
        for (index, rows) in pairs.rows.iter().enumerate().take(head.tables.len()) {
            sum = (sum + self.parameters.get(&format!("{name}.{index}"))?.index_select(rows, 0)?)?;
        }
        let hidden = drop(&sum.relu()?, dropout, rng)?;
        ranges.push((name.to_owned(), largest(&hidden)?));
        self.parameters.apply(&format!("{name}.head"), &hidden)
    }
}

/// `[words, W]` to `[words, 3 W]`: the word before, the word, the word after; zeros at the ends of
/// sentences.
fn window(x: &Tensor, batch: &Batch) -> Result<Tensor> {
    let (words, width) = x.dims2()?;
    let edge = Tensor::zeros((1, width), x.dtype(), x.device())?;
    let before = Tensor::cat(&[&edge, &x.narrow(0, 0, words - 1)?], 0)?.broadcast_mul(&batch.has_before)?;
    let after = Tensor::cat(&[&x.narrow(0, 1, words - 1)?, &edge], 0)?.broadcast_mul(&batch.has_after)?;
    Tensor::cat(&[&before, x, &after], 1)
}
