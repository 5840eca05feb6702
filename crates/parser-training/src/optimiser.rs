//! Adam (Kingma & Ba 2015) with gradient clipping, in one pass over the weights.
//!
//! candle-nn's AdamW takes some ten passes with a new tensor each, which for the large embedding
//! tables of a small network costs more than the network itself.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.98;
const EPSILON: f32 = 1e-8;
/// Largest norm of all gradients together; longer ones are shortened to it.
const LARGEST_NORM: f32 = 2.0;

struct State {
    variable: Var,
    /// The variable's own share of the learning rate.
    rate: f32,
    weights: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
}

/// The optimiser and its moments.
pub struct Adam {
    states: Vec<State>,
    step: i32,
}

impl Adam {
    /// Starts with the variables, each with its share of the learning rate.
    pub fn new(variables: Vec<(Var, f32)>) -> Result<Self> {
        let state = |(variable, rate): (Var, f32)| {
            let weights: Vec<f32> = variable.as_tensor().flatten_all()?.to_vec1()?;
            let zeros = vec![0.0; weights.len()];
            Ok(State { variable, rate, first: zeros.clone(), second: zeros, weights })
        };
        Ok(Self { states: variables.into_iter().map(state).collect::<Result<_>>()?, step: 0 })
    }

    /// Moves every weight against its gradient.
    ///
    /// # Errors
    /// If a variable has no gradient: a part of the network would silently not learn.
    pub fn step(&mut self, gradients: &GradStore, learning_rate: f32) -> Result<()> {
        self.step += 1;
        let mut values = Vec::with_capacity(self.states.len());
        let mut squares = 0.0;
        for state in &self.states {
            let Some(gradient) = gradients.get(state.variable.as_tensor()) else {
                candle_core::bail!("a variable of shape {:?} has no gradient", state.variable.shape())
            };
            let gradient: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
            squares += gradient.iter().map(|g| g * g).sum::<f32>();
            values.push(gradient);
        }
        let clip = (LARGEST_NORM / squares.sqrt().max(1e-12)).min(1.0);
        let correction = (1.0 - BETA2.powi(self.step)).sqrt() / (1.0 - BETA1.powi(self.step));
        for (state, gradient) in self.states.iter_mut().zip(&values) {
            state.update(gradient, clip, learning_rate * correction * state.rate);
            let moved = Tensor::from_slice(&state.weights, state.variable.shape(), state.variable.device())?;
            state.variable.set(&moved)?;
        }
        Ok(())
    }
}

impl State {
    fn update(&mut self, gradient: &[f32], clip: f32, rate: f32) {
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((weight, (first, second)), gradient) in self.weights.iter_mut().zip(moments).zip(gradient) {
            let gradient = gradient * clip;
            *first = BETA1 * *first + (1.0 - BETA1) * gradient;
            *second = BETA2 * *second + (1.0 - BETA2) * gradient * gradient;
            *weight -= rate * *first / (second.sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn finds_a_minimum_and_refuses_what_has_no_gradient() -> Result<()> {
        let x = Var::new(&[4.0f32, -3.0], &Device::Cpu)?;
        let mut adam = Adam::new(vec![(x.clone(), 1.0)])?;
        for _ in 0..2000 {
            let loss = (x.as_tensor() - 1.0)?.sqr()?.sum_all()?;
            adam.step(&loss.backward()?, 0.01)?;
        }
        for value in x.as_tensor().to_vec1::<f32>()? {
            assert!((value - 1.0).abs() < 1e-2, "{value}");
        }
        let unused = Var::new(&[0.0f32], &Device::Cpu)?;
        let mut adam = Adam::new(vec![(unused, 1.0)])?;
        assert!(adam.step(&x.as_tensor().sum_all()?.backward()?, 0.01).is_err());
        Ok(())
    }
}
