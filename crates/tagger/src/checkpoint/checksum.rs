//! Finds damaged tensors before they become a model that talks nonsense.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::nn::{Parameters, ParametersError, SafetensorsFile, TensorSource};

/// Of a checkpoint's tensors, by name, and of its other notes.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checksums {
    pub(super) header: String,
    pub(super) tensors: BTreeMap<String, String>,
}

impl Checksums {
    pub(super) fn of(notes: &BTreeMap<String, String>, parameters: &Parameters) -> candle_core::Result<Self> {
        let variables = parameters.variables();
        let tensors = variables.par_iter().map(|(name, var)| Ok((name.clone(), of_tensor(var)?)));
        Ok(Self { header: of_notes(notes), tensors: tensors.collect::<candle_core::Result<_>>()? })
    }
}

/// Of all notes; each with its length, so that none can take from its neighbour.
pub(super) fn of_notes(notes: &BTreeMap<String, String>) -> String {
    let mut hasher = Xxh3::new();
    for text in notes.iter().flat_map(|(name, text)| [name, text]) {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hex(&hasher)
}

/// Of the values as f32 in little-endian order.
fn of_tensor(tensor: &Tensor) -> candle_core::Result<String> {
    let mut hasher = Xxh3::new();
    let values = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    for part in values.chunks(4096) {
        let bytes: Vec<u8> = part.iter().flat_map(|value| value.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
    Ok(hex(&hasher))
}

fn hex(hasher: &Xxh3) -> String {
    format!("{:016x}", hasher.digest())
}

/// A checkpoint's tensors, each held against its checksum as it is read.
pub(super) struct Verified<'a> {
    pub(super) file: &'a SafetensorsFile,
    pub(super) path: &'a Path,
    pub(super) checksums: &'a Checksums,
}

impl TensorSource for Verified<'_> {
    fn names(&self) -> Vec<String> {
        self.file.names()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.file.shape(name)
    }

    fn read(&self, name: &str) -> Result<Tensor, ParametersError> {
        let damaged = |reason| ParametersError::Format { path: self.path.to_owned(), reason };
        let tensor = self.file.read(name)?;
        let found = of_tensor(&tensor)?;
        match self.checksums.tensors.get(name) {
            Some(expected) if *expected == found => Ok(tensor),
            Some(expected) => Err(damaged(format!(
                "tensor {name} is damaged, its checksum is {found} and should be {expected}"
            ))),
            None => Err(damaged(format!("tensor {name} has no checksum"))),
        }
    }
}
