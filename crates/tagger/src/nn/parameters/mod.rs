//! A model's parameters by name: f32 masters that layers find or create as they are built.

mod error;
mod file;
mod init;
mod rule;
mod scope;
mod source;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{DType, Device, Shape, Tensor, Var};
use rayon::prelude::*;

pub use error::ParametersError;
pub use file::SafetensorsFile;
pub(crate) use file::write_tensors;
pub use init::{Init, Initialisation};
pub use rule::Fill;
pub use scope::Scope;
pub use source::{LoadReport, Mismatch, TensorSource};

/// A model's parameters: f32 variables by name. Clones share them.
///
/// A parameter that two modules share has one variable and two names: the canonical one, which
/// came first, and an alias. Optimisers and files see it once.
///
/// ```
/// use candle_core::Device;
/// use tagger::nn::{Init, Initialisation, Parameters};
///
/// let parameters = Parameters::new(Initialisation::Random { seed: 42 }, &Device::Cpu);
/// let scope = parameters.root().pp("blocks").pp(0);
/// let weight = scope.get((4, 3), "weight", Init::Normal { deviation: 0.02 })?;
/// assert_eq!(weight.dims(), [4, 3]);
/// assert_eq!(parameters.names(), ["blocks.0.weight"]);
/// assert_eq!(parameters.count(), 12);
/// # Ok::<(), tagger::nn::ParametersError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Parameters {
    initialisation: Initialisation,
    device: Device,
    store: Arc<Mutex<Store>>,
}

#[derive(Debug, Default)]
struct Store {
    variables: BTreeMap<String, Variable>,
    /// Alias → canonical name.
    aliases: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Variable {
    var: Var,
    init: Init,
}

impl Parameters {
    /// None yet: layers create them. `Initialisation::Zeros` is for those that will be loaded; it
    /// costs neither time nor, until they are, memory.
    pub fn new(initialisation: Initialisation, device: &Device) -> Self {
        Self { initialisation, device: device.clone(), store: Arc::default() }
    }

    /// The scope that has no path yet.
    pub fn root(&self) -> Scope {
        Scope::root(self.clone())
    }

    /// Where the parameters lie.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The canonical names, sorted.
    pub fn names(&self) -> Vec<String> {
        self.store().variables.keys().cloned().collect()
    }

    /// Second names of shared parameters → their canonical names.
    pub fn aliases(&self) -> BTreeMap<String, String> {
        self.store().aliases.clone()
    }

    /// The variable of this name, canonical or alias.
    pub fn get(&self, name: &str) -> Option<Var> {
        let store = self.store();
        let name = store.aliases.get(name).map_or(name, String::as_str);
        store.variables.get(name).map(|variable| variable.var.clone())
    }

    /// Every variable once, by its canonical name.
    pub fn variables(&self) -> BTreeMap<String, Var> {
        let store = self.store();
        store.variables.iter().map(|(name, variable)| (name.clone(), variable.var.clone())).collect()
    }

    /// How many numbers they hold, shared ones once.
    pub fn count(&self) -> usize {
        self.store().variables.values().map(|variable| variable.var.elem_count()).sum()
    }

    /// Replaces the value of a parameter, cast to f32.
    ///
    /// # Errors
    /// If there is none of this name, or its shape differs.
    pub fn set(&self, name: &str, value: &Tensor) -> Result<(), ParametersError> {
        let Some(var) = self.get(name) else {
            return Err(ParametersError::Unknown { name: name.to_owned() });
        };
        check_shape(name, var.dims(), value.dims())?;
        let value = value.to_dtype(DType::F32)?.to_device(&self.device)?;
        Ok(var.set(&value.contiguous()?)?)
    }

    /// Draws these parameters anew from a seed: what a load left out, for instance. The same seed
    /// and name always give the same values.
    ///
    /// # Errors
    /// If there is none of a name.
    pub fn initialise(&self, names: &[String], seed: u64) -> Result<(), ParametersError> {
        names.par_iter().try_for_each(|name| {
            let variable = self.store().variables.get(name).cloned();
            let variable = variable.ok_or_else(|| ParametersError::Unknown { name: name.clone() })?;
            let values = variable.init.draw(seed, name, variable.var.elem_count());
            let shape = variable.var.shape();
            Ok(variable.var.set(&Tensor::from_vec(values, shape, &self.device)?)?)
        })
    }

    /// Sets what `source` has, by canonical name or alias, and says what matched and what did
    /// not. Parameters that it lacks, or has in another shape, stay as they are. Where it has a
    /// shared parameter under both names with different values, the alias wins, as in torch.
    ///
    /// # Errors
    /// If a tensor cannot be read.
    pub fn load(&self, source: &dyn TensorSource) -> Result<LoadReport, ParametersError> {
        source::load(self, source)
    }

    /// Sets every parameter by the rule of the golden tensors (see [`Fill`]).
    ///
    /// # Errors
    /// If `fill` knows no values for a parameter.
    pub fn fill_by_rule(
        &self,
        fill: impl Fn(&str, &[usize]) -> Option<Fill> + Sync,
    ) -> Result<(), ParametersError> {
        self.variables().par_iter().try_for_each(|(name, var)| {
            let fill =
                fill(name, var.dims()).ok_or_else(|| ParametersError::Unknown { name: name.clone() })?;
            let values = fill.values(name, var.elem_count());
            Ok(var.set(&Tensor::from_vec(values, var.shape(), &self.device)?)?)
        })
    }

    /// Writes them, by canonical name, as safetensors with these notes in the header. The file
    /// appears whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; the error names the file.
    pub fn save(&self, path: &Path, notes: &BTreeMap<String, String>) -> Result<(), ParametersError> {
        let tensors = self.variables().into_iter().map(|(name, var)| (name, var.as_tensor().clone()));
        file::write_tensors(path, tensors.collect(), notes)
    }

    fn find_or_create(
        &self,
        name: &str,
        alias: Option<&str>,
        shape: Shape,
        init: Init,
    ) -> Result<Tensor, ParametersError> {
        let found = self.store().variables.get(name).map(|variable| variable.var.clone());
        let var = match found {
            Some(var) => var,
            None => self.create(name, &shape, init)?,
        };
        check_shape(name, var.dims(), shape.dims())?;
        if let Some(alias) = alias.filter(|alias| *alias != name) {
            self.store().aliases.insert(alias.to_owned(), name.to_owned());
        }
        Ok(var.as_tensor().clone())
    }

    fn create(&self, name: &str, shape: &Shape, init: Init) -> Result<Var, ParametersError> {
        let var = match self.initialisation {
            Initialisation::Zeros => Var::zeros(shape, DType::F32, &self.device)?,
            Initialisation::Random { seed } => {
                let values = init.draw(seed, name, shape.elem_count());
                Var::from_vec(values, shape, &self.device)?
            }
        };
        self.store().variables.insert(name.to_owned(), Variable { var: var.clone(), init });
        Ok(var)
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // A thread that panicked with the lock held has changed nothing by halves.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_shape(name: &str, expected: &[usize], found: &[usize]) -> Result<(), ParametersError> {
    if expected == found {
        return Ok(());
    }
    let name = name.to_owned();
    Err(ParametersError::Shape { name, expected: expected.to_vec(), found: found.to_vec() })
}
