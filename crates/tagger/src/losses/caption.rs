use candle_core::{D, DType, Tensor};

use super::LossError;
use crate::nn::at_least_f32;

/// The target of a token that is not to be learned.
pub const IGNORED: i64 = -100;

/// The cross-entropy of next tokens: logits (B, L, V) at a token against the target (B, L) of the
/// one after it, a mean over those that are not [`IGNORED`]. `smoothing` of the target is spread
/// evenly over all V tokens.
///
/// # Errors
/// If the shapes differ, a target is no token, or all are ignored.
pub fn caption_loss(logits: &Tensor, targets: &Tensor, smoothing: f64) -> Result<Tensor, LossError> {
    let vocabulary = match (logits.dims(), targets.dims()) {
        ([batch, length, vocabulary], [b, l]) if batch == b && length == l => *vocabulary,
        (logits, targets) => {
            let (logits, targets) = (logits.to_vec(), targets.to_vec());
            return Err(LossError::Shape { logits, targets });
        }
    };
    let (rows, tokens) = learned(targets, vocabulary)?;
    let device = logits.device();
    let count = rows.len();
    let rows = Tensor::from_vec(rows, count, device)?;
    let tokens = Tensor::from_vec(tokens, (count, 1), device)?;
    // The rows that count first: the others are a good part of a large matrix.
    let logits = logits.contiguous()?.reshape(((), vocabulary))?.index_select(&rows, 0)?;
    let logits = at_least_f32(&logits)?;
    let normaliser = log_sum_exp(&logits)?;
    let target = logits.gather(&tokens, D::Minus1)?.squeeze(1)?;
    let even = logits.mean(D::Minus1)?;
    let expected = ((target * (1.0 - smoothing))? + (even * smoothing)?)?;
    Ok((normaliser - expected)?.mean_all()?)
}

/// Rows of the flat logits whose next token is to be learned, and those tokens.
fn learned(targets: &Tensor, vocabulary: usize) -> Result<(Vec<u32>, Vec<u32>), LossError> {
    let (mut rows, mut tokens) = (Vec::new(), Vec::new());
    let targets = targets.to_dtype(DType::I64)?.to_vec2::<i64>()?;
    let mut start = 0;
    for text in targets {
        for (row, &target) in (start..).zip(text.iter().skip(1)).filter(|(_, target)| **target != IGNORED) {
            match u32::try_from(target) {
                Ok(token) if (token as usize) < vocabulary => {
                    rows.push(row);
                    tokens.push(token);
                }
                _ => return Err(LossError::Target { target, vocabulary }),
            }
        }
        start += text.len() as u32;
    }
    if rows.is_empty() { Err(LossError::NoTargets) } else { Ok((rows, tokens)) }
}

/// (R, V) → (R).
fn log_sum_exp(logits: &Tensor) -> candle_core::Result<Tensor> {
    // The largest is a constant: its gradient cancels.
    let largest = logits.detach().max_keepdim(D::Minus1)?;
    let sum = logits.broadcast_sub(&largest)?.exp()?.sum(D::Minus1)?;
    sum.log()? + largest.squeeze(1)?
}
