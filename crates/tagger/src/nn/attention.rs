//! Scaled dot-product attention.

use candle_core::{Result, Tensor};

use super::{Context, dropout, softmax, softmax_masked};

/// (B, L, heads·d) → (B, heads, L, d), contiguous.
///
/// # Errors
/// If the width is no multiple of `heads`.
pub fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, length, width) = x.dims3()?;
    x.reshape((batch, length, heads, width / heads))?.transpose(1, 2)?.contiguous()
}

/// (B, heads, L, d) → (B, L, heads·d).
///
/// # Errors
/// As candle's.
pub fn merge_heads(x: &Tensor) -> Result<Tensor> {
    let (batch, heads, length, width) = x.dims4()?;
    x.transpose(1, 2)?.reshape((batch, length, heads * width))
}

/// What the queries (B, heads, L, d) find at the keys and values (B, heads, M, d): (B, heads, L, d).
/// `mask` is added to the scores and must broadcast to (B, heads, L, M). `dropout_rate` is that of
/// the attention's weights.
///
/// # Errors
/// As candle's.
pub fn attend(
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    mask: Option<&Tensor>,
    dropout_rate: f64,
    context: &Context,
) -> Result<Tensor> {
    let scale = 1.0 / (queries.dim(3)? as f64).sqrt();
    let scores = (queries * scale)?.matmul(&keys.t()?)?;
    let weights = match mask {
        Some(mask) => softmax_masked(&scores, mask)?,
        None => softmax(&scores)?,
    };
    dropout(&weights, dropout_rate, context)?.matmul(values)
}
