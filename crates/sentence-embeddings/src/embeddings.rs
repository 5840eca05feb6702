//! Vectors of length one.

use crate::EmbeddingsError;

/// Vectors of texts, each scaled to length one, so that a product of two is their cosine.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    width: usize,
    values: Vec<f32>,
}

impl Embeddings {
    /// Scales rows of `width` numbers to length one; a row of zeros stays one.
    ///
    /// ```
    /// let embeddings = sentence_embeddings::Embeddings::new(2, vec![3.0, 4.0, 0.0, 2.0])?;
    /// assert_eq!(embeddings.get(0), Some([0.6, 0.8].as_slice()));
    /// assert_eq!(embeddings.len(), 2);
    /// # Ok::<(), sentence_embeddings::EmbeddingsError>(())
    /// ```
    ///
    /// # Errors
    /// If the numbers are not rows of `width`, or one is not finite.
    pub fn new(width: usize, mut values: Vec<f32>) -> Result<Self, EmbeddingsError> {
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(EmbeddingsError::Shape { width, values: values.len() });
        }
        for (row, vector) in values.chunks_exact_mut(width).enumerate() {
            let squares: f64 = vector.iter().map(|&value| f64::from(value).powi(2)).sum();
            if !squares.is_finite() {
                return Err(EmbeddingsError::NotFinite { row });
            }
            if squares > 0.0 {
                let length = squares.sqrt();
                vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
            }
        }
        Ok(Self { width, values })
    }

    /// How many vectors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Numbers a vector.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The vector of that row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&[f32]> {
        let start = row.checked_mul(self.width)?;
        self.values.get(start..start.checked_add(self.width)?)
    }
}
