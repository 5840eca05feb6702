//! Functions without parameters.

use candle_core::{D, DType, Result, Tensor};

use super::handwritten::{binary, unary};

/// The exact (erf) GELU, of any shape. candle's `gelu` is the tanh form, and its `gelu_erf` has
/// constants of six digits in the backward pass.
///
/// # Errors
/// As candle's.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    unary("gelu", x, Tensor::gelu_erf, |x, _, gradient| {
        let dtype = x.dtype();
        let x = at_least_f32(x)?;
        let cumulative = ((&x / std::f64::consts::SQRT_2)?.erf()? * 0.5)?.affine(1.0, 0.5)?;
        let density = (x.sqr()? * -0.5)?.exp()?.affine(1.0 / (2.0 * std::f64::consts::PI).sqrt(), 0.0)?;
        let slope = (cumulative + (x * density)?)?;
        (at_least_f32(gradient)? * slope)?.to_dtype(dtype)
    })
}

/// Softmax over the last dimension, computed in f32 at least.
///
/// # Errors
/// As candle's.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    unary("softmax", x, softmax_forward, |_, value, gradient| softmax_backward(value, gradient))
}

/// Softmax over the last dimension of `scores + mask`. The mask is a constant, and is broadcast to
/// the scores' shape.
///
/// # Errors
/// As candle's.
pub fn softmax_masked(scores: &Tensor, mask: &Tensor) -> Result<Tensor> {
    let mask = mask.detach();
    let forward = |scores: &Tensor| {
        let wide = at_least_f32(scores)?;
        let masked = wide.broadcast_add(&mask.to_dtype(wide.dtype())?)?;
        softmax_forward(&masked)?.to_dtype(scores.dtype())
    };
    unary("softmax-masked", scores, forward, |_, value, gradient| softmax_backward(value, gradient))
}

/// Softmax over the last dimension of `scores + bias`: scores (B·G, H, N, M), the bias (G, H, N, M)
/// of each of a group, which gets a gradient too.
///
/// # Errors
/// If the shapes do not go together.
pub fn softmax_biased(scores: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let forward = |[scores, bias]: [&Tensor; 2]| {
        let wide = at_least_f32(scores)?;
        let biased = grouped(&wide, bias)?.broadcast_add(&bias.to_dtype(wide.dtype())?)?;
        softmax_forward(&biased.reshape(scores.dims())?)?.to_dtype(scores.dtype())
    };
    binary("softmax-biased", [scores, bias], forward, |[_, bias], value, gradient| {
        let slope = softmax_backward(&at_least_f32(value)?, &at_least_f32(gradient)?)?;
        let bias_gradient = grouped(&slope, bias)?.sum(0)?.to_dtype(bias.dtype())?;
        Ok([slope.to_dtype(value.dtype())?, bias_gradient])
    })
}

/// (B·G, …) → (B, G, …), for the G of `bias`.
fn grouped(x: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let groups = bias.dim(0)?;
    let mut shape = vec![x.dim(0)? / groups];
    shape.extend(bias.dims());
    x.reshape(shape)
}

/// `x + parameter`, which is broadcast along leading dimensions of `x`. The parameter's gradient
/// is summed in f32 at least.
///
/// # Errors
/// If the shapes do not go together.
pub fn add_parameter(x: &Tensor, parameter: &Tensor) -> Result<Tensor> {
    let forward = |[x, parameter]: [&Tensor; 2]| x.broadcast_add(&parameter.to_dtype(x.dtype())?);
    binary("add-parameter", [x, parameter], forward, |[_, parameter], _, gradient| {
        Ok([gradient.clone(), sum_leading(gradient, parameter)?])
    })
}

fn softmax_forward(x: &Tensor) -> Result<Tensor> {
    candle_nn::ops::softmax_last_dim(&at_least_f32(x)?.contiguous()?)?.to_dtype(x.dtype())
}

fn softmax_backward(value: &Tensor, gradient: &Tensor) -> Result<Tensor> {
    let dtype = gradient.dtype();
    let (value, gradient) = (at_least_f32(value)?, at_least_f32(gradient)?);
    let weighted = (&value * gradient)?;
    let sum = weighted.sum_keepdim(D::Minus1)?;
    (weighted - value.broadcast_mul(&sum)?)?.to_dtype(dtype)
}

/// The tokens of `x` (B, N, C) in another order: token `i` of the result is token `order[i]`.
/// `inverse` is the order that undoes it. Both are u32, of length N.
///
/// # Errors
/// As candle's.
pub fn permute_tokens(x: &Tensor, order: &Tensor, inverse: &Tensor) -> Result<Tensor> {
    let inverse = inverse.clone();
    unary(
        "permute-tokens",
        x,
        |x| x.contiguous()?.index_select(order, 1),
        move |_, _, gradient| gradient.index_select(&inverse, 1),
    )
}

/// The gradient of a parameter that was broadcast along leading dimensions. It is summed in f32 at
/// least: sums of many bf16 numbers lose nearly all they add.
pub(super) fn sum_leading(gradient: &Tensor, parameter: &Tensor) -> Result<Tensor> {
    let rows = gradient.reshape(((), parameter.elem_count()))?;
    at_least_f32(&rows)?.sum(0)?.reshape(parameter.dims())?.to_dtype(parameter.dtype())
}

/// A classifier of its own for each of C groups: x (B, C, W), weight (1, C, W), bias (1, C) → (B, C).
///
/// # Errors
/// If the shapes do not go together.
pub fn group_wise_linear(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.broadcast_mul(weight)?.sum(D::Minus1)?.broadcast_add(bias)
}

/// The one entry of `x` (1, …) for each of a batch (B, …). Its gradient is summed in f32 at least.
///
/// # Errors
/// If `x` has more than one entry.
pub fn repeat_batch(x: &Tensor, batch: usize) -> Result<Tensor> {
    let mut shape = x.dims().to_vec();
    if let Some(first) = shape.first_mut() {
        *first = batch;
    }
    let forward = |x: &Tensor| x.broadcast_as(shape)?.contiguous();
    unary("repeat-batch", x, forward, |x, _, gradient| {
        at_least_f32(gradient)?.sum_keepdim(0)?.to_dtype(x.dtype())
    })
}

/// `x` (…, C) itself, but no gradient reaches it where `mask` (…, 1) is 0.
pub(super) fn stop_gradient_where_zero(x: &Tensor, mask: Tensor) -> Result<Tensor> {
    let forward = |x: &Tensor| Ok(x.clone());
    unary("stop-gradient", x, forward, move |_, _, gradient| gradient.broadcast_mul(&mask))
}

/// f32 for the narrower types, which lose too much in sums and exponentials.
pub(crate) fn at_least_f32(x: &Tensor) -> Result<Tensor> {
    if x.dtype() == DType::F64 { Ok(x.clone()) } else { x.to_dtype(DType::F32) }
}
