//! Dropout and stochastic depth, from the context's seed.

use candle_core::{Result, Shape, Tensor};

use super::Context;
use super::handwritten::unary;

/// Sets elements of `x` to zero with probability `rate` and scales the others by 1/(1 − rate);
/// `x` itself outside of training.
///
/// # Errors
/// As candle's.
pub fn dropout(x: &Tensor, rate: f64, context: &Context) -> Result<Tensor> {
    masked(x, rate, x.shape().clone(), context)
}

/// Stochastic depth: sets whole entries of the batch, `x` (B, …), to zero with probability `rate`
/// and scales the others by 1/(1 − rate); `x` itself outside of training.
///
/// # Errors
/// As candle's.
pub fn drop_path(x: &Tensor, rate: f64, context: &Context) -> Result<Tensor> {
    let mut shape = vec![1; x.rank()];
    shape[0] = x.dim(0)?;
    masked(x, rate, Shape::from(shape), context)
}

fn masked(x: &Tensor, rate: f64, shape: Shape, context: &Context) -> Result<Tensor> {
    if rate == 0.0 {
        return Ok(x.clone());
    }
    let Some(mask) = context.keep_mask(1.0 - rate, shape, x.device())? else {
        return Ok(x.clone());
    };
    // The mask is kept as bytes: it is as large as the activations.
    let apply = move |x: &Tensor| x.broadcast_mul(&mask.to_dtype(x.dtype())?)? / (1.0 - rate);
    let forward = apply.clone();
    unary("dropout", x, |x| forward(x), move |_, _, gradient| apply(gradient))
}
