//! The folder of a pretrained BERT-class encoder, with the checks that its files fit together.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

const WORD_EMBEDDINGS: &str = "embeddings.word_embeddings.weight";

/// Sizes of an encoder, from its `config.json`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct EncoderSizes {
    #[serde(rename = "hidden_size")]
    pub width: usize,
    /// Width inside the second half of a layer.
    #[serde(rename = "intermediate_size")]
    pub inner: usize,
    #[serde(rename = "num_hidden_layers")]
    pub layers: usize,
    #[serde(rename = "num_attention_heads")]
    pub heads: usize,
    /// Longest input in word pieces, the two marks at its ends among them.
    #[serde(rename = "max_position_embeddings")]
    pub longest: usize,
    /// Kinds of text that word embeddings are told apart by; only the first is used.
    #[serde(rename = "type_vocab_size")]
    pub kinds: usize,
}

impl EncoderSizes {
    /// # Errors
    /// Names the field of `config.json` that no encoder can have so.
    fn check(&self) -> Result<()> {
        let fields = [
            ("hidden_size", self.width, 1),
            ("intermediate_size", self.inner, 1),
            ("num_hidden_layers", self.layers, 1),
            ("num_attention_heads", self.heads, 1),
            // A word between its two marks.
            ("max_position_embeddings", self.longest, 3),
            ("type_vocab_size", self.kinds, 1),
        ];
        for (name, size, least) in fields {
            ensure!(size >= least, "{name} is {size}: it must be at least {least}");
        }
        let (width, heads) = (self.width, self.heads);
        ensure!(
            width.is_multiple_of(heads),
            "hidden_size is {width}: it must be a multiple of num_attention_heads, {heads}"
        );
        Ok(())
    }
}

/// An encoder's vocabulary and weights as its folder has them.
pub struct Pretrained {
    folder: PathBuf,
    /// The WordPiece vocabulary, in the order of its rows.
    pub vocabulary: Vec<String>,
    weights: HashMap<String, Tensor>,
}

impl Pretrained {
    /// Reads `vocab.txt` and `model.safetensors`.
    ///
    /// # Errors
    /// If one cannot be read, or the vocabulary has no `[UNK]`, or more or fewer pieces than there
    /// are word embeddings.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("vocab.txt");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let vocabulary: Vec<String> = text.lines().map(str::to_owned).collect();
        let path = folder.join("model.safetensors");
        let weights = candle_core::safetensors::load(&path, &Device::Cpu)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let encoder = Self { folder: folder.to_owned(), vocabulary, weights };
        let (pieces, rows) = (encoder.vocabulary.len(), encoder.word_embeddings()?.dim(0)?);
        ensure!(
            pieces == rows,
            "vocab.txt in {} has {pieces} pieces, but {WORD_EMBEDDINGS} in model.safetensors has {rows} rows: they are not of one encoder",
            folder.display()
        );
        encoder.row("[UNK]")?;
        Ok(encoder)
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    /// If it cannot be read, lacks a field, or a field has a value that no encoder can have.
    pub fn sizes(&self) -> Result<EncoderSizes> {
        let path = self.folder.join("config.json");
        let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let read = || -> Result<EncoderSizes> {
            let sizes: EncoderSizes = serde_json::from_slice(&text)?;
            sizes.check()?;
            Ok(sizes)
        };
        read().with_context(|| format!("in {}", path.display()))
    }

    /// The vocabulary's row of a piece that the encoder cannot do without.
    ///
    /// # Errors
    /// If the vocabulary does not have it.
    pub fn row(&self, piece: &str) -> Result<u32> {
        let row = self.vocabulary.iter().position(|other| other == piece);
        let row = row.with_context(|| {
            format!(
                "no {piece} in {}: it is no WordPiece vocabulary",
                self.folder.join("vocab.txt").display()
            )
        })?;
        Ok(u32::try_from(row)?)
    }

    /// The input embeddings of the word pieces, `[pieces, width]`.
    ///
    /// # Errors
    /// If there are none, or they are no matrix.
    pub fn word_embeddings(&self) -> Result<Tensor> {
        let tensor = self.weight(WORD_EMBEDDINGS)?;
        let shape = tensor.dims();
        ensure!(shape.len() == 2, "{WORD_EMBEDDINGS} has the shape {shape:?} in {}", self.file().display());
        Ok(tensor)
    }

    /// The weights of that name, in f32.
    ///
    /// # Errors
    /// If there are none, or their shape is not the one wanted.
    pub fn weights(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let tensor = self.weight(name)?;
        ensure!(
            tensor.dims() == shape,
            "{name} has the shape {:?} in {}, but by config.json it is {shape:?}",
            tensor.dims(),
            self.file().display()
        );
        Ok(tensor)
    }

    fn weight(&self, name: &str) -> Result<Tensor> {
        let tensor = self.weights.get(name);
        let tensor = tensor.with_context(|| format!("no tensor {name} in {}", self.file().display()))?;
        Ok(tensor.to_dtype(DType::F32)?)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("model.safetensors")
    }
}
