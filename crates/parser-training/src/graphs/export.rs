//! From a trained graph network to its file.

use std::collections::HashMap;

use anyhow::{Context, Result};
use caption_parser::Parser;
use caption_parser::pairs::seal;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use scene_graph::factual::Vocabulary;

use super::batch::Batch;
use super::examples::Example;
use super::labels::VocabularyFiles;
use super::network::{GraphNetwork, Head};
use crate::payload::Payload;

/// Room above the largest input seen when scales are chosen.
const HEADROOM: f32 = 1.25;

/// Quantises a network and seals it with its vocabulary: the bytes of its file. The inputs' scales
/// are measured on the examples.
pub fn file(
    network: &GraphNetwork,
    parser: &Parser,
    files: &VocabularyFiles,
    examples: &[Example],
) -> Result<Vec<u8>> {
    let ranges = measure(network, &files.vocabulary()?, examples)?;
    let range = |name: &str| ranges.get(name).copied().with_context(|| format!("no range of {name}"));
    let parameters = &network.parameters;
    let mut payload = Payload::default();
    let sizes = [network.sizes.width, network.sizes.layers, network.tables.len()];
    let numbers: Vec<u8> = sizes.iter().flat_map(|&size| (size as u32).to_le_bytes()).collect();
    payload.numbers("sizes", &numbers);
    payload.bytes("parser", parser.model_hash().as_bytes());
    for index in 0..network.tables.len() {
        let name = format!("word.{index}");
        payload.rows(&name, parameters.get(&name)?)?;
    }
    payload.norm("word", parameters)?;
    for layer in 0..network.sizes.layers {
        let name = format!("layer{layer}");
        payload.product(&name, parameters, range(&name)?, 1.0)?;
        payload.norm(&name, parameters)?;
    }
    payload.product("word.head", parameters, range("heads")?, 1.0)?;
    let mut heads = String::new();
    for Head { name, hidden, classes, tables } in &network.heads {
        heads.push_str(&format!("{name} {hidden} {classes} {}\n", tables.len()));
        for part in ["first", "second", "first_factor", "second_factor"] {
            payload.product(&format!("{name}.{part}"), parameters, range("heads")?, 1.0)?;
        }
        for index in 0..tables.len() {
            let name = format!("{name}.{index}");
            payload.rows(&name, parameters.get(&name)?)?;
        }
        payload.product(&format!("{name}.head"), parameters, range(name)?, 1.0)?;
    }
    payload.bytes("heads", heads.as_bytes());
    payload.bytes("forms.fst", &files.forms);
    payload.bytes("labels", files.labels.as_bytes());
    payload.bytes("lacking", files.lacking.as_bytes());
    payload.bytes("names", files.names.as_bytes());
    Ok(seal(&payload.to_bytes()?))
}

/// Largest absolute inputs over the examples, with headroom.
fn measure(
    network: &GraphNetwork,
    vocabulary: &Vocabulary,
    examples: &[Example],
) -> Result<HashMap<String, f32>> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut ranges: HashMap<String, f32> = HashMap::new();
    let references: Vec<&Example> = examples.iter().collect();
    for chunk in references.chunks(200) {
        let batch = Batch::new(chunk, vocabulary, 0.0, &mut rng)?;
        for (name, largest) in network.forward(&batch, 0.0, &mut rng)?.ranges {
            let seen = ranges.entry(name).or_default();
            *seen = seen.max(largest.to_scalar::<f32>()? * HEADROOM);
        }
    }
    Ok(ranges)
}
