use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use super::Gradients;
use crate::nn::{Parameters, ParametersError, SafetensorsFile, TensorSource, write_tensors};

/// AdamW with decoupled weight decay on every parameter, biases and norms too, and moments in f32.
/// A parameter that two modules share is stepped once.
///
/// ```
/// use candle_core::Device;
/// use tagger::nn::{Init, Initialisation, Parameters};
/// use tagger::training::{AdamW, AdamWConfig, Gradients};
///
/// let parameters = Parameters::new(Initialisation::Zeros, &Device::Cpu);
/// let x = parameters.root().get(1, "x", Init::Constant(0.0))?;
/// let mut optimiser = AdamW::new(AdamWConfig::default());
/// let loss = (&x - 1.0)?.sqr()?.sum_all()?;
/// optimiser.step(&parameters, &Gradients::of(&loss, &parameters)?, 0.1)?;
/// assert!((x.to_vec1::<f32>()?[0] - 0.1).abs() < 1e-6);
/// # Ok::<(), tagger::nn::ParametersError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AdamW {
    config: AdamWConfig,
    steps: u64,
    moments: BTreeMap<String, Moments>,
}

/// What AdamW does beside the learning rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamWConfig {
    /// How long the mean of gradients remembers.
    pub beta1: f64,
    /// How long the mean of their squares remembers.
    pub beta2: f64,
    /// Keeps the step finite.
    pub eps: f64,
    /// Times the learning rate: the part of a parameter that goes each step.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    /// As Tag2Text: 0.9, 0.999, 1e-8 and 0.05.
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.05 }
    }
}

#[derive(Clone, Debug)]
struct Moments {
    first: Tensor,
    second: Tensor,
}

const FIRST: &str = "first_moment.";
const SECOND: &str = "second_moment.";
const STEPS: &str = "steps";

impl AdamW {
    /// Before the first step.
    pub fn new(config: AdamWConfig) -> Self {
        Self { config, steps: 0, moments: BTreeMap::new() }
    }

    /// How many steps it has taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Moves every parameter that has a gradient.
    ///
    /// # Errors
    /// If a gradient's shape is not its parameter's.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        gradients: &Gradients,
        learning_rate: f64,
    ) -> Result<(), ParametersError> {
        self.steps += 1;
        let AdamWConfig { beta1, beta2, eps, weight_decay } = self.config;
        let steps = self.steps as f64;
        let (correction1, correction2) = (1.0 - beta1.powf(steps), 1.0 - beta2.powf(steps));
        for (name, var) in parameters.variables() {
            let Some(gradient) = gradients.get(&name) else { continue };
            let gradient = gradient.to_dtype(DType::F32)?;
            let (first, second) = match self.moments.remove(&name) {
                Some(moments) => (
                    ((moments.first * beta1)? + (&gradient * (1.0 - beta1))?)?,
                    ((moments.second * beta2)? + (gradient.sqr()? * (1.0 - beta2))?)?,
                ),
                None => ((&gradient * (1.0 - beta1))?, (gradient.sqr()? * (1.0 - beta2))?),
            };
            let deviation = ((second.sqrt()? / correction2.sqrt())? + eps)?;
            let step = ((&first / deviation)? * (learning_rate / correction1))?;
            let decayed = (var.as_tensor() * (1.0 - learning_rate * weight_decay))?;
            var.set(&(decayed - step)?)?;
            self.moments.insert(name, Moments { first, second });
        }
        Ok(())
    }

    /// Writes the moments and the number of steps as safetensors: `first_moment.…` and
    /// `second_moment.…` of each parameter. The file appears whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; the error names the file.
    pub fn save(&self, path: &Path) -> Result<(), ParametersError> {
        let tensors = self.moments.iter().flat_map(|(name, moments)| {
            let named = |prefix: &str, tensor: &Tensor| (format!("{prefix}{name}"), tensor.clone());
            [named(FIRST, &moments.first), named(SECOND, &moments.second)]
        });
        let notes = BTreeMap::from([(STEPS.to_owned(), self.steps.to_string())]);
        write_tensors(path, tensors.collect(), &notes)
    }

    /// Reads what [`AdamW::save`] wrote.
    ///
    /// # Errors
    /// If the file cannot be read, or is something else.
    pub fn load(path: &Path, config: AdamWConfig, device: &Device) -> Result<Self, ParametersError> {
        let broken =
            |reason: &str| ParametersError::Format { path: path.to_owned(), reason: reason.to_owned() };
        let file = SafetensorsFile::open(path)?;
        let steps = file.notes().get(STEPS).and_then(|steps| steps.parse().ok());
        let steps = steps.ok_or_else(|| broken("it has no number of steps"))?;
        let mut moments = BTreeMap::new();
        for name in file.names() {
            let Some(parameter) = name.strip_prefix(FIRST) else { continue };
            let first = file.read(&name)?.to_dtype(DType::F32)?.to_device(device)?;
            let second = file.read(&format!("{SECOND}{parameter}"))?.to_dtype(DType::F32)?;
            let second = second.to_device(device)?;
            if first.dims() != second.dims() {
                return Err(broken("its moments differ in shape"));
            }
            moments.insert(parameter.to_owned(), Moments { first, second });
        }
        Ok(Self { config, steps, moments })
    }
}
