//! Reads triples off a parsed caption.

use caption_parser::pairs::{HeadIndex, Pair, PairMemory, PairNetwork, probabilities};
use caption_parser::{Document, ModelError, Parser, Sentence};
use foldhash::HashSet;

use super::across::Names;
use super::decode::{self, Beliefs, Link};
use super::features::{Features, PairRows};
use super::vocabulary::Vocabulary;
use crate::SceneGraph;

static EMBEDDED: &[u8] = include_bytes!("../../model/factual.model");

/// Writes graphs as FACTUAL does, by a network over the parser's vectors that knows what the rules
/// found and learned from FACTUAL's training split where its annotators put it otherwise.
///
/// Keep one for many captions: it reuses its memory.
pub struct TripleReader {
    network: PairNetwork,
    vocabulary: Vocabulary,
    link: HeadIndex,
    relation: HeadIndex,
    memory: PairMemory,
    rows: Vec<u32>,
    pairs: Vec<Pair>,
    probabilities: Vec<f32>,
}

impl TripleReader {
    /// The reader that is embedded in this library; the parser must be the embedded one too.
    ///
    /// # Errors
    /// If the network was made for another parser.
    pub fn embedded(parser: &Parser) -> Result<Self, ModelError> {
        Self::from_bytes(EMBEDDED, parser)
    }

    /// A reader from the bytes of a file, as `parser-training graphs` writes it.
    ///
    /// # Errors
    /// If the file is damaged or was made for another parser.
    pub fn from_bytes(file: &[u8], parser: &Parser) -> Result<Self, ModelError> {
        let network = PairNetwork::from_bytes(file, parser)?;
        let blob = |name: &str| network.blob(name).ok_or_else(|| damaged(name, "missing"));
        let text =
            |name: &str| String::from_utf8(blob(name)?.to_vec()).map_err(|error| damaged(name, &error));
        let vocabulary = Vocabulary::new(
            blob("forms.fst")?.to_vec(),
            &text("labels")?,
            &text("lacking")?,
            &text("names")?,
        )
        .map_err(|error| damaged("forms.fst", &error))?;
        let head = |name: &str, classes: usize| {
            let head = network.head(name).ok_or_else(|| damaged(name, "missing"))?;
            let found = network.classes(head);
            if found == classes {
                Ok(head)
            } else {
                Err(damaged(name, format!("{found} classes, not {classes}")))
            }
        };
        let link = head("link", Link::ALL.len())?;
        let relation = head("relation", decode::FIRST_LABEL + vocabulary.labels().len())?;
        if network.word_tables() != 2 || network.word_classes() != 2 {
            return Err(damaged("sizes", "not two tables and two classes of words"));
        }
        Ok(Self {
            vocabulary,
            link,
            relation,
            memory: PairMemory::default(),
            rows: Vec::new(),
            pairs: Vec::new(),
            probabilities: Vec::new(),
            network,
        })
    }

    /// The graph of a caption as FACTUAL's triples: `["man", "ride", "horse"]` a relation,
    /// `["girl", "is", "young"]` an attribute, `["wall"]` a thing that nothing is said about.
    ///
    /// The caption must have been parsed with
    /// [`Scratch::keeping_vectors`](caption_parser::Scratch::keeping_vectors), else there is
    /// nothing to read: the result is empty. `graph` is the plain graph of the same caption.
    pub fn triples(&mut self, document: &Document, graph: &SceneGraph) -> Vec<Vec<String>> {
        let mut triples: Vec<Vec<String>> = Vec::new();
        let mut known: HashSet<Vec<String>> = HashSet::default();
        let mut names = Names::default();
        for (number, sentence) in document.sentences().enumerate() {
            if sentence.vectors().is_empty() {
                continue;
            }
            let features = Features::new(&sentence, number, graph);
            let beliefs = self.beliefs(&sentence, &features);
            names
                .add(graph, number, |thing| decode::name(&features, &self.vocabulary, &beliefs.links, thing));
            let facts = decode::facts(&features, &self.vocabulary, &beliefs);
            triples.extend(facts.into_iter().filter(|fact| known.insert(fact.clone())));
        }
        triples.extend(names.facts(document, graph).into_iter().filter(|fact| known.insert(fact.clone())));
        without_repeats(triples)
    }

    fn beliefs(&mut self, sentence: &Sentence<'_>, features: &Features) -> Beliefs {
        let words = features.words.len();
        self.rows.clear();
        for index in 0..words {
            self.rows.extend(features.word_rows(&self.vocabulary, index));
        }
        self.network.encode(&mut self.memory, sentence.vectors(), &self.rows);
        let things: Vec<f32> = (0..words)
            .map(|index| {
                probabilities(self.memory.word_logits(index), &mut self.probabilities);
                if features.words[index].is_elsewhere { 0.0 } else { self.probabilities[1] }
            })
            .collect();
        let candidates = decode::candidates(&things);
        let pairs = decode::link_pairs(&candidates, words);
        self.score(self.link, &pairs, |one, other| features.link_rows(one, other));
        let links = pairs
            .iter()
            .enumerate()
            .map(|(index, &(thing, word))| (thing, word, Link::ALL[largest(self.memory.pair_logits(index))]));
        let links = links.collect();
        let pairs = decode::relation_pairs(&candidates, features);
        let vocabulary = &self.vocabulary;
        let rows: Vec<PairRows> =
            pairs.iter().map(|&(one, other)| features.relation_rows(vocabulary, one, other)).collect();
        let mut rows = rows.into_iter();
        self.score(self.relation, &pairs, |_, _| rows.next().unwrap_or_default());
        let relations = pairs.iter().enumerate().map(|(index, &(subject, object))| {
            let mut classes = Vec::new();
            probabilities(self.memory.pair_logits(index), &mut classes);
            (subject, object, classes)
        });
        Beliefs { things, links, relations: relations.collect() }
    }

    fn score(
        &mut self,
        head: HeadIndex,
        pairs: &[(usize, usize)],
        mut rows: impl FnMut(usize, usize) -> PairRows,
    ) {
        self.pairs.clear();
        self.pairs.extend(pairs.iter().map(|&(first, second)| Pair {
            first: first as u32,
            second: second as u32,
            rows: rows(first, second),
        }));
        self.network.score(&mut self.memory, head, &self.pairs);
    }
}

/// Without things alone of which another sentence says something.
fn without_repeats(mut triples: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let ends = |fact: &Vec<String>| match &fact[..] {
        [thing, is, _] if is == "is" => vec![thing.clone()],
        [subject, _, object] => vec![subject.clone(), object.clone()],
        _ => Vec::new(),
    };
    let said: HashSet<String> = triples.iter().flat_map(ends).collect();
    triples.retain(|fact| fact.len() > 1 || !said.contains(&fact[0]));
    triples
}

/// Index of the largest logit, the first of equals.
fn largest(logits: &[f32]) -> usize {
    let best = logits.iter().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(0, |(index, _)| index)
}

fn damaged(part: &str, problem: impl ToString) -> ModelError {
    ModelError::Damaged { part: part.to_owned(), problem: problem.to_string() }
}
