//! Weights that depend on the resolution, carried to another one.

use candle_core::{DType, Tensor};

use super::spline::{geometric_nodes, not_a_knot_weights};

/// Why weights cannot be carried to another resolution.
#[derive(Debug, thiserror::Error)]
pub enum InterpolationError {
    /// The tensor is not of the kind that was announced.
    #[error("expected {expected}, found the shape {found:?}")]
    Shape {
        /// What was expected.
        expected: &'static str,
        /// The shape that was found.
        found: Vec<usize>,
    },
    /// Fewer than four positions a side: a cubic spline needs four.
    #[error("a bias table for windows of {window} cannot be interpolated; at least 3 are needed")]
    SmallWindow {
        /// The side of the window in tokens.
        window: usize,
    },
    /// The resolution asked for is empty.
    #[error("the new side is 0")]
    Empty,
    /// candle could not read or make the tensor.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Carries the position embeddings of a ViT, (1, 1 + n², width), to a grid of `side` × `side`:
/// (1, 1 + side², width).
///
/// The first position, of the class token, stays. The others are interpolated as torch's `bicubic` does
/// (a = −0.75, `align_corners=False`, no antialiasing), upwards and downwards.
///
/// # Errors
/// If the shape is another or `side` is 0.
pub fn interpolate_positions(positions: &Tensor, side: usize) -> Result<Tensor, InterpolationError> {
    let wrong = || InterpolationError::Shape {
        expected: "position embeddings of shape (1, 1 + n², width)",
        found: positions.dims().to_vec(),
    };
    let &[1, tokens, width] = positions.dims() else { return Err(wrong()) };
    let source = tokens.saturating_sub(1).isqrt();
    if source == 0 || source * source + 1 != tokens {
        return Err(wrong());
    }
    if side == 0 {
        return Err(InterpolationError::Empty);
    }
    if side == source {
        return Ok(positions.clone());
    }
    let values: Vec<f32> = positions.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
    let (class, grid) = values.split_at(width);
    let taps = bicubic_taps(source, side);
    let rows: Vec<f32> = (0..source)
        .flat_map(|row| taps.iter().map(move |taps| (row, taps)))
        .flat_map(|(row, taps)| {
            mix(grid, width, taps.map(|(column, weight)| (row * source + column, weight)))
        })
        .collect();
    let mut result = class.to_vec();
    for taps in &taps {
        for column in 0..side {
            result.extend(mix(&rows, width, taps.map(|(row, weight)| (row * side + column, weight))));
        }
    }
    Ok(Tensor::from_vec(result, (1, 1 + side * side, width), positions.device())?)
}

/// For each target the four sources, repeated at the borders, and their weights.
fn bicubic_taps(source: usize, target: usize) -> Vec<[(usize, f32); 4]> {
    const A: f32 = -0.75;
    let near = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
    let scale = source as f32 / target as f32;
    (0..target)
        .map(|index| {
            let position = scale * (index as f32 + 0.5) - 0.5;
            let first = position.floor();
            let part = position - first;
            let weights = [far(part + 1.0), near(part), near(1.0 - part), far(2.0 - part)];
            std::array::from_fn(|tap| {
                let at = (first as isize + tap as isize - 1).clamp(0, source as isize - 1);
                (at as usize, weights[tap])
            })
        })
        .collect()
}

/// The weighted sum of some vectors of `values`.
fn mix(values: &[f32], width: usize, taps: [(usize, f32); 4]) -> Vec<f32> {
    (0..width).map(|d| taps.iter().map(|&(at, weight)| values[at * width + d] * weight).sum()).collect()
}

/// Carries a Swin block's table of relative position biases, ((2w − 1)², heads), to another `window`:
/// ((2·window − 1)², heads).
///
/// Each head is interpolated by a tensor-product cubic spline on geometrically spaced coordinates (BEiT's
/// method), in f64. It is not a resize of an image.
///
/// # Errors
/// If the shape is another, a window is empty, or the table is for windows of fewer than 3.
pub fn interpolate_bias_table(table: &Tensor, window: usize) -> Result<Tensor, InterpolationError> {
    let wrong = || InterpolationError::Shape {
        expected: "a bias table of shape ((2w − 1)², heads)",
        found: table.dims().to_vec(),
    };
    let &[entries, heads] = table.dims() else { return Err(wrong()) };
    let source = entries.isqrt();
    if source * source != entries || source % 2 == 0 {
        return Err(wrong());
    }
    let target = (2 * window).checked_sub(1).ok_or(InterpolationError::Empty)?;
    if source == target {
        return Ok(table.clone());
    }
    if source < 4 {
        return Err(InterpolationError::SmallWindow { window: source.div_ceil(2) });
    }
    let values: Vec<f32> = table.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
    let reach = (target / 2) as f64;
    let targets: Vec<f64> = (0..target).map(|index| index as f64 - reach).collect();
    let weights = not_a_knot_weights(&geometric_nodes(source, target), &targets);
    let mut result = vec![0.0; target * target * heads];
    for head in 0..heads {
        let grid: Vec<f64> = values.iter().skip(head).step_by(heads).map(|&value| f64::from(value)).collect();
        for (slot, value) in result.iter_mut().skip(head).step_by(heads).zip(both_axes(&weights, &grid)) {
            *slot = value as f32;
        }
    }
    Ok(Tensor::from_vec(result, (target * target, heads), table.device())?)
}

/// `weights` · `grid` · `weights`ᵀ, row by row.
fn both_axes(weights: &[Vec<f64>], grid: &[f64]) -> Vec<f64> {
    let source = weights.first().map_or(0, Vec::len);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let rows: Vec<Vec<f64>> =
        weights.iter().map(|across| grid.chunks(source).map(|row| dot(across, row)).collect()).collect();
    weights.iter().flat_map(|down| rows.iter().map(move |column| dot(down, column))).collect()
}
