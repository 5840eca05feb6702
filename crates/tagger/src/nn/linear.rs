//! Products with a weight.

use candle_core::{D, Result, Tensor};

use super::functions::sum_leading;
use super::handwritten::{binary, ternary};

/// `x · weightᵀ + bias`: x (…, in), weight (out, in), bias (out) → (…, out), in the type of `x`. The
/// weight and the bias may be of a wider type: they are cast, and their gradients cast back.
///
/// # Errors
/// If the shapes do not go together.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    // As one operation: the product without the bias need not be kept for the backward pass.
    match bias {
        Some(bias) => {
            let forward = |[x, weight, bias]: [&Tensor; 3]| {
                product(x, weight)?.broadcast_add(&bias.to_dtype(x.dtype())?)
            };
            ternary("linear", [x, weight, bias], forward, |[x, weight, bias], gradient| {
                let [x, weight] = product_backward(x, weight, gradient)?;
                Ok([x, weight, sum_leading(gradient, bias)?])
            })
        }
        None => {
            let forward = |[x, weight]: [&Tensor; 2]| product(x, weight);
            binary("linear", [x, weight], forward, |[x, weight], _, gradient| {
                product_backward(x, weight, gradient)
            })
        }
    }
}

fn product(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let mut shape = x.dims().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = weight.dim(0)?;
    }
    let weight = weight.to_dtype(x.dtype())?;
    // One product of matrices, rather than one for each entry of the batch.
    rows_product(&x.reshape(((), x.dim(D::Minus1)?))?, &weight)?.reshape(shape)
}

/// x (rows, in) and weight (out, in) → (rows, out).
fn rows_product(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let (rows, outputs) = (x.dim(0)?, weight.dim(0)?);
    // On the CPU `x · weightᵀ` rearranges the whole weight first. With few rows that takes longer
    // than the product, and the transposed product is up to five times as fast; the limits are
    // where it stops to be.
    let few = if outputs <= 1024 { 192 } else { 40 };
    if x.device().is_cpu() && (2..=few).contains(&rows) {
        return weight.matmul(&x.t()?)?.t()?.contiguous();
    }
    x.matmul(&weight.t()?)
}

/// Gradients of x and the weight.
fn product_backward(x: &Tensor, weight: &Tensor, gradient: &Tensor) -> Result<[Tensor; 2]> {
    let rows = x.reshape(((), x.dim(D::Minus1)?))?;
    let gradient = gradient.reshape((rows.dim(0)?, ()))?;
    let x_gradient = gradient.matmul(&weight.to_dtype(gradient.dtype())?)?.reshape(x.dims())?;
    let weight_gradient = gradient.t()?.matmul(&rows)?.to_dtype(weight.dtype())?;
    Ok([x_gradient, weight_gradient])
}
