//! Loading parameters by name from whatever has tensors.

use candle_core::{DType, Tensor};

use super::{Parameters, ParametersError};

/// Tensors by name, read one at a time: a full model is never in memory twice.
pub trait TensorSource {
    /// The names of all tensors.
    fn names(&self) -> Vec<String>;

    /// The shape of the tensor of this name, if there is one of numbers that can be a parameter's
    /// (floating point).
    fn shape(&self, name: &str) -> Option<Vec<usize>>;

    /// The tensor of this name, on the CPU.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(&self, name: &str) -> Result<Tensor, ParametersError>;
}

/// What a load found. All lists are sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Parameters that were set, by canonical name.
    pub matched: Vec<String>,
    /// Parameters that the source lacks, by canonical name.
    pub missing: Vec<String>,
    /// Names in the source that the model does not know: buffers, other heads.
    pub unexpected: Vec<String>,
    /// Tensors in the source that have another shape than the model's.
    pub mismatched: Vec<Mismatch>,
    /// Aliases whose values differ from those under the canonical name.
    pub differing_aliases: Vec<String>,
}

/// A tensor that has another shape than the model's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its name in the source.
    pub name: String,
    /// The model's shape.
    pub expected: Vec<usize>,
    /// The source's shape.
    pub found: Vec<usize>,
}

pub(super) fn load(
    parameters: &Parameters,
    source: &dyn TensorSource,
) -> Result<LoadReport, ParametersError> {
    let aliases = parameters.aliases();
    let names = source.names();
    let mut report = LoadReport {
        unexpected: names.iter().filter(|name| parameters.get(name).is_none()).cloned().collect(),
        ..LoadReport::default()
    };
    report.unexpected.sort();
    for (name, var) in parameters.variables() {
        // The alias last, which wins.
        let second = aliases.iter().filter(|(_, canonical)| **canonical == name).map(|(alias, _)| alias);
        let mut found: Option<Tensor> = None;
        for candidate in std::iter::once(&name).chain(second) {
            let Some(shape) = source.shape(candidate) else { continue };
            if shape != var.dims() {
                let (name, expected) = (candidate.clone(), var.dims().to_vec());
                report.mismatched.push(Mismatch { name, expected, found: shape });
                continue;
            }
            let tensor = source.read(candidate)?.to_dtype(DType::F32)?;
            if found.as_ref().map_or(Ok(false), |first| differ(first, &tensor))? {
                report.differing_aliases.push(candidate.clone());
            }
            found = Some(tensor);
        }
        match found {
            Some(tensor) => {
                var.set(&tensor.to_device(parameters.device())?.contiguous()?)?;
                report.matched.push(name);
            }
            None => report.missing.push(name),
        }
    }
    Ok(report)
}

fn differ(a: &Tensor, b: &Tensor) -> Result<bool, ParametersError> {
    Ok(a.ne(b)?.to_dtype(DType::F32)?.max_all()?.to_scalar::<f32>()? != 0.0)
}
