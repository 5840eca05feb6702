//! The teacher: a pretrained encoder under biaffine heads (Dozat & Manning 2017).
//!
//! Too slow to parse millions of captions with, but right more often: it labels the captions
//! that the parser then learns from.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use candle_core::{DType, Device, Tensor, Var};
use caption_parser::model::{AFFIX_ROWS, FeatureSpace, SHAPE_ROWS};
use caption_parser::{DependencyRelation, Upos};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::batch::Batch;
use crate::encoder;
use crate::network::{Scores, drop};
use crate::parameters::Parameters;
use crate::pretrained::{EncoderSizes, Pretrained};
use crate::training::Learner;
use crate::treebank::Example;
use crate::vocabulary;
use crate::word_pieces::{CutSentence, Marks, PieceBatch};

/// Width of a word's affix vector.
const AFFIX: usize = 64;
/// Widths of the spaces in which arcs and relations are scored.
const ARC: usize = 256;
const RELATION: usize = 96;
/// Share of activations dropped in training, under and within the heads.
const DROPOUT: f32 = 0.25;
/// The encoder learns at this share of the heads' rate.
const ENCODER_RATE: f32 = 0.15;

pub struct Teacher {
    parameters: Parameters,
    sizes: EncoderSizes,
    space: FeatureSpace,
    marks: Marks,
}

impl Teacher {
    /// The encoder of a folder (`vocab.txt`, `config.json`, `model.safetensors`) under new heads.
    pub fn new(folder: &Path, rng: &mut ChaCha8Rng) -> Result<Self> {
        let mut parameters = Parameters::default();
        let pretrained = Pretrained::open(folder)?;
        let sizes = encoder::load(&pretrained, &mut parameters)?;
        let marks = Marks { begin: pretrained.row("[CLS]")?, end: pretrained.row("[SEP]")? };
        let pieces = vocabulary::pieces(&pretrained.vocabulary)?;
        let space = FeatureSpace::new(pieces, vocabulary::forms(&[], 1)?.0)?;
        let width = sizes.width;
        let shapes = SHAPE_ROWS as usize + 1;
        parameters.insert("encoder.shapes", vec![0.0; shapes * width], &[shapes, width])?;
        parameters.uniform("affixes", &[AFFIX_ROWS as usize, AFFIX], 0.05, rng)?;
        parameters.linear("affix", AFFIX, width, rng)?;
        parameters.linear("upos", width, Upos::ALL.len(), rng)?;
        parameters.linear("arc.dependent", width, ARC, rng)?;
        parameters.linear("arc.head", width, ARC, rng)?;
        parameters.linear("arc.bilinear", ARC, ARC, rng)?;
        parameters.uniform("arc.root", &[1, ARC], 0.1, rng)?;
        parameters.linear("relation.dependent", width, RELATION, rng)?;
        parameters.linear("relation.head", width, RELATION, rng)?;
        parameters.uniform("relation.root", &[1, RELATION], 0.1, rng)?;
        let relations = DependencyRelation::ALL.len();
        parameters.linear("relation.bilinear", RELATION, relations * RELATION, rng)?;
        parameters.linear("relation.linear", 2 * RELATION, relations, rng)?;
        Ok(Self { parameters, sizes, space, marks })
    }

    /// The weights as a safetensors file: those of the heads and of the encoder, which has
    /// learned too, but for its word embeddings, which stay as the encoder's folder has them.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok(safetensors::serialize(
            self.parameters.named().map(|(name, variable)| (name, variable.as_tensor())),
            None,
        )?)
    }

    /// The teacher of a file that [`Self::to_bytes`] made, and of the folder of the encoder that
    /// it began as.
    ///
    /// # Errors
    /// If a tensor of the file is missing, superfluous or of another shape than the encoder's. The
    /// file does not tell two encoders of the same shape apart.
    pub fn load(folder: &Path, file: &Path) -> Result<Self> {
        // Every weight that is drawn here is replaced.
        let teacher = Self::new(folder, &mut ChaCha8Rng::seed_from_u64(0))?;
        let tensors = candle_core::safetensors::load(file, &Device::Cpu)
            .with_context(|| format!("cannot read the teacher {}", file.display()))?;
        teacher.take(tensors).with_context(|| {
            format!("{} is no teacher that began as the encoder in {}", file.display(), folder.display())
        })?;
        Ok(teacher)
    }

    /// Takes a tensor for each variable.
    fn take(&self, mut tensors: HashMap<String, Tensor>) -> Result<()> {
        for (name, variable) in self.parameters.named() {
            let tensor = tensors.remove(name).with_context(|| format!("it has no tensor {name}"))?;
            let (found, wanted) = (tensor.dims(), variable.dims());
            ensure!(found == wanted, "its tensor {name} has the shape {found:?}, not {wanted:?}");
            let kind = tensor.dtype();
            ensure!(kind == DType::F32, "its tensor {name} is of {}, not f32", kind.as_str());
            variable.set(&tensor)?;
        }
        match tensors.keys().min() {
            Some(name) => bail!("it has a tensor {name}, for which this encoder has no place"),
            None => Ok(()),
        }
    }

    /// True if the encoder has positions enough for the sentence.
    pub fn fits(&self, example: &Example) -> bool {
        self.cut(example).len() <= self.sizes.longest
    }

    fn cut(&self, example: &Example) -> CutSentence {
        CutSentence::new(example, &self.space, self.marks, SHAPE_ROWS)
    }

    /// The batch of the examples and its word vectors, `[rows * length, width]`.
    pub fn encode(&self, examples: &[&Example], rng: &mut ChaCha8Rng) -> Result<(Batch, Tensor)> {
        let batch = Batch::new(examples, &self.space, 0.0, rng)?;
        let sentences: Vec<CutSentence> = examples.iter().map(|example| self.cut(example)).collect();
        let pieces = PieceBatch::new(&sentences, batch.length, SHAPE_ROWS)?;
        let x = encoder::encode(&self.parameters, self.sizes, &pieces)?;
        let rows = |table: &str, ids: &Tensor| self.parameters.get(table)?.index_select(ids, 0);
        let affixes = rows("affixes", &batch.affixes)?.reshape((batch.forms.dim(0)?, (), AFFIX))?.sum(1)?;
        let affixes = self.parameters.apply("affix", &affixes)?.index_select(&batch.positions, 0)?;
        Ok((batch, (x + affixes)?))
    }

    pub fn upos(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.parameters.apply("upos", x)?)
    }

    /// Arc scores, `[rows, length, 1 + length]`, as in [`Scores`].
    pub fn arcs(&self, batch: &Batch, x: &Tensor, dropout: f32, rng: &mut ChaCha8Rng) -> Result<Tensor> {
        let (rows, length) = (batch.rows, batch.length);
        let dependent = drop(&self.parameters.apply("arc.dependent", x)?.relu()?, dropout, rng)?;
        let heads = drop(&self.parameters.apply("arc.head", x)?.relu()?, dropout, rng)?;
        let query = self.parameters.apply("arc.bilinear", &dependent)?.reshape((rows, length, ARC))?;
        let root = self.parameters.get("arc.root")?.broadcast_as((rows, 1, ARC))?;
        let keys = Tensor::cat(&[&root, &heads.reshape((rows, length, ARC))?], 1)?;
        let scores = (query.matmul(&keys.transpose(1, 2)?.contiguous()?)? / (ARC as f64).sqrt())?;
        Ok((scores + &batch.forbidden)?)
    }

    /// Relation scores for the heads given as rows, 0 the root, 1 + i the batch's word i.
    pub fn relations(
        &self,
        head_rows: &Tensor,
        x: &Tensor,
        dropout: f32,
        rng: &mut ChaCha8Rng,
    ) -> Result<Tensor> {
        let dependent = drop(&self.parameters.apply("relation.dependent", x)?.relu()?, dropout, rng)?;
        let heads = drop(&self.parameters.apply("relation.head", x)?.relu()?, dropout, rng)?;
        let heads =
            Tensor::cat(&[self.parameters.get("relation.root")?, &heads], 0)?.index_select(head_rows, 0)?;
        let words = x.dim(0)?;
        let pairs = self.parameters.apply("relation.bilinear", &dependent)?.reshape((words, (), RELATION))?;
        let pairs = pairs.broadcast_mul(&heads.unsqueeze(1)?)?.sum(2)?;
        let alone = self.parameters.apply("relation.linear", &Tensor::cat(&[&dependent, &heads], 1)?)?;
        Ok((pairs + alone)?)
    }
}

impl Learner for Teacher {
    fn scores(&self, examples: &[&Example], training: bool, rng: &mut ChaCha8Rng) -> Result<(Batch, Scores)> {
        let dropout = if training { DROPOUT } else { 0.0 };
        let (batch, x) = self.encode(examples, rng)?;
        let x = drop(&x, dropout, rng)?;
        let upos = self.upos(&x)?;
        let arcs = self.arcs(&batch, &x, dropout, rng)?;
        let relations = self.relations(&batch.answers.head_rows, &x, dropout, rng)?;
        Ok((batch, Scores { upos, arcs, relations, ranges: Vec::new() }))
    }

    fn variables(&self) -> Vec<(Var, f32)> {
        let rate = |name: &str| {
            if name.starts_with("encoder.") && name != "encoder.shapes" { ENCODER_RATE } else { 1.0 }
        };
        self.parameters.named().map(|(name, variable)| (variable.clone(), rate(name))).collect()
    }
}
