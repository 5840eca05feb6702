//! A head: what it scores of a pair of words.

use super::memory::PairMemory;
use super::{MOST_TABLES, Pair};
use crate::kernel::packed::{MOST_INPUTS, Packed16};
use crate::kernel::rows::{plus_row, quantise, relu};
use crate::kernel::{LANES, Lanes, Vectors};
use crate::model::{ModelError, Tensors};
use crate::network::sized;
use crate::weights::{Linear, Table};

/// What a head makes of each word: see [`PairHead::maps`].
const MAPS: [&str; 4] = ["first", "second", "first_factor", "second_factor"];
/// Most classes that words or pairs are told apart by.
const MOST_CLASSES: usize = 1 << 14;
/// Most heads of a network.
const MOST_HEADS: usize = 64;
/// Pairs that are scored together: whole tiles on every instruction set, and few enough that what
/// is between the products stays in the first cache.
const TOGETHER: usize = 48;

/// What the file says of a head before its weights.
struct Sizes<'f> {
    name: &'f str,
    hidden: usize,
    classes: usize,
    tables: usize,
}

/// A head's weights but for the maps of single words, which are multiplied with those of all heads.
pub(super) struct PairHead {
    pub(super) name: String,
    pub(super) classes: usize,
    /// Block at which the maps begin among those of a word, and blocks of each.
    at: usize,
    blocks: usize,
    tables: Vec<Table>,
    output: Linear<Packed16>,
}

impl PairHead {
    /// Reads the heads. The maps of a word begin with `at` blocks of others.
    pub(super) fn read_all(tensors: &Tensors<'_>, mut at: usize) -> Result<Vec<Self>, ModelError> {
        let text = tensors.bytes("heads")?;
        let text = str::from_utf8(&text).map_err(|error| ModelError::damaged("heads", error))?;
        let mut heads: Vec<Self> = Vec::new();
        for line in text.lines() {
            let sizes = Sizes::read(line)?;
            if heads.len() == MOST_HEADS || heads.iter().any(|head| head.name == sizes.name) {
                return Err(ModelError::damaged("heads", format!("{line:?} is one too many")));
            }
            let head = Self::read(tensors, &sizes, at)?;
            at += MAPS.len() * head.blocks;
            heads.push(head);
        }
        Ok(heads)
    }

    fn read(tensors: &Tensors<'_>, sizes: &Sizes<'_>, at: usize) -> Result<Self, ModelError> {
        let &Sizes { name, hidden, classes, tables } = sizes;
        let table = |number: usize| Table::read(tensors, &format!("{name}.{number}"), hidden);
        Ok(Self {
            name: name.to_owned(),
            classes,
            at,
            blocks: hidden / LANES,
            tables: (0..tables).map(table).collect::<Result<_, ModelError>>()?,
            output: Linear::read(tensors, &format!("{name}.head"), hidden, classes)?,
        })
    }

    /// The maps of a word that the head reads: their names and widths, in their order.
    pub(super) fn maps(&self) -> impl Iterator<Item = (String, usize)> {
        MAPS.iter().map(|map| (format!("{}.{map}", self.name), self.blocks * LANES))
    }

    /// Scores pairs of the words in memory.
    #[inline(always)]
    pub(super) fn score<V: Vectors>(&self, v: V, pairs: &[Pair], memory: &mut PairMemory) {
        let PairMemory { words, map_blocks, maps, q, sums, logits, .. } = memory;
        let (hidden, blocks) = (self.blocks * LANES, self.output.packed.blocks());
        let maps = WordMaps { values: maps, words: *words, blocks: *map_blocks };
        let logits = sized(logits, pairs.len() * blocks).chunks_mut(TOGETHER * blocks);
        for (pairs, logits) in pairs.chunks(TOGETHER).zip(logits) {
            let q = sized(q, pairs.len() * hidden);
            for (pair, q) in pairs.iter().zip(q.chunks_exact_mut(hidden)) {
                self.hidden(v, &maps, pair, q);
            }
            let sums = sized(sums, pairs.len() * blocks);
            v.multiply(&self.output.packed, q, hidden, sums);
            self.output.affine.apply_rows(v, sums, logits);
        }
    }

    /// The hidden layer of a pair, quantised for the last product.
    #[inline(always)]
    fn hidden<V: Vectors>(&self, v: V, maps: &WordMaps<'_>, pair: &Pair, out: &mut [i16]) {
        let map = |word: u32, map: usize| &maps.of(word)[self.at + map * self.blocks..][..self.blocks];
        let (first, second) = (map(pair.first, 0), map(pair.second, 1));
        let (first_factor, second_factor) = (map(pair.first, 2), map(pair.second, 3));
        let mut rows: [(&[_], f32); MOST_TABLES] = [(&[], 0.0); MOST_TABLES];
        let mut count = 0;
        for found in self.tables.iter().zip(pair.rows).filter_map(|(table, row)| table.row(row)) {
            rows[count] = found;
            count += 1;
        }
        for (block, out) in out.as_chunks_mut().0.iter_mut().enumerate() {
            let product = v.mul(v.load(&first_factor[block]), v.load(&second_factor[block]));
            let mut sum = v.add(v.add(v.load(&first[block]), v.load(&second[block])), product);
            for &(row, scale) in &rows[..count] {
                sum = plus_row(v, sum, &row[block], scale);
            }
            quantise(v, relu(v, sum), self.output.input_scale, i16::MAX, out);
        }
    }
}

/// What all maps make of the words of a sentence, a row a word.
struct WordMaps<'m> {
    values: &'m [Lanes<f32>],
    words: usize,
    /// Blocks of a row.
    blocks: usize,
}

impl WordMaps<'_> {
    #[inline(always)]
    fn of(&self, word: u32) -> &[Lanes<f32>] {
        assert!((word as usize) < self.words, "a pair has word {word} of {}", self.words);
        &self.values[word as usize * self.blocks..][..self.blocks]
    }
}

/// Checks that there are classes, and not too many.
pub(super) fn check_classes(name: &str, classes: usize) -> Result<(), ModelError> {
    match (1..=MOST_CLASSES).contains(&classes) {
        true => Ok(()),
        false => Err(ModelError::damaged(name, format!("{classes} classes, not 1 to {MOST_CLASSES}"))),
    }
}

impl<'f> Sizes<'f> {
    /// Reads a line of the heads: "relation 128 256 4".
    fn read(line: &'f str) -> Result<Self, ModelError> {
        let damaged = |problem: &str| ModelError::damaged("heads", format!("{line:?}: {problem}"));
        let wanted = "wanted a name, its hidden size, its classes and its tables";
        let fields: Vec<&str> = line.split(' ').collect();
        let &[name, hidden, classes, tables] = fields.as_slice() else { return Err(damaged(wanted)) };
        let number = |text: &str| text.parse::<usize>().map_err(|_| damaged(wanted));
        let (hidden, classes, tables) = (number(hidden)?, number(classes)?, number(tables)?);
        check_classes(name, classes)?;
        if matches!(name, "" | "word") {
            return Err(damaged("the name is empty or that of the words' own tensors"));
        }
        if hidden == 0 || hidden > MOST_INPUTS || !hidden.is_multiple_of(LANES) {
            return Err(damaged(&format!(
                "{hidden} is no multiple of {LANES} from {LANES} to {MOST_INPUTS}"
            )));
        }
        if tables > MOST_TABLES {
            return Err(damaged(&format!("{tables} tables, more than {MOST_TABLES}")));
        }
        Ok(Self { name, hidden, classes, tables })
    }
}
