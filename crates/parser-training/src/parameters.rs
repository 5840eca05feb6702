//! The network's tensors by name, and their seeded initial values.

use std::collections::BTreeMap;

use candle_core::{D, DType, Device, Result, Tensor, Var};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::layers::{add_bias, layer_norm};

/// Named variables on the CPU in f32. Iteration is by name, so a seed gives one result.
#[derive(Default)]
pub struct Parameters {
    variables: BTreeMap<String, Var>,
    constants: BTreeMap<String, Tensor>,
}

impl Parameters {
    /// Adds a tensor that training leaves as it is.
    pub fn freeze(&mut self, name: &str, values: Vec<f32>, shape: &[usize]) -> Result<()> {
        self.constants.insert(name.to_owned(), Tensor::from_vec(values, shape, &Device::Cpu)?);
        Ok(())
    }

    /// Adds a variable with the values given.
    pub fn insert(&mut self, name: &str, values: Vec<f32>, shape: &[usize]) -> Result<()> {
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(DType::F32)?;
        self.variables.insert(name.to_owned(), Var::from_tensor(&tensor)?);
        Ok(())
    }

    /// Adds a variable drawn uniformly from ±`bound`.
    pub fn uniform(&mut self, name: &str, shape: &[usize], bound: f32, rng: &mut ChaCha8Rng) -> Result<()> {
        let count = shape.iter().product();
        let values =
            (0..count).map(|_| if bound > 0.0 { rng.random_range(-bound..bound) } else { 0.0 }).collect();
        self.insert(name, values, shape)
    }

    /// Adds a matrix `[rows, columns]` for `x · W` with Glorot's bound (Glorot & Bengio 2010), and
    /// a bias of zeros under `<name>.bias`.
    pub fn linear(&mut self, name: &str, rows: usize, columns: usize, rng: &mut ChaCha8Rng) -> Result<()> {
        let bound = (6.0 / (rows + columns) as f32).sqrt();
        self.uniform(name, &[rows, columns], bound, rng)?;
        self.insert(&format!("{name}.bias"), vec![0.0; columns], &[columns])
    }

    /// Applies a linear map that [`Self::linear`] added, `[n, rows]` to `[n, columns]`.
    pub fn apply(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        add_bias(&x.matmul(self.get(name)?)?, self.get(&format!("{name}.bias"))?)
    }

    /// Layer normalisation by `<name>.norm` and `<name>.norm.bias`, `[n, width]` to the same.
    pub fn normalise(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let part = |part: &str| self.get(&format!("{name}.{part}"));
        layer_norm(x, part("norm")?, part("norm.bias")?, 1e-5)
    }

    /// A context layer: a linear map to twice the width, the larger of each pair, normalised.
    pub fn maxout(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let both = self.apply(name, x)?;
        let width = both.dim(D::Minus1)? / 2;
        let larger = both.narrow(D::Minus1, 0, width)?.maximum(&both.narrow(D::Minus1, width, width)?)?;
        self.normalise(name, &larger)
    }

    /// The tensor of that name; an error if there is none.
    pub fn get(&self, name: &str) -> Result<&Tensor> {
        match self.variables.get(name).map(|variable| variable.as_tensor()).or(self.constants.get(name)) {
            Some(tensor) => Ok(tensor),
            None => candle_core::bail!("no parameter {name:?}"),
        }
    }

    /// The variables with their names, in the names' order.
    pub fn named(&self) -> impl Iterator<Item = (&String, &Var)> {
        self.variables.iter()
    }
}
