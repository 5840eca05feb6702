//! Initial word-piece vectors: the input embeddings of a BERT-class encoder, reduced by
//! principal components to the parser's width.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::pretrained::Pretrained;

/// Rounds of subspace iteration; the leading components have long settled by then.
const ROUNDS: usize = 30;
/// Standard deviation of the reduced vectors' entries.
const SCALE: f64 = 0.3;

/// A vector for each of the encoder's word pieces, `[pieces, width]`, row by row.
///
/// # Errors
/// If the encoder's own word embeddings are narrower than `width`.
pub fn vectors(encoder: &Pretrained, width: usize, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
    let embeddings = encoder.word_embeddings()?;
    let widest = embeddings.dim(1)?;
    ensure!(
        width <= widest,
        "--pieces is {width}, but the encoder's word embeddings have a width of {widest}: choose at most that"
    );
    Ok(reduce(&embeddings, width, rng)?.flatten_all()?.to_vec1()?)
}

/// Projects centred rows on their first `width` principal components, scaled to [`SCALE`].
fn reduce(rows: &Tensor, width: usize, rng: &mut ChaCha8Rng) -> Result<Tensor> {
    let centred = rows.broadcast_sub(&rows.mean_keepdim(0)?)?;
    let covariance = centred.t()?.matmul(&centred)?;
    let dimension = centred.dim(1)?;
    let start: Vec<f32> = (0..dimension * width).map(|_| rng.random_range(-1.0..1.0)).collect();
    let mut basis = orthonormal(&Tensor::from_vec(start, (dimension, width), &Device::Cpu)?)?;
    for _ in 0..ROUNDS {
        basis = orthonormal(&covariance.matmul(&basis)?)?;
    }
    let reduced = centred.matmul(&basis)?;
    let deviation = f64::from(reduced.sqr()?.mean_all()?.to_scalar::<f32>()?).sqrt();
    Ok((reduced * (SCALE / deviation))?)
}

/// Gram-Schmidt over the columns.
fn orthonormal(columns: &Tensor) -> Result<Tensor> {
    let mut basis: Vec<Vec<f32>> = columns.t()?.to_vec2()?;
    for index in 0..basis.len() {
        let (before, rest) = basis.split_at_mut(index);
        let column = &mut rest[0];
        for other in before.iter() {
            let overlap: f32 = column.iter().zip(other).map(|(a, b)| a * b).sum();
            column.iter_mut().zip(other).for_each(|(a, b)| *a -= overlap * b);
        }
        let norm = column.iter().map(|a| a * a).sum::<f32>().sqrt().max(1e-12);
        column.iter_mut().for_each(|a| *a /= norm);
    }
    let (width, dimension) = (basis.len(), basis.first().map_or(0, Vec::len));
    Ok(Tensor::from_vec(basis.concat(), (width, dimension), &Device::Cpu)?.t()?.contiguous()?)
}
