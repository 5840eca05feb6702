//! Layer normalisation, with a backward pass. candle's has none, and computes the variance as
//! E\[x²\] − E\[x\]², which loses its digits where the mean is large.

use candle_core::{CpuStorage, CustomOp3, D, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::functions::at_least_f32;
use super::handwritten::ternary;

/// Normalises the last dimension of `x` (…, C) to mean 0 and variance 1, then scales by `weight`
/// (C) and adds `bias` (C). Computed in f32 at least; the result has the type of `x`.
///
/// # Errors
/// If the sizes differ, and as candle's.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let width = x.dim(D::Minus1)?;
    if weight.dims() != [width] || bias.dims() != [width] {
        bail!("layer norm of {:?} with {:?} and {:?}", x.dims(), weight.dims(), bias.dims());
    }
    let forward = |[x, weight, bias]: [&Tensor; 3]| {
        let wide = at_least_f32(x)?.contiguous()?;
        let (weight, bias) = (weight.to_dtype(wide.dtype())?, bias.to_dtype(wide.dtype())?);
        normalise(&wide, &weight, &bias, eps)?.to_dtype(x.dtype())
    };
    let backward = move |inputs: [&Tensor; 3], gradient: &Tensor| backward(inputs, gradient, eps);
    ternary("layer-norm", [x, weight, bias], forward, backward)
}

fn normalise(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.apply_op3_no_bwd(weight, bias, &Rows { eps });
    }
    // Centred first, for the sake of the kernel's variance.
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    candle_nn::ops::layer_norm(&centred, weight, bias, eps as f32)
}

/// Gradients of `x`, the weight and the bias.
fn backward([x, weight, bias]: [&Tensor; 3], gradient: &Tensor, eps: f64) -> Result<[Tensor; 3]> {
    let width = x.dim(D::Minus1)?;
    let wide = at_least_f32(x)?.reshape(((), width))?;
    let gradient = at_least_f32(gradient)?.reshape(((), width))?;
    let centred = wide.broadcast_sub(&wide.mean_keepdim(1)?)?;
    let deviation = (centred.sqr()?.mean_keepdim(1)? + eps)?.sqrt()?;
    let normalised = centred.broadcast_div(&deviation)?;

    let bias_gradient = gradient.sum(0)?.to_dtype(bias.dtype())?;
    let weight_gradient = (&gradient * &normalised)?.sum(0)?.to_dtype(weight.dtype())?;
    let scaled = gradient.broadcast_mul(&weight.to_dtype(gradient.dtype())?)?;
    let along = (&scaled * &normalised)?.mean_keepdim(1)?;
    let projected = scaled
        .broadcast_sub(&scaled.mean_keepdim(1)?)?
        .sub(&normalised.broadcast_mul(&along)?)?
        .broadcast_div(&deviation)?;
    Ok([projected.reshape(x.dims())?.to_dtype(x.dtype())?, weight_gradient, bias_gradient])
}

/// The forward pass on the CPU, row by row in two passes.
struct Rows {
    eps: f64,
}

impl CustomOp3 for Rows {
    fn name(&self) -> &'static str {
        "layer-norm-rows"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let layouts = [x_layout, weight_layout, bias_layout];
        let storage = match (x, weight, bias) {
            (CpuStorage::F32(x), CpuStorage::F32(weight), CpuStorage::F32(bias)) => {
                let [x, weight, bias] = contiguous([x, weight, bias], layouts)?;
                let eps = self.eps as f32;
                CpuStorage::F32(rows(x, weight, bias, |row| statistics_f32(row, eps)))
            }
            (CpuStorage::F64(x), CpuStorage::F64(weight), CpuStorage::F64(bias)) => {
                let [x, weight, bias] = contiguous([x, weight, bias], layouts)?;
                CpuStorage::F64(rows(x, weight, bias, |row| statistics_f64(row, self.eps)))
            }
            _ => bail!("layer norm is of f32 or f64"),
        };
        Ok((storage, x_layout.shape().clone()))
    }
}

fn contiguous<'a, T>(slices: [&'a [T]; 3], layouts: [&Layout; 3]) -> Result<[&'a [T]; 3]> {
    let mut parts = slices;
    for (part, layout) in parts.iter_mut().zip(layouts) {
        match layout.contiguous_offsets() {
            Some((start, end)) => *part = &part[start..end],
            None => bail!("layer norm of a tensor that is not contiguous"),
        }
    }
    Ok(parts)
}

/// `statistics` gives a row's mean and the inverse of its deviation.
fn rows<T, S>(x: &[T], weight: &[T], bias: &[T], statistics: S) -> Vec<T>
where
    T: Copy + Default + Send + Sync + std::ops::Sub<Output = T> + std::ops::Mul<Output = T>,
    T: std::ops::Add<Output = T>,
    S: Fn(&[T]) -> (T, T) + Sync,
{
    let width = weight.len();
    let mut result = vec![T::default(); x.len()];
    result.par_chunks_mut(width).zip(x.par_chunks(width)).for_each(|(result, row)| {
        let (mean, scale) = statistics(row);
        for (((value, &x), &weight), &bias) in result.iter_mut().zip(row).zip(weight).zip(bias) {
            *value = (x - mean) * scale * weight + bias;
        }
    });
    result
}

fn statistics_f32(row: &[f32], eps: f32) -> (f32, f32) {
    let mean = sum_f32(row, |x| x) / row.len() as f32;
    let variance = sum_f32(row, |x| (x - mean) * (x - mean)) / row.len() as f32;
    (mean, (variance + eps).sqrt().recip())
}

/// In eight lanes: what a compiler turns into vector instructions, and closer than one long sum.
fn sum_f32(row: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<8>();
    let mut lanes = [0f32; 8];
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += term(x);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|&x| term(x)).sum::<f32>()
}

fn statistics_f64(row: &[f64], eps: f64) -> (f64, f64) {
    let mean = row.iter().sum::<f64>() / row.len() as f64;
    let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / row.len() as f64;
    (mean, (variance + eps).sqrt().recip())
}
