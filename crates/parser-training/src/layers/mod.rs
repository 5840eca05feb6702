//! Layers with a forward and a backward pass of their own: what candle-nn has lacks the backward
//! pass, and elementary operations walk the memory many times over.

mod bias;
mod gelu;
mod layer_norm;

use candle_core::{CpuStorage, Layout, Result};

pub use bias::add_bias;
pub use gelu::gelu;
pub use layer_norm::layer_norm;

/// The values of a contiguous f32 tensor.
fn values<'s>(storage: &'s CpuStorage, layout: &Layout) -> Result<&'s [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("this layer wants contiguous tensors")
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

#[cfg(test)]
mod testing {
    use candle_core::{Result, Tensor, Var};

    /// True if both have the same values and give the variables the same gradients, to 1e-5.
    pub fn agree(ours: &Tensor, theirs: &Tensor, variables: &[&Var]) -> Result<bool> {
        let weights: Vec<f32> = (0..ours.elem_count()).map(|index| (index as f32 * 1.7).sin()).collect();
        let weights = Tensor::from_vec(weights, ours.shape(), ours.device())?;
        let near = |a: &Tensor, b: &Tensor| -> Result<bool> {
            Ok((a - b)?.abs()?.max_all()?.to_scalar::<f32>()? < 1e-5)
        };
        let ours_by = (ours * &weights)?.sum_all()?.backward()?;
        let theirs_by = (theirs * &weights)?.sum_all()?.backward()?;
        let mut all = near(ours, theirs)?;
        for variable in variables {
            let pair = (ours_by.get(variable.as_tensor()), theirs_by.get(variable.as_tensor()));
            let (Some(a), Some(b)) = pair else { candle_core::bail!("no gradient") };
            all &= near(a, b)?;
        }
        Ok(all)
    }
}
