//! The network: its file, and its way from words to scores.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::head::{PairHead, check_classes};
use super::memory::PairMemory;
use super::{HeadIndex, Pair};
use crate::Parser;
use crate::kernel::packed::Packed8;
use crate::kernel::rows::{Norm, add_row, normalise, quantise_row8};
use crate::kernel::{LANES, Simd, Task, Vectors, flat_mut};
use crate::layers::{Layers, clear_window};
use crate::model::{ModelError, Tensors};
use crate::network::sized;
use crate::sealed;
use crate::weights::{Linear, Table, read_norm};

/// Puts the header before a safetensors payload: the bytes of a pair network's file.
pub fn seal(payload: &[u8]) -> Vec<u8> {
    sealed::PAIRS.seal(payload)
}

/// A small network over a parser's context vectors that scores words and pairs of words. It is
/// immutable and shared between threads; each thread has a [`PairMemory`] of its own.
///
/// See the [module](super) for what it computes.
pub struct PairNetwork {
    /// Tells the network apart from all others of this process.
    id: u64,
    simd: Simd,
    width: usize,
    tables: Vec<Table>,
    norm: Norm,
    layers: Layers,
    word_classes: usize,
    /// What is read off each word: its own logits, then the maps of every head.
    maps: Linear<Packed8>,
    heads: Vec<PairHead>,
    blobs: BTreeMap<String, Vec<u8>>,
}

impl PairNetwork {
    /// Reads a network from the bytes of its file. It uses the instructions that the parser uses.
    ///
    /// # Errors
    /// If the bytes are no pair network, of another version, damaged, or were trained on another
    /// parser's vectors.
    pub fn from_bytes(file: &[u8], parser: &Parser) -> Result<Self, ModelError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let (payload, _) = sealed::PAIRS.open(file)?;
        let tensors = Tensors::new(payload)?;
        check_parser(&tensors, parser)?;
        let [width, layers, tables] = tensors.numbers("sizes")?;
        if width != parser.width() {
            let problem = format!("vectors of {width}, but the parser's have {}", parser.width());
            return Err(ModelError::damaged("sizes", problem));
        }
        let table = |number: usize| Table::read(&tensors, &format!("word.{number}"), width);
        let (_, _, word_classes) = tensors.matrix("word.head")?;
        check_classes("word.head", word_classes)?;
        let heads = PairHead::read_all(&tensors, word_classes.div_ceil(LANES))?;
        Ok(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            simd: parser.simd(),
            width,
            tables: (0..tables).map(table).collect::<Result<_, ModelError>>()?,
            norm: read_norm(&tensors, "word", width)?,
            layers: Layers::read(&tensors, 0..layers, width)?,
            word_classes,
            maps: read_maps(&tensors, width, word_classes, &heads)?,
            heads,
            blobs: read_blobs(&tensors)?,
        })
    }

    /// Width of the vectors that it reads: the parser's.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows that [`PairNetwork::encode`] wants for each word: one of each table.
    pub fn word_tables(&self) -> usize {
        self.tables.len()
    }

    /// Number of classes that it scores words for.
    pub fn word_classes(&self) -> usize {
        self.word_classes
    }

    /// The head of this name; `None` if there is none.
    pub fn head(&self, name: &str) -> Option<HeadIndex> {
        self.heads.iter().position(|head| head.name == name).map(HeadIndex)
    }

    /// Number of classes that a head scores pairs for.
    ///
    /// # Panics
    /// If the head is of another network that has more of them.
    pub fn classes(&self, head: HeadIndex) -> usize {
        self.heads[head.0].classes
    }

    /// Bytes that training put into the file for the network's user; `None` if there are none of
    /// this name.
    pub fn blob(&self, name: &str) -> Option<&[u8]> {
        self.blobs.get(name).map(Vec::as_slice)
    }

    /// Encodes the words of a sentence: their logits are then in `memory`, and their pairs can be
    /// [scored](PairNetwork::score).
    ///
    /// `vectors` are the [sentence's](crate::Sentence::vectors); `rows` has for each word a row of
    /// each table, word after word. A row that the table does not have adds nothing. A sentence
    /// may have any number of words, none too. One of given tokens that is so long that the parser
    /// takes it in pieces is still one sentence here: the parser's vectors know nothing of the
    /// other pieces, but the layers of this network look across the cuts.
    ///
    /// # Panics
    /// If the vectors are no whole words, or the rows are not as many as the words want.
    pub fn encode(&self, memory: &mut PairMemory, vectors: &[f32], rows: &[u32]) {
        let words = vectors.len() / self.width;
        assert!(vectors.len() == words * self.width, "{} values are no whole vectors", vectors.len());
        assert!(rows.len() == words * self.tables.len(), "{} rows for {words} words", rows.len());
        memory.network = self.id;
        (memory.words, memory.map_blocks, memory.word_classes) =
            (words, self.maps.packed.blocks(), self.word_classes);
        memory.pairs = 0;
        self.simd.run(Encode { network: self, memory, vectors, rows });
    }

    /// Scores any number of pairs of the words that were encoded last: their logits are then in
    /// `memory`, those of pairs scored before are gone.
    ///
    /// # Panics
    /// If a pair has a word that the sentence does not have, this network did not encode the
    /// sentence, or the head is of another network that has more of them.
    pub fn score(&self, memory: &mut PairMemory, head: HeadIndex, pairs: &[Pair]) {
        assert!(memory.network == self.id, "the words were not encoded by this network");
        let head = &self.heads[head.0];
        (memory.pairs, memory.pair_classes) = (pairs.len(), head.classes);
        self.simd.run(Score { head, memory, pairs });
    }
}

/// Checks that the network was trained on the vectors of this parser.
fn check_parser(tensors: &Tensors<'_>, parser: &Parser) -> Result<(), ModelError> {
    let wanted =
        String::from_utf8(tensors.bytes("parser")?).map_err(|error| ModelError::damaged("parser", error))?;
    if wanted.len() != blake3::OUT_LEN * 2 || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ModelError::damaged("parser", format!("{wanted:?} is no hexadecimal hash")));
    }
    let found = parser.model_hash();
    match wanted == found {
        true => Ok(()),
        false => Err(ModelError::OtherParser { wanted, found: found.to_owned() }),
    }
}

/// All maps of single words, side by side.
fn read_maps(
    tensors: &Tensors<'_>,
    width: usize,
    word_classes: usize,
    heads: &[PairHead],
) -> Result<Linear<Packed8>, ModelError> {
    let own = std::iter::once(("word.head".to_owned(), word_classes));
    let parts: Vec<(String, usize)> = own.chain(heads.iter().flat_map(PairHead::maps)).collect();
    let parts: Vec<(&str, usize)> = parts.iter().map(|(name, outputs)| (name.as_str(), *outputs)).collect();
    Linear::fused(tensors, &parts, width)
}

/// All bytes that are not the network's own.
fn read_blobs(tensors: &Tensors<'_>) -> Result<BTreeMap<String, Vec<u8>>, ModelError> {
    let names = tensors.names_of_bytes().filter(|name| !matches!(*name, "parser" | "heads"));
    names.map(|name| Ok((name.to_owned(), tensors.bytes(name)?))).collect()
}

struct Encode<'n> {
    network: &'n PairNetwork,
    memory: &'n mut PairMemory,
    vectors: &'n [f32],
    rows: &'n [u32],
}

impl Task for Encode<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, v: V) {
        let Self { network: PairNetwork { width, tables, norm, layers, maps, .. }, memory, .. } = self;
        let PairMemory { words, x, window, sums, hidden, .. } = memory;
        let (words, width) = (*words, *width);
        let x = sized(x, words * width / LANES);
        flat_mut(x).copy_from_slice(self.vectors);
        clear_window(v, words, width, window);
        let scale = layers.input_scale(maps.input_scale);
        let q = v.inputs8(window)[width..].chunks_exact_mut(width);
        for (word, (x, q)) in x.chunks_exact_mut(width / LANES).zip(q).enumerate() {
            let rows = &self.rows[word * tables.len()..];
            for (row, scale) in tables.iter().zip(rows).filter_map(|(table, &row)| table.row(row)) {
                add_row(v, row, scale, x);
            }
            normalise(v, x, norm);
            quantise_row8(v, x, scale, q);
        }
        layers.run(v, maps.input_scale, x, window, sums, hidden);
        let blocks = maps.packed.blocks();
        let sums = sized(sums, words * blocks);
        v.multiply8(&maps.packed, &v.inputs8(window)[width..], width, sums);
        maps.affine.apply_rows(v, sums, sized(&mut memory.maps, words * blocks));
    }
}

struct Score<'n> {
    head: &'n PairHead,
    memory: &'n mut PairMemory,
    pairs: &'n [Pair],
}

impl Task for Score<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, v: V) {
        self.head.score(v, self.pairs, self.memory);
    }
}
