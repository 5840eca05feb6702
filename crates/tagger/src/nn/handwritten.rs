//! Functions whose gradient is written by hand: faster, exact, and lighter in memory than what
//! candle would derive from their parts.

use std::sync::{Mutex, PoisonError};

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp1, CustomOp2, CustomOp3, Error, Layout, Result, Shape, Storage, Tensor,
    bail,
};

/// A value that was computed outside of the graph, handed over at the operation's "forward pass".
struct Value {
    name: &'static str,
    tensor: Mutex<Option<Tensor>>,
}

impl Value {
    fn new(name: &'static str, tensor: Tensor) -> Self {
        Self { name, tensor: Mutex::new(Some(tensor)) }
    }

    fn take(&self) -> Result<Tensor> {
        let tensor = self.tensor.lock().unwrap_or_else(PoisonError::into_inner).take();
        let tensor = tensor.ok_or_else(|| Error::Msg(format!("{} was evaluated twice", self.name)).bt())?;
        // The copy of its storage must begin where the tensor does.
        if tensor.layout().start_offset() == 0 { tensor.contiguous() } else { tensor.force_contiguous() }
    }

    fn on_cpu(&self) -> Result<(CpuStorage, Shape)> {
        let tensor = self.take()?;
        match &*tensor.storage_and_layout().0 {
            Storage::Cpu(storage) => Ok((storage.try_clone(tensor.layout())?, tensor.shape().clone())),
            _ => bail!("the value of {} is not on the CPU", self.name),
        }
    }

    fn on_cuda(&self) -> Result<(CudaStorage, Shape)> {
        let tensor = self.take()?;
        match &*tensor.storage_and_layout().0 {
            Storage::Cuda(storage) => Ok((storage.try_clone(tensor.layout())?, tensor.shape().clone())),
            _ => bail!("the value of {} is not on the CUDA device", self.name),
        }
    }
}

struct Unary<B> {
    value: Value,
    backward: B,
}

impl<B: Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>> CustomOp1 for Unary<B> {
    fn name(&self) -> &'static str {
        self.value.name
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        self.value.on_cpu()
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout) -> Result<(CudaStorage, Shape)> {
        self.value.on_cuda()
    }

    fn bwd(&self, x: &Tensor, value: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        (self.backward)(x, value, &gradient.contiguous()?).map(Some)
    }
}

/// `forward` of `x`, with the gradient that `backward` computes from `x`, the value, and the
/// value's gradient. `forward` and `backward` run outside of the graph; the value is a new tensor.
pub(super) fn unary<F, B>(name: &'static str, x: &Tensor, forward: F, backward: B) -> Result<Tensor>
where
    F: FnOnce(&Tensor) -> Result<Tensor>,
    B: Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
{
    let value = forward(&x.detach())?;
    if !x.track_op() {
        return Ok(value);
    }
    let backward =
        move |x: &Tensor, value: &Tensor, gradient: &Tensor| backward(&x.detach(), &value.detach(), gradient);
    x.apply_op1(Unary { value: Value::new(name, value), backward })
}

struct Binary<B> {
    value: Value,
    backward: B,
}

impl<B: Fn([&Tensor; 2], &Tensor, &Tensor) -> Result<[Tensor; 2]>> CustomOp2 for Binary<B> {
    fn name(&self) -> &'static str {
        self.value.name
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        self.value.on_cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        self.value.on_cuda()
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        value: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let inputs = [&a.detach(), &b.detach()];
        let [a, b] = (self.backward)(inputs, &value.detach(), &gradient.contiguous()?)?;
        Ok((Some(a), Some(b)))
    }
}

/// Like [`unary`], of two tensors. `backward` gets them, the value, and its gradient.
pub(super) fn binary<F, B>(
    name: &'static str,
    inputs: [&Tensor; 2],
    forward: F,
    backward: B,
) -> Result<Tensor>
where
    F: FnOnce([&Tensor; 2]) -> Result<Tensor>,
    B: Fn([&Tensor; 2], &Tensor, &Tensor) -> Result<[Tensor; 2]> + Send + Sync + 'static,
{
    let [a, b] = inputs;
    let value = forward([&a.detach(), &b.detach()])?;
    if !inputs.iter().any(|input| input.track_op()) {
        return Ok(value);
    }
    a.apply_op2(b, Binary { value: Value::new(name, value), backward })
}

struct Ternary<B> {
    value: Value,
    backward: B,
}

impl<B: Fn([&Tensor; 3], &Tensor) -> Result<[Tensor; 3]>> CustomOp3 for Ternary<B> {
    fn name(&self) -> &'static str {
        self.value.name
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.value.on_cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        self.value.on_cuda()
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        c: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let inputs = [&a.detach(), &b.detach(), &c.detach()];
        let [a, b, c] = (self.backward)(inputs, &gradient.contiguous()?)?;
        Ok((Some(a), Some(b), Some(c)))
    }
}

/// Like [`unary`], of three tensors. `backward` gets them and the value's gradient.
pub(super) fn ternary<F, B>(
    name: &'static str,
    inputs: [&Tensor; 3],
    forward: F,
    backward: B,
) -> Result<Tensor>
where
    F: FnOnce([&Tensor; 3]) -> Result<Tensor>,
    B: Fn([&Tensor; 3], &Tensor) -> Result<[Tensor; 3]> + Send + Sync + 'static,
{
    let [a, b, c] = inputs;
    let value = forward([&a.detach(), &b.detach(), &c.detach()])?;
    if !inputs.iter().any(|input| input.track_op()) {
        return Ok(value);
    }
    a.apply_op3(b, c, Ternary { value: Value::new(name, value), backward })
}
