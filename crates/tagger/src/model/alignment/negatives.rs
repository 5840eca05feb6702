//! Pairs that do not match but nearly do.

use candle_core::{Result, Tensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::AlignmentError;
use crate::nn::softmax;

/// Added to probabilities, so that each other pair can be drawn.
const FLOOR: f64 = 1e-4;

/// The negatives of a batch of B pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negatives {
    /// For each text an image of the batch that it does not describe.
    pub images: Vec<u32>,
    /// For each image a text of the batch that does not describe it.
    pub texts: Vec<u32>,
}

/// Where the negatives of a batch come from.
#[derive(Clone, Debug)]
pub enum HardNegatives {
    /// Drawn by similarity, from this seed. Take another each step.
    Drawn {
        /// The seed.
        seed: u64,
    },
    /// These.
    Given(Negatives),
}

impl HardNegatives {
    /// By weights (B, B): of images for each text, and of texts for each image.
    pub(super) fn choose(
        &self,
        images: &Tensor,
        texts: &Tensor,
    ) -> std::result::Result<Negatives, AlignmentError> {
        let batch = images.dim(0)?;
        match self {
            Self::Drawn { seed } => {
                let mut generator = ChaCha8Rng::seed_from_u64(*seed);
                let mut draw_all = |weights: &Tensor| -> std::result::Result<Vec<u32>, AlignmentError> {
                    let rows = weights.to_vec2::<f32>()?.into_iter().enumerate();
                    rows.map(|(pair, row)| draw(&row, pair, &mut generator)).collect()
                };
                Ok(Negatives { images: draw_all(images)?, texts: draw_all(texts)? })
            }
            Self::Given(negatives) => {
                let fits =
                    |rows: &[u32]| rows.len() == batch && rows.iter().all(|&row| (row as usize) < batch);
                if fits(&negatives.images) && fits(&negatives.texts) {
                    Ok(negatives.clone())
                } else {
                    Err(AlignmentError::Negatives { batch })
                }
            }
        }
    }
}

/// Similarities (B, B) → weights of what may be drawn. `positives` (B, B) is not 0 where a pair
/// matches, which never is.
pub(super) fn weights(similarities: &Tensor, positives: &Tensor) -> Result<Tensor> {
    let probabilities = softmax(&similarities.detach())?.affine(1.0, FLOOR)?;
    positives.eq(0f32)?.to_dtype(probabilities.dtype())? * probabilities
}

/// A place of `row`, as likely as its weight.
fn draw(row: &[f32], pair: usize, generator: &mut ChaCha8Rng) -> std::result::Result<u32, AlignmentError> {
    let total: f64 = row.iter().copied().map(f64::from).sum();
    let mut left = (generator.next_u64() >> 11) as f64 / 2f64.powi(53) * total;
    let mut last = None;
    for (place, &weight) in (0..).zip(row).filter(|(_, weight)| **weight > 0.0) {
        last = Some(place);
        left -= f64::from(weight);
        if left < 0.0 {
            break;
        }
    }
    last.ok_or(AlignmentError::NoNegative(pair))
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::{HardNegatives, Negatives, weights};

    #[test]
    fn negatives_are_drawn_by_similarity_and_never_match() {
        let similarities = Tensor::new(&[[9f32, 2.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 8.0]], &Device::Cpu);
        let matching = Tensor::new(&[[1f32, 0.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]], &Device::Cpu);
        let weights = weights(&similarities.unwrap(), &matching.unwrap()).unwrap();
        let mut counts = [[0_u32; 3]; 3];
        for seed in 0..2000 {
            let drawn = HardNegatives::Drawn { seed }.choose(&weights, &weights).unwrap();
            assert_eq!(drawn, HardNegatives::Drawn { seed }.choose(&weights, &weights).unwrap());
            for (row, place) in counts.iter_mut().zip(drawn.images) {
                row[place as usize] += 1;
            }
        }
        assert_eq!((counts[0][0], counts[1], counts[2]), (0, [2000, 0, 0], [2000, 0, 0]));
        // e² to e¹, each with the floor: 0.688 expected, with a deviation of 0.010.
        let share = f64::from(counts[0][1]) / 2000.0;
        assert!((0.64..0.74).contains(&share), "{share}");
    }

    #[test]
    fn a_batch_without_negatives_is_told() {
        let weights = weights(
            &Tensor::zeros((2, 2), candle_core::DType::F32, &Device::Cpu).unwrap(),
            &Tensor::ones((2, 2), candle_core::DType::F32, &Device::Cpu).unwrap(),
        )
        .unwrap();
        let error = HardNegatives::Drawn { seed: 1 }.choose(&weights, &weights).unwrap_err();
        assert_eq!(
            error.to_string(),
            "pair 0 of the batch has no negative; a batch needs two images or more"
        );
        let given = HardNegatives::Given(Negatives { images: vec![1, 2], texts: vec![1, 0] });
        assert!(given.choose(&weights, &weights).is_err());
    }
}
