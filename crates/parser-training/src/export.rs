//! From trained f32 weights to the model file's integers.

use std::collections::HashMap;

use anyhow::{Context, Result};
use candle_core::Tensor;
use caption_parser::Parser;
use caption_parser::model::{FeatureSpace, NetworkSizes, seal};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView, serialize};

use crate::batch::{Batch, shuffled_batches};
use crate::lemmas::LemmaModel;
use crate::network::{Dropout, Network};
use crate::treebank::Example;

/// Room above the largest input seen when scales are chosen.
const HEADROOM: f32 = 1.25;
/// Largest values of the integers that inputs become.
const INPUT_LIMIT: f32 = 32767.0;
const PAIR_LIMIT: f32 = 4095.0;
/// Examples on which the untrained network's export is tried.
const CHECKED: usize = 100;

/// The vocabularies and lemmas that go into the file beside the weights.
pub struct Lexicons {
    pub pieces: Vec<u8>,
    pub forms: Vec<u8>,
    pub lemmas: LemmaModel,
}

/// The tensors of a file that is being put together.
#[derive(Default)]
struct Payload {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
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
    let mut payload = Payload::default();
    for table in ["pieces", "forms", "affixes", "shapes"] {
        payload.rows(table, network.parameters.get(table)?)?;
    }
    payload.product("projection", network, range("projection")?, 1.0)?;
    payload.norm("word", network)?;
    for layer in 0..network.sizes.layers {
        let name = format!("layer{layer}");
        payload.product(&name, network, range(&name)?, 1.0)?;
        payload.norm(&name, network)?;
    }
    for name in ["upos", "arc.dependent", "arc.head", "relation.dependent", "relation.head"] {
        payload.product(name, network, range("heads")?, 1.0)?;
    }
    let shrink = 1.0 / (network.sizes.head as f32).sqrt();
    payload.product("arc.bilinear", network, range("arc.dependent")?, shrink)?;
    payload.product("arc.distance", network, range("arc.dependent")?, 1.0)?;
    payload.product("relation", network, range("relation")?, 1.0)?;
    for name in ["arc.root", "relation.root", "relation.distance"] {
        payload.floats(name, &network.parameters.get(name)?.flatten_all()?.to_vec1()?);
    }
    payload.floats("arc.query_scale", &[PAIR_LIMIT / (range("arc.query")? * shrink)]);
    payload.floats("arc.key_scale", &[PAIR_LIMIT / range("arc.key")?]);
    payload.bytes("pieces.fst", &lexicons.pieces);
    payload.bytes("forms.fst", &lexicons.forms);
    payload.bytes("lemma.lexicon", &lexicons.lemmas.lexicon);
    payload.bytes("lemma.endings", &lexicons.lemmas.endings);
    payload.bytes("lemma.rules", lexicons.lemmas.rules.as_bytes());
    let sizes = network.sizes.to_bytes();
    payload.tensors.push((NetworkSizes::TENSOR.to_owned(), Dtype::U32, vec![sizes.len() / 4], sizes));
    payload.seal()
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

impl Payload {
    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.tensors.push((name.to_owned(), Dtype::U8, vec![bytes.len()], bytes.to_vec()));
    }

    fn floats(&mut self, name: &str, values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensors.push((name.to_owned(), Dtype::F32, vec![values.len()], bytes));
    }

    fn integers(&mut self, name: &str, values: impl Iterator<Item = f32>, shape: Vec<usize>) {
        let bytes = values.map(|value| value.round_ties_even().clamp(-127.0, 127.0) as i8 as u8).collect();
        self.tensors.push((name.to_owned(), Dtype::I8, shape, bytes));
    }

    fn norm(&mut self, name: &str, network: &Network) -> Result<()> {
        for part in ["norm", "norm.bias"] {
            let name = format!("{name}.{part}");
            self.floats(&name, &network.parameters.get(&name)?.to_vec1()?);
        }
        Ok(())
    }

    /// A table, with a scale a row.
    fn rows(&mut self, name: &str, table: &Tensor) -> Result<()> {
        let rows: Vec<Vec<f32>> = table.to_vec2()?;
        let scales: Vec<f32> = rows.iter().map(|row| scale_of(row.iter().copied())).collect();
        let values =
            rows.iter().zip(&scales).flat_map(|(row, scale)| row.iter().map(move |value| value / scale));
        self.integers(name, values, table.dims().to_vec());
        self.floats(&format!("{name}.scale"), &scales);
        Ok(())
    }

    /// A linear map times `factor`, with a scale a column, and the scale of its inputs.
    fn product(&mut self, name: &str, network: &Network, range: f32, factor: f32) -> Result<()> {
        let weights = network.parameters.get(name)?;
        let rows: Vec<Vec<f32>> = weights.to_vec2()?;
        let columns = weights.dim(1)?;
        let scales: Vec<f32> =
            (0..columns).map(|column| scale_of(rows.iter().map(|row| row[column]))).collect();
        let values = rows.iter().flat_map(|row| row.iter().zip(&scales).map(|(value, scale)| value / scale));
        self.integers(name, values, weights.dims().to_vec());
        self.floats(
            &format!("{name}.scale"),
            &scales.iter().map(|scale| scale * factor).collect::<Vec<f32>>(),
        );
        let bias: Vec<f32> = network.parameters.get(&format!("{name}.bias"))?.to_vec1()?;
        self.floats(&format!("{name}.bias"), &bias.iter().map(|bias| bias * factor).collect::<Vec<f32>>());
        self.floats(&format!("{name}.input_scale"), &[INPUT_LIMIT / range.max(1e-6)]);
        Ok(())
    }

    fn seal(self) -> Result<Vec<u8>> {
        let views = self
            .tensors
            .iter()
            .map(|(name, dtype, shape, bytes)| {
                Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        Ok(seal(&serialize(views, None)?))
    }
}

fn scale_of(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(1e-8f32, |largest, value| largest.max(value.abs())) / 127.0
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
