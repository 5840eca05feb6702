//! Pair networks against their definition, on every instruction set, and with whatever memory.

#[path = "support/networks.rs"]
mod networks;
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use caption_parser::pairs::{Pair, PairMemory, PairNetwork};
use caption_parser::{Parser, Scratch, SimdLevel};
use networks::{HeadShape, Shape};
use proptest::prelude::*;
use safetensors::SafeTensors;
use support::demo_captions;

fn embedded() -> &'static Parser {
    Parser::embedded().expect("the embedded model is sound")
}

/// The network in f64, word for word as the module's documentation has it. Inputs of maps are
/// rounded to the integers that the file asks for, or not at all.
struct Reference<'f> {
    tensors: SafeTensors<'f>,
    rounded: bool,
}

type Row = Vec<f64>;

impl Reference<'_> {
    fn floats(&self, name: &str) -> Row {
        let bytes = self.tensors.tensor(name).unwrap().data();
        bytes.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect()
    }

    fn integers(&self, name: &str) -> Vec<Row> {
        let view = self.tensors.tensor(name).unwrap();
        let rows = view.data().chunks_exact(view.shape()[1]);
        rows.map(|row| row.iter().map(|&byte| f64::from(byte as i8)).collect()).collect()
    }

    /// Adds a row of each table; one that a table does not have is left out.
    fn add_rows(&self, name: &str, rows: &[u32], sum: &mut Row) {
        for (table, &row) in rows.iter().enumerate() {
            let scales = self.floats(&format!("{name}.{table}.scale"));
            if let Some(values) = self.integers(&format!("{name}.{table}")).get(row as usize) {
                sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * scales[row as usize]);
            }
        }
    }

    /// A linear map whose inputs have so many bits.
    fn map(&self, name: &str, x: &[f64], bits: u32) -> Row {
        let limit = f64::from((1 << (bits - 1)) - 1);
        let step = 32767.0 / self.floats(&format!("{name}.input_scale"))[0] / limit;
        let input = |x: &f64| match self.rounded {
            true => (x / step).round_ties_even().clamp(-limit, limit) * step,
            false => *x,
        };
        let x: Row = x.iter().map(input).collect();
        let weights = self.integers(name);
        let outputs =
            self.floats(&format!("{name}.scale")).into_iter().zip(self.floats(&format!("{name}.bias")));
        let sum = |column: usize| x.iter().zip(&weights).map(|(x, row)| x * row[column]).sum::<f64>();
        outputs.enumerate().map(|(column, (scale, bias))| sum(column) * scale + bias).collect()
    }

    fn normalise(&self, name: &str, x: &[f64]) -> Row {
        let (gain, bias) = (self.floats(&format!("{name}.norm")), self.floats(&format!("{name}.norm.bias")));
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
        let normal = x.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt());
        normal.zip(gain).zip(bias).map(|((x, gain), bias)| x * gain + bias).collect()
    }

    fn encode(&self, shape: &Shape, vectors: &[f32], rows: &[u32]) -> Vec<Row> {
        let width = embedded().width();
        let words = vectors.chunks_exact(width).enumerate().map(|(word, vector)| {
            let mut x: Row = vector.iter().copied().map(f64::from).collect();
            self.add_rows("word", &rows[word * shape.tables.len()..][..shape.tables.len()], &mut x);
            self.normalise("word", &x)
        });
        let mut x: Vec<Row> = words.collect();
        for layer in (0..shape.layers).map(|layer| format!("layer{layer}")) {
            let edge = vec![vec![0.0; width]];
            let padded = [edge.as_slice(), &x, &edge].concat();
            let context = padded.windows(3).map(|window| {
                let both = self.map(&layer, &window.concat(), 8);
                let (one, other) = both.split_at(width);
                self.normalise(&layer, &one.iter().zip(other).map(|(a, b)| a.max(*b)).collect::<Row>())
            });
            let context: Vec<Row> = context.collect();
            for (x, context) in x.iter_mut().flatten().zip(context.iter().flatten()) {
                *x += context;
            }
        }
        x
    }

    fn score(&self, HeadShape(name, _, _, tables): &HeadShape, x: &[Row], pair: &Pair) -> Row {
        let map = |map: &str, word: u32| self.map(&format!("{name}.{map}"), &x[word as usize], 8);
        let product = map("first_factor", pair.first).into_iter().zip(map("second_factor", pair.second));
        let sum = map("first", pair.first).into_iter().zip(map("second", pair.second));
        let mut u: Row = sum.zip(product).map(|((a, b), (c, d))| a + b + c * d).collect();
        self.add_rows(name, &pair.rows[..tables.len()], &mut u);
        u.iter_mut().for_each(|u| *u = u.max(0.0));
        self.map(&format!("{name}.head"), &u, 16)
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let rows = |most| prop::collection::vec(0usize..9, 0..most);
    let head = |name| {
        (1usize..6, 1usize..40, rows(5))
            .prop_map(move |(sixteens, classes, tables)| HeadShape(name, 16 * sixteens, classes, tables))
    };
    let heads = (prop::option::of(head("link")), prop::option::of(head("relation")));
    (0usize..4, rows(4), 1usize..20, heads).prop_map(|(layers, tables, classes, (link, relation))| Shape {
        layers,
        tables,
        classes,
        heads: link.into_iter().chain(relation).collect(),
    })
}

/// Bits of everything that the memory holds of the last sentence and pairs.
fn bits(memory: &PairMemory, words: usize, pairs: usize) -> Vec<u32> {
    let logits = (0..words).map(|word| memory.word_logits(word));
    logits.chain((0..pairs).map(|pair| memory.pair_logits(pair))).flatten().map(|x| x.to_bits()).collect()
}

/// How far `found` is from `wanted`, of the size of what is wanted.
fn error(found: &[f32], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let off: f64 = found.iter().zip(wanted).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum();
    (off / wanted.iter().map(|wanted| wanted.powi(2)).sum::<f64>().max(1.0)).sqrt()
}

/// How far the logits of the words and of each head's pairs are from the definition's.
fn errors(
    shape: &Shape,
    seed: u64,
    vectors: &[f32],
    rows: &[u32],
    pairs: &[Pair],
    rounded: bool,
) -> Vec<(&'static str, f64)> {
    let payload = shape.payload(seed);
    let network = PairNetwork::from_bytes(&caption_parser::pairs::seal(&payload), embedded()).unwrap();
    let reference = Reference { tensors: SafeTensors::deserialize(&payload).unwrap(), rounded };
    let mut memory = PairMemory::default();
    network.encode(&mut memory, vectors, rows);
    let x = reference.encode(shape, vectors, rows);
    let found: Vec<f32> = (0..x.len()).flat_map(|word| memory.word_logits(word).to_vec()).collect();
    let wanted: Row = x.iter().flat_map(|x| reference.map("word.head", x, 8)).collect();
    let mut errors = vec![("words", error(&found, &wanted))];
    for head in &shape.heads {
        let index = network.head(head.0).unwrap();
        assert_eq!(network.classes(index), head.2);
        network.score(&mut memory, index, pairs);
        let found: Vec<f32> = (0..pairs.len()).flat_map(|pair| memory.pair_logits(pair).to_vec()).collect();
        let wanted: Row = pairs.iter().flat_map(|pair| reference.score(head, &x, pair)).collect();
        errors.push((head.0, error(&found, &wanted)));
    }
    errors
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nearly to the bit; the tolerance is for the rare input that f32 rounds to the other side, and
    /// what follows from it.
    #[test]
    fn agrees_with_the_definition(
        shape in shapes(),
        seed in any::<u64>(),
        vectors in (0usize..12).prop_flat_map(|words| {
            prop::collection::vec(-3.0f32..3.0, words * embedded().width())
        }),
        rows in prop::collection::vec(0u32..10, 12 * 4),
        pairs in prop::collection::vec((any::<[u8; 2]>(), prop::array::uniform7(0u32..10)), 0..110),
    ) {
        let words = vectors.len() / embedded().width();
        let word = |byte: u8| u32::from(byte) % words.max(1) as u32;
        let pairs = pairs.iter().take(if words == 0 { 0 } else { 110 });
        let pairs: Vec<Pair> = pairs
            .map(|&([first, second], rows)| Pair { first: word(first), second: word(second), rows })
            .collect();
        let rows = &rows[..words * shape.tables.len()];
        for (name, off) in errors(&shape, seed, &vectors, rows, &pairs, true) {
            prop_assert!(off < 0.02, "{name}: {off}");
        }
    }
}

/// What rounding costs is told of many logits together: a single one may lie far off.
#[test]
fn rounding_costs_little() {
    let mut scratch = Scratch::default().keeping_vectors();
    let document = embedded().parse(&mut scratch, "A small dog on a long leash runs past three parked cars");
    let sentence = document.sentences().next().unwrap();
    let words = sentence.len() as u32;
    let rows: Vec<u32> = (0..2 * words).map(|row| row % 8).collect();
    let pair =
        |at: u32| Pair { first: at / words, second: at % words, rows: [at % 6, at % 4, 1, 2, 0, 0, 0] };
    let pairs: Vec<Pair> = (0..words * words).map(pair).collect();
    for seed in 0..8 {
        for (name, off) in errors(&Shape::default(), seed, sentence.vectors(), &rows, &pairs, false) {
            assert!(off < 0.05, "{name} of network {seed}: {off}");
        }
    }
}

/// Parser and network together, with memory that has seen other sentences and fresh.
#[test]
fn every_instruction_set_gives_the_same_bits() {
    let file = Shape::default().file(3);
    let mut captions = demo_captions();
    captions.truncate(200);
    let run = |level: SimdLevel, fresh: bool| {
        let parser = Parser::from_bytes(Parser::embedded_model()).unwrap().with_simd_level(level)?;
        let network = PairNetwork::from_bytes(&file, &parser).unwrap();
        let mut scratch = Scratch::default().keeping_vectors();
        let (mut memory, mut all) = (PairMemory::default(), Vec::new());
        for caption in &captions {
            for sentence in parser.parse(&mut scratch, caption).sentences() {
                let words = sentence.len() as u32;
                if fresh {
                    memory = PairMemory::default();
                }
                all.extend(sentence.vectors().iter().map(|x| x.to_bits()));
                let rows: Vec<u32> = (0..2 * words).map(|row| row * 7 % 11).collect();
                network.encode(&mut memory, sentence.vectors(), &rows);
                let pair = |at: u32| Pair {
                    first: at / words,
                    second: at % words,
                    rows: [at % 9, 1, at % 5, 2, 0, 0, 0],
                };
                let pairs: Vec<Pair> = (0..words * words).map(pair).collect();
                for name in ["link", "relation"] {
                    network.score(&mut memory, network.head(name).unwrap(), &pairs);
                    all.extend(bits(&memory, sentence.len(), pairs.len()));
                }
            }
        }
        Some(all)
    };
    let wanted = run(SimdLevel::Scalar, true).unwrap();
    assert!(wanted.len() > 1_000_000);
    for level in SimdLevel::ALL {
        assert!(run(level, false).is_none_or(|found| found == wanted), "{level:?}");
    }
}

/// What the network reads ends with the sentence that was encoded last.
#[test]
fn words_and_pairs_of_other_sentences_are_refused() {
    let shape = Shape { tables: Vec::new(), ..Shape::default() };
    let network = PairNetwork::from_bytes(&shape.file(1), embedded()).unwrap();
    let other = PairNetwork::from_bytes(&shape.file(2), embedded()).unwrap();
    let link = network.head("link").unwrap();
    assert_eq!(network.head("links"), None);
    assert_eq!((network.blob("blob"), network.blob("heads")), (Some(&b"for the user"[..]), None));
    let width = network.width();
    let mut memory = PairMemory::default();
    network.encode(&mut memory, &vec![0.5; 5 * width], &[]);
    network.score(&mut memory, link, &[Pair { first: 4, ..Pair::default() }; 3]);
    network.encode(&mut memory, &vec![0.5; 4 * width], &[]);
    let mut refused = |wanted: &str, work: &dyn Fn(&mut PairMemory)| {
        let message = catch_unwind(AssertUnwindSafe(|| work(&mut memory))).unwrap_err();
        let message = message.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(message.contains(wanted), "{message:?} is not {wanted:?}");
    };
    refused("word 4 of 4", &|memory| drop(memory.word_logits(4).to_vec()));
    refused("pair 0 of 0", &|memory| drop(memory.pair_logits(0).to_vec()));
    for (first, second) in [(4, 0), (0, 4), (u32::MAX, 0)] {
        let pair = Pair { first, second, ..Pair::default() };
        refused("of 4", &|memory| network.score(memory, link, &[pair]));
    }
    refused("no whole vectors", &|memory| network.encode(memory, &vec![0.5; width + 1], &[]));
    refused("1 rows for 2 words", &|memory| network.encode(memory, &vec![0.5; 2 * width], &[0]));
    let foreign = catch_unwind(AssertUnwindSafe(|| other.score(&mut memory, link, &[])));
    let message = *foreign.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(message, "the words were not encoded by this network");
}
