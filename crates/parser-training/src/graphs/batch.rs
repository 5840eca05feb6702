//! Examples as tensors: all words of a batch below each other, and pairs of them.

use anyhow::Result;
use candle_core::{Device, Tensor};
use caption_parser::Upos;
use caption_parser::pairs::MOST_TABLES;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use scene_graph::factual::features::PairRows;
use scene_graph::factual::{FIRST_LABEL, Vocabulary, link_pairs};

use super::examples::Example;

/// Some examples, word below word.
pub struct Batch {
    /// The parser's vectors, `[words, width]`.
    pub vectors: Tensor,
    /// Rows of the words' tables, `[words]` each.
    pub rows: Vec<Tensor>,
    /// `[words, 1]`: 0 for a sentence's first word, and for its last.
    pub has_before: Tensor,
    pub has_after: Tensor,
    /// 1 for things, `[words]`.
    pub things: Tensor,
    pub links: Pairs,
    pub relations: Pairs,
    /// Examples.
    pub count: usize,
}

/// Ordered pairs of words.
pub struct Pairs {
    pub count: usize,
    pub first: Tensor,
    pub second: Tensor,
    /// Rows of the pairs' tables, `[pairs]` each.
    pub rows: Vec<Tensor>,
    /// The gold class, `[pairs]`.
    pub gold: Tensor,
}

#[derive(Default)]
struct PairLists {
    first: Vec<u32>,
    second: Vec<u32>,
    rows: [Vec<u32>; MOST_TABLES],
    gold: Vec<u32>,
}

impl Batch {
    /// The examples; words lose their own row with a probability of `word_dropout`.
    pub fn new(
        examples: &[&Example],
        vocabulary: &Vocabulary,
        word_dropout: f64,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self> {
        let words: usize = examples.iter().map(|example| example.features.words.len()).sum();
        let vectors: Vec<f32> = examples.iter().flat_map(|example| &example.vectors).copied().collect();
        let width = vectors.len() / words;
        let mut rows = [Vec::with_capacity(words), Vec::with_capacity(words)];
        let (mut has_before, mut has_after) = (vec![1.0f32; words], vec![1.0f32; words]);
        let mut things = vec![0u32; words];
        let (mut links, mut relations) = (PairLists::default(), PairLists::default());
        let mut offset = 0;
        for example in examples {
            let length = example.features.words.len();
            for index in 0..length {
                let [form, role] = example.features.word_rows(vocabulary, index);
                let is_dropped = word_dropout > 0.0 && rng.random_bool(word_dropout);
                rows[0].push(if is_dropped { 0 } else { form });
                rows[1].push(role);
            }
            has_before[offset] = 0.0;
            has_after[offset + length - 1] = 0.0;
            example.graph.things.iter().for_each(|&(thing, _)| things[offset + thing] = 1);
            add_pairs(example, vocabulary, offset, &mut links, &mut relations);
            offset += length;
        }
        let column = |values: Vec<f32>| Tensor::from_vec(values, (words, 1), &Device::Cpu);
        Ok(Self {
            vectors: Tensor::from_vec(vectors, (words, width), &Device::Cpu)?,
            rows: rows
                .map(|rows| Tensor::new(rows, &Device::Cpu))
                .into_iter()
                .collect::<candle_core::Result<_>>()?,
            has_before: column(has_before)?,
            has_after: column(has_after)?,
            things: Tensor::new(things, &Device::Cpu)?,
            links: links.into_tensors()?,
            relations: relations.into_tensors()?,
            count: examples.len(),
        })
    }
}

/// Words that are asked about in training: nouns, pronouns and the gold graph's things.
fn candidates(example: &Example) -> Vec<usize> {
    let is_nominal =
        |index: usize| matches!(example.features.words[index].upos, Upos::Noun | Upos::Propn | Upos::Pron);
    let is_thing = |index: usize| example.graph.things.iter().any(|thing| thing.0 == index);
    (0..example.features.words.len()).filter(|&index| is_nominal(index) || is_thing(index)).collect()
}

fn add_pairs(
    example: &Example,
    vocabulary: &Vocabulary,
    offset: usize,
    links: &mut PairLists,
    relations: &mut PairLists,
) {
    let features = &example.features;
    let candidates = candidates(example);
    for (thing, word) in link_pairs(&candidates, features.words.len()) {
        let gold = example.graph.links.iter().find(|link| (link.0, link.1) == (thing, word));
        let class = gold.map_or(0, |link| link.2 as u32);
        links.push(offset, (thing, word), features.link_rows(thing, word), class);
    }
    for &one in &candidates {
        for &other in candidates.iter().filter(|&&other| other != one) {
            let rows = features.relation_rows(vocabulary, one, other);
            relations.push(offset, (one, other), rows, relation_class(example, vocabulary, one, other));
        }
    }
}

/// None, as the rules say, as they say of the same words turned round, or a label.
fn relation_class(example: &Example, vocabulary: &Vocabulary, one: usize, other: usize) -> u32 {
    let gold = example.graph.relations.iter().find(|gold| (gold.subject, gold.object) == (one, other));
    let Some(gold) = gold else { return 0 };
    let says = |subject: usize, object: usize| {
        let found = example.features.found(subject, object);
        found.is_some_and(|found| found.predicate.label() == gold.predicate.as_str())
    };
    if says(one, other) {
        1
    } else if says(other, one) {
        2
    } else {
        vocabulary.label_of(&gold.label).map_or(0, |label| label + FIRST_LABEL as u32)
    }
}

impl PairLists {
    fn push(&mut self, offset: usize, (one, other): (usize, usize), rows: PairRows, gold: u32) {
        self.first.push((offset + one) as u32);
        self.second.push((offset + other) as u32);
        self.rows.iter_mut().zip(rows).for_each(|(list, row)| list.push(row));
        self.gold.push(gold);
    }

    fn into_tensors(self) -> Result<Pairs> {
        let tensor = |list: Vec<u32>| {
            let count = list.len();
            Tensor::from_vec(list, count, &Device::Cpu)
        };
        Ok(Pairs {
            count: self.gold.len(),
            first: tensor(self.first)?,
            second: tensor(self.second)?,
            rows: self.rows.into_iter().map(tensor).collect::<candle_core::Result<_>>()?,
            gold: tensor(self.gold)?,
        })
    }
}
