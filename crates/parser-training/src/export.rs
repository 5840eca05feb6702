//! From trained f32 weights to the model file's integers.

use std::collections::HashMap;

use anyhow::{Context, Result};
use caption_parser::Parser;
use caption_parser::model::{FeatureSpace, NetworkSizes, seal};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::batch::{Batch, shuffled_batches};
use crate::lemmas::LemmaModel;
use crate::network::{Dropout, Network};
use crate::payload::Payload;
use crate::treebank::Example;

/// Room above the largest input seen when scales are chosen.
const HEADROOM: f32 = 1.25;
/// Largest values of the integers that queries and keys of arcs become.
const PAIR_LIMIT: f32 = 4095.0;
/// Examples on which the untrained network's export is tried.
const CHECKED: usize = 100;

/// The vocabularies and lemmas that go into the file beside the weights.
pub struct Lexicons {
    pub pieces: Vec<u8>,
    pub forms: Vec<u8>,
    pub lemmas: LemmaModel,
}

/// Quantises a network and seals it with its lexicons: the bytes of a model file. The inputs'
/// scales are measured on the `examples`.
pub fn model_file(
    network: &Network,
    space: &FeatureSpace,
    lexicons: &Lexicons,
    examples: &[Example],
    rng: &mut ChaCha8Rng,
) -> Result<Vec<u8>> {
    let ranges = measure(network, space, examples, rng)?;
    let range = |name: &str| ranges.get(name).copied().with_context(|| format!("no range of {name}"));
    let parameters = &network.parameters;
    let mut payload = Payload::default();
    for table in ["pieces", "forms", "affixes", "shapes"] {
        payload.rows(table, parameters.get(table)?)?;
    }
    payload.product("projection", parameters, range("projection")?, 1.0)?;
    payload.norm("word", parameters)?;
    for layer in 0..network.sizes.layers {
        let name = format!("layer{layer}");
        payload.product(&name, parameters, range(&name)?, 1.0)?;
        payload.norm(&name, parameters)?;
    }
    for name in ["upos", "arc.dependent", "arc.head", "relation.dependent", "relation.head"] {
        payload.product(name, parameters, range("heads")?, 1.0)?;
    }
    let shrink = 1.0 / (network.sizes.head as f32).sqrt();
    payload.product("arc.bilinear", parameters, range("arc.dependent")?, shrink)?;
    payload.product("arc.distance", parameters, range("arc.dependent")?, 1.0)?;
    payload.product("relation", parameters, range("relation")?, 1.0)?;
    for name in ["arc.root", "relation.root", "relation.distance"] {
        payload.floats(name, &parameters.get(name)?.flatten_all()?.to_vec1()?);
    }
    payload.floats("arc.query_scale", &[PAIR_LIMIT / (range("arc.query")? * shrink)]);
    payload.floats("arc.key_scale", &[PAIR_LIMIT / range("arc.key")?]);
    payload.bytes("pieces.fst", &lexicons.pieces);
    payload.bytes("forms.fst", &lexicons.forms);
    payload.bytes("lemma.lexicon", &lexicons.lemmas.lexicon);
    payload.bytes("lemma.endings", &lexicons.lemmas.endings);
    payload.bytes("lemma.rules", lexicons.lemmas.rules.as_bytes());
    payload.numbers(NetworkSizes::TENSOR, &network.sizes.to_bytes());
    Ok(seal(&payload.to_bytes()?))
}

/// Exports the network as it is before training and loads it, so that no training ends in a file
/// that the parser refuses. Nothing is drawn from the training's generator.
///
/// # Errors
/// If the parser refuses the file.
pub fn check(
    network: &Network,
    space: &FeatureSpace,
    lexicons: &Lexicons,
    examples: &[Example],
) -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let few = &examples[..examples.len().min(CHECKED)];
    let file = model_file(network, space, lexicons, few, &mut rng)?;
    Parser::from_bytes(&file).context("the parser would refuse the model; nothing was trained")?;
    Ok(())
}

/// Largest absolute inputs over the examples, with headroom.
fn measure(
    network: &Network,
    space: &FeatureSpace,
    examples: &[Example],
    rng: &mut ChaCha8Rng,
) -> Result<HashMap<String, f32>> {
    let mut ranges: HashMap<String, f32> = HashMap::new();
    let references: Vec<&Example> = examples.iter().collect();
    for batch in shuffled_batches(&references, 2000, rng) {
        let batch = Batch::new(&batch, space, 0.0, rng)?;
        for (name, largest) in network.forward(&batch, Dropout::default(), rng)?.ranges {
            let seen = ranges.entry(name).or_default();
            *seen = seen.max(largest.to_scalar::<f32>()? * HEADROOM);
        }
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use caption_parser::{DependencyRelation, Scratch, Upos};

    use super::*;
    use crate::vocabulary;

    fn example() -> Example {
        Example {
            forms: vec!["A".to_owned(), "dog".to_owned()],
            heads: vec![2, 0],
            lemmas: vec!["a".to_owned(), "dog".to_owned()],
            upos: vec![Upos::Det, Upos::Noun],
            relations: vec![DependencyRelation::Det, DependencyRelation::Root],
            beliefs: Vec::new(),
        }
    }

    /// An untrained network with the rules of lemmas given.
    fn network(rules: &str) -> (Network, FeatureSpace, Lexicons) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let (forms, rows) = vocabulary::forms(&[example()], 1).unwrap();
        let pieces = vocabulary::pieces(&["[UNK]".to_owned(), "dog".to_owned()]).unwrap();
        let nothing = || fst::Map::default().as_fst().as_bytes().to_vec();
        let lemmas = LemmaModel { lexicon: nothing(), endings: nothing(), rules: rules.to_owned() };
        let lexicons = Lexicons { pieces, forms, lemmas };
        let space = FeatureSpace::new(lexicons.pieces.clone(), lexicons.forms.clone()).unwrap();
        let sizes = NetworkSizes { width: 16, head: 16, layers: 2, pieces: 16 };
        let network = Network::new(sizes, rows, vec![0.5; 2 * 16], &mut rng).unwrap();
        (network, space, lexicons)
    }

    #[test]
    fn a_network_always_exports_to_the_same_model() {
        let file = || {
            let (network, space, lexicons) = network("");
            let mut rng = ChaCha8Rng::seed_from_u64(8);
            model_file(&network, &space, &lexicons, &[example()], &mut rng).unwrap()
        };
        assert!(file() == file(), "two exports differ");
        let parser = Parser::from_bytes(&file()).unwrap();
        assert_eq!(parser.parse(&mut Scratch::default(), "A dog").sentences().count(), 1);
    }

    #[test]
    fn a_model_that_the_parser_refuses_is_found_before_training() {
        let check = |rules| {
            let (network, space, lexicons) = network(rules);
            super::check(&network, &space, &lexicons, &[example()])
        };
        check("").unwrap();
        check("0\ts\n").unwrap();
        let error = format!("{:#}", check("no rule").unwrap_err());
        assert!(error.contains("nothing was trained") && error.contains("lemma"), "{error}");
    }
}
