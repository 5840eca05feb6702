use std::collections::BTreeMap;

use candle_core::{DType, Result, Tensor};

use crate::nn::Parameters;

/// Gradients by the canonical names of their parameters, f32. A parameter that the loss does not
/// depend on has none.
#[derive(Clone, Debug, Default)]
pub struct Gradients(BTreeMap<String, Tensor>);

impl Gradients {
    /// Of a scalar loss.
    ///
    /// # Errors
    /// If an operation that the loss was computed with has no backward pass.
    pub fn of(loss: &Tensor, parameters: &Parameters) -> Result<Self> {
        let mut store = loss.backward()?;
        let gradient =
            |(name, var): (String, candle_core::Var)| store.remove(&var).map(|gradient| (name, gradient));
        Ok(Self(parameters.variables().into_iter().filter_map(gradient).collect()))
    }

    /// The gradient of the parameter of this canonical name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// Names and gradients, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.0.iter().map(|(name, gradient)| (name.as_str(), gradient))
    }

    /// Adds those of another part of the batch.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn add(&mut self, other: Self) -> Result<()> {
        for (name, gradient) in other.0 {
            let sum = match self.0.remove(&name) {
                Some(own) => (own + gradient)?,
                None => gradient,
            };
            self.0.insert(name, sum);
        }
        Ok(())
    }

    /// Multiplies all.
    ///
    /// # Errors
    /// As candle's.
    pub fn scale(&mut self, factor: f64) -> Result<()> {
        for gradient in self.0.values_mut() {
            *gradient = (&*gradient * factor)?;
        }
        Ok(())
    }

    /// The Euclidean norm of all together.
    ///
    /// # Errors
    /// As candle's.
    pub fn norm(&self) -> Result<f64> {
        let mut sum = 0.0;
        for gradient in self.0.values() {
            let squares = gradient.sqr()?.sum_all()?;
            sum += squares.to_dtype(DType::F64)?.to_scalar::<f64>()?;
        }
        Ok(sum.sqrt())
    }

    /// Scales all, if need be, so that their norm is at most `largest`, and returns the norm that
    /// they had. One that is not finite changes nothing: skip that step.
    ///
    /// # Errors
    /// As candle's.
    pub fn clip(&mut self, largest: f64) -> Result<f64> {
        let norm = self.norm()?;
        if norm.is_finite() && norm > largest {
            // As torch, which keeps off a division by zero.
            self.scale(largest / (norm + 1e-6))?;
        }
        Ok(norm)
    }
}
