//! A file's tensors as the model wants them.

use std::collections::BTreeMap;

use candle_core::Tensor;

use super::{ImportError, WeightsFile};
use crate::nn::{Parameters, ParametersError, TensorSource};
use crate::preprocessing::{InterpolationError, interpolate_bias_table, interpolate_positions};

/// Endings of what the model computes by itself.
const BUFFERS: [&str; 3] = ["relative_position_index", "attn_mask", "position_ids"];

/// The tensors of a file under the model's names, carried to its resolution.
pub(super) struct Adapted<'a> {
    file: &'a WeightsFile,
    /// By the model's name.
    tensors: BTreeMap<String, Origin>,
    ignored: Vec<String>,
}

struct Origin {
    /// In the file.
    name: String,
    change: Option<Change>,
}

#[derive(Clone, Copy)]
enum Change {
    Positions { side: usize },
    BiasTable { window: usize },
}

impl<'a> Adapted<'a> {
    pub(super) fn new(file: &'a WeightsFile, parameters: &Parameters) -> Result<Self, ImportError> {
        let mut adapted = Self { file, tensors: BTreeMap::new(), ignored: Vec::new() };
        for name in file.names() {
            if BUFFERS.iter().any(|buffer| name.ends_with(buffer)) {
                adapted.ignored.push(name);
                continue;
            }
            let known = file.model_name(&name);
            let expected = parameters.get(&known).map(|var| var.dims().to_vec());
            let change = change(&known, file.shape(&name).as_deref(), expected.as_deref());
            let origin = Origin { name, change };
            if let Some(first) = adapted.tensors.get(&known) {
                let (first, second) = (first.name.clone(), origin.name);
                return Err(ImportError::Twice { path: file.path().to_owned(), first, second });
            }
            adapted.tensors.insert(known, origin);
        }
        adapted.check_changes()?;
        Ok(adapted)
    }

    /// Carries over once what must be, so that an error names the tensor.
    fn check_changes(&self) -> Result<(), ImportError> {
        let changed = self.tensors.iter().filter(|(_, origin)| origin.change.is_some());
        for (name, origin) in changed {
            self.changed(origin)?.map_err(|error| ImportError::Tensor {
                path: self.file.path().to_owned(),
                name: name.clone(),
                reason: error.to_string(),
            })?;
        }
        Ok(())
    }

    fn changed(&self, origin: &Origin) -> Result<Result<Tensor, InterpolationError>, ParametersError> {
        let tensor = self.file.read(&origin.name)?;
        Ok(match origin.change {
            None => Ok(tensor),
            Some(Change::Positions { side }) => interpolate_positions(&tensor, side),
            Some(Change::BiasTable { window }) => interpolate_bias_table(&tensor, window),
        })
    }

    /// Names in the file of buffers.
    pub(super) fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The model's names of what is carried to another resolution.
    pub(super) fn interpolated(&self) -> Vec<String> {
        let changed = self.tensors.iter().filter(|(_, origin)| origin.change.is_some());
        changed.map(|(name, _)| name.clone()).collect()
    }

    /// The name in the file of a name here.
    pub(super) fn original(&self, name: &str) -> String {
        self.tensors.get(name).map_or_else(|| name.to_owned(), |origin| origin.name.clone())
    }
}

/// What must be done to a tensor that depends on the resolution, where only that differs.
fn change(name: &str, found: Option<&[usize]>, expected: Option<&[usize]>) -> Option<Change> {
    let (found, expected) = (found?, expected?);
    match (found, expected) {
        _ if found == expected => None,
        (&[_, heads], &[entries, wanted])
            if heads == wanted && name.ends_with("relative_position_bias_table") =>
        {
            Some(Change::BiasTable { window: entries.isqrt().div_ceil(2) })
        }
        (&[1, _, width], &[1, tokens, wanted]) if width == wanted && name.ends_with("pos_embed") => {
            Some(Change::Positions { side: tokens.saturating_sub(1).isqrt() })
        }
        _ => None,
    }
}

impl TensorSource for Adapted<'_> {
    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let origin = self.tensors.get(name)?;
        let shape = self.file.shape(&origin.name)?;
        Some(match (origin.change, shape.as_slice()) {
            (Some(Change::Positions { side }), &[one, _, width]) => vec![one, 1 + side * side, width],
            (Some(Change::BiasTable { window }), &[_, heads]) => vec![(2 * window - 1).pow(2), heads],
            _ => shape,
        })
    }

    fn read(&self, name: &str) -> Result<Tensor, ParametersError> {
        let origin = self.tensors.get(name);
        let origin = origin.ok_or_else(|| ParametersError::Unknown { name: name.to_owned() })?;
        self.changed(origin)?.map_err(|error| match error {
            InterpolationError::Tensor(error) => error.into(),
            other => ParametersError::Tensor(candle_core::Error::wrap(other)),
        })
    }
}
