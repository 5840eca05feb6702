//! What is added to self-attention scores.

use candle_core::{DType, Device, Result, Tensor};

use super::TextInput;

/// Not infinity: a row that sees nothing then attends evenly, as in the reference.
const HIDDEN: f64 = -10_000.0;

/// (B or 1, 1, L or 1, L): 0 where a token is seen, −10000 where not.
pub(super) fn additive(input: TextInput<'_>) -> Result<Option<Tensor>> {
    let (batch, length) = input.ids.dims2()?;
    let padding = match input.mask {
        Some(mask) => Some(mask.to_dtype(DType::F32)?.reshape((batch, 1, 1, length))?),
        None => None,
    };
    let causal = (input.causal && length > 1).then(|| before(0, length, input.ids.device()));
    let seen = match (padding, causal.transpose()?) {
        (Some(padding), Some(causal)) => padding.broadcast_mul(&causal)?,
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return Ok(None),
    };
    hide_unseen(&seen).map(Some)
}

/// The same for `length` tokens after `past` others: (1, 1, length, past + length).
pub(super) fn continued(past: usize, length: usize, device: &Device) -> Result<Option<Tensor>> {
    if length == 1 {
        return Ok(None);
    }
    hide_unseen(&before(past, length, device)?).map(Some)
}

fn hide_unseen(seen: &Tensor) -> Result<Tensor> {
    seen.affine(-HIDDEN, HIDDEN)
}

/// (1, 1, length, past + length): 1 for a token itself and those before.
fn before(past: usize, length: usize, device: &Device) -> Result<Tensor> {
    let columns = past + length;
    let seen: Vec<f32> =
        (0..length * columns).map(|at| if at % columns <= past + at / columns { 1.0 } else { 0.0 }).collect();
    Tensor::from_vec(seen, (1, 1, length, columns), device)
}
