//! What a forward pass is for: inference, evaluation with gradients, or training.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use candle_core::{DType, Device, Result, Shape, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Given to every forward pass: whether gradients are wanted, whether dropout is on and from
/// which seed, the type that is computed in, and whether intermediate tensors are kept.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// use tagger::nn::{Context, dropout};
///
/// let ones = Tensor::ones(1000, DType::F32, &Device::Cpu)?;
/// let masked = |seed| dropout(&ones, 0.5, &Context::training(seed))?.to_vec1::<f32>();
/// assert_eq!(masked(7)?, masked(7)?);
/// assert_ne!(masked(7)?, masked(8)?);
/// assert_eq!(dropout(&ones, 0.5, &Context::inference())?.to_vec1::<f32>()?, vec![1.0; 1000]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Context {
    gradients: bool,
    random: Option<Random>,
    dtype: DType,
    probes: Option<Mutex<BTreeMap<String, Tensor>>>,
}

/// Where masks come from. Each mask has a stream of its own, so that its size does not move
/// those that follow.
#[derive(Debug)]
struct Random {
    seed: u64,
    next_stream: AtomicU64,
    device_seeded: AtomicBool,
}

impl Context {
    /// No gradients, no dropout, f32. Nothing of a pass is kept but its result.
    pub fn inference() -> Self {
        Self { gradients: false, random: None, dtype: DType::F32, probes: None }
    }

    /// Gradients without dropout or stochastic depth, f32.
    pub fn deterministic() -> Self {
        Self { gradients: true, ..Self::inference() }
    }

    /// Gradients, dropout and stochastic depth, f32. The same seed gives the same masks on the
    /// same kind of device, if the same passes follow one another. Take another seed each step.
    pub fn training(seed: u64) -> Self {
        let random = Random { seed, next_stream: AtomicU64::new(0), device_seeded: AtomicBool::new(false) };
        Self { random: Some(random), ..Self::deterministic() }
    }

    /// The same without gradients, for a teacher. Dropout and stochastic depth stay on where they
    /// are, with masks of their own.
    pub fn without_gradients(&self) -> Self {
        let teacher = self.random.as_ref().map(|random| Self::training(!random.seed));
        Self { gradients: false, dtype: self.dtype, ..teacher.unwrap_or_else(Self::inference) }
    }

    /// Computes in this type. Weights are cast where they are used, and gradients arrive at the
    /// f32 masters. `BF16` is for CUDA: candle cannot multiply such matrices on the CPU.
    pub fn with_dtype(mut self, dtype: DType) -> Self {
        self.dtype = dtype;
        self
    }

    /// Keeps intermediate tensors by name, for [`Context::into_probes`].
    pub fn with_probes(mut self) -> Self {
        self.probes = Some(Mutex::default());
        self
    }

    /// The tensors that were kept: `vis.…` of the image encoder, `tagging.…` of the recognition
    /// decoder, `tagenc.…` of the tag encoder and `dec.…` of the text decoder.
    pub fn into_probes(self) -> BTreeMap<String, Tensor> {
        self.probes
            .map(|probes| probes.into_inner().unwrap_or_else(PoisonError::into_inner))
            .unwrap_or_default()
    }

    /// The type that is computed in.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Whether dropout and stochastic depth are on.
    pub fn is_training(&self) -> bool {
        self.random.is_some()
    }

    /// Keeps `tensor`, if this context keeps any.
    pub fn probe(&self, name: impl FnOnce() -> String, tensor: &Tensor) {
        if let Some(probes) = &self.probes {
            probes.lock().unwrap_or_else(PoisonError::into_inner).insert(name(), tensor.clone());
        }
    }

    /// A parameter as this pass uses it: in the computing type, and outside of the graph where no
    /// gradients are wanted.
    pub fn weight(&self, parameter: &Tensor) -> Result<Tensor> {
        self.master(parameter).to_dtype(self.dtype)
    }

    /// Like [`Context::weight`], but in the type that it is kept in.
    pub fn master(&self, parameter: &Tensor) -> Tensor {
        if self.gradients { parameter.clone() } else { parameter.detach() }
    }

    /// A mask of ones and zeros (u8), one with probability `keep`; `None` outside of training.
    pub(super) fn keep_mask(
        &self,
        keep: f64,
        shape: impl Into<Shape>,
        device: &Device,
    ) -> Result<Option<Tensor>> {
        let Some(random) = &self.random else { return Ok(None) };
        let shape = shape.into();
        let mask = if device.is_cpu() {
            Tensor::from_vec(random.host_mask(keep, shape.elem_count()), shape, device)?
        } else {
            // The device's own generator: masks of a large batch take too long on the host.
            if !random.device_seeded.swap(true, Ordering::Relaxed) {
                device.set_seed(random.seed)?;
            }
            Tensor::rand(0f32, 1f32, shape, device)?.lt(keep)?
        };
        Ok(Some(mask))
    }
}

impl Random {
    fn host_mask(&self, keep: f64, count: usize) -> Vec<u8> {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream(self.next_stream.fetch_add(1, Ordering::Relaxed));
        let threshold = (keep * 2f64.powi(32)) as u64;
        (0..count).map(|_| u8::from(u64::from(generator.next_u32()) < threshold)).collect()
    }
}
