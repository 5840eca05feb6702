//! Retrieval: ranked by the similarity of features, the first ranked again by matching.

use candle_core::Tensor;

use super::{Alignment, AlignmentError};
use crate::nn::Context;

/// The score of candidates that are not ranked again.
const NOT_RERANKED: f32 = -100.0;

/// Scores for [`recall_at`](crate::evaluation::recall_at), both ways.
#[derive(Clone, Debug, PartialEq)]
pub struct RetrievalScores {
    /// (I, T), row by row: texts for each image.
    pub image_to_text: Vec<f32>,
    /// (T, I), row by row: images for each text.
    pub text_to_image: Vec<f32>,
}

impl Alignment {
    /// Ranks T texts for each of I images and the images for each text: by the cosine similarity
    /// of their features, and the first `k` again by the logit that they match plus the
    /// similarity. `batch` pairs are matched at a time. E (I, N, D), ids and mask (T, L).
    ///
    /// Where not all of E fits in memory, use [`rerank`].
    ///
    /// # Errors
    /// If shapes differ, or an id is out of range.
    pub fn retrieve(
        &self,
        image: &Tensor,
        (ids, mask): (&Tensor, &Tensor),
        k: usize,
        batch: usize,
        context: &Context,
    ) -> Result<RetrievalScores, AlignmentError> {
        let images = self.image_features(image, context)?;
        let texts = self.text_features(ids, mask, context)?;
        let similarities = images.matmul(&texts.t()?)?;
        let table = |similarities: &Tensor| similarities.contiguous()?.flatten_all()?.to_vec1::<f32>();
        let (image_to_text, text_to_image) = (table(&similarities)?, table(&similarities.t()?)?);
        let matching = |image_rows: Vec<u32>, text_rows: Vec<u32>| {
            let rows = |rows: Vec<u32>| Tensor::from_slice(&rows, rows.len(), image.device());
            let (image_rows, text_rows) = (rows(image_rows)?, rows(text_rows)?);
            let image = image.contiguous()?.index_select(&image_rows, 0)?;
            let (ids, mask) = (ids.index_select(&text_rows, 0)?, mask.index_select(&text_rows, 0)?);
            let logits = self.matching_logits(&ids, &mask, &image, context)?;
            Ok(logits.narrow(1, 1, 1)?.flatten_all()?.to_vec1::<f32>()?)
        };
        Ok(RetrievalScores {
            image_to_text: rerank(&image_to_text, ids.dim(0)?, k, batch, |image, texts| {
                matching(vec![image; texts.len()], texts.to_vec())
            })?,
            text_to_image: rerank(&text_to_image, image.dim(0)?, k, batch, |text, images| {
                matching(images.to_vec(), vec![text; images.len()])
            })?,
        })
    }
}

/// Ranks the `k` most similar candidates of each query again. `similarities` is a table of queries
/// × `candidates`, row by row. `matching` gives the logits that a query matches some candidates, at
/// most `batch` of them at a time. → a table of the same shape: of those candidates the logit plus
/// the similarity, of others −100.
///
/// ```
/// use tagger::model::{AlignmentError, rerank};
///
/// // The last candidate, the least similar, is not looked at.
/// let matching = |_query, candidates: &[u32]| Ok::<_, AlignmentError>(vec![2.0; candidates.len()]);
/// assert_eq!(rerank(&[0.5, 0.25, 0.0], 3, 2, 8, matching)?, [2.5, 2.25, -100.0]);
/// # Ok::<(), AlignmentError>(())
/// ```
///
/// # Errors
/// If the table has no such columns or holds what is not a number, or `matching` fails.
pub fn rerank(
    similarities: &[f32],
    candidates: usize,
    k: usize,
    batch: usize,
    mut matching: impl FnMut(u32, &[u32]) -> Result<Vec<f32>, AlignmentError>,
) -> Result<Vec<f32>, AlignmentError> {
    let table = candidates > 0 && similarities.len().is_multiple_of(candidates);
    if !table || similarities.iter().any(|similarity| similarity.is_nan()) {
        return Err(AlignmentError::Similarities { candidates });
    }
    let mut scores = vec![NOT_RERANKED; similarities.len()];
    let rows = similarities.chunks(candidates).zip(scores.chunks_mut(candidates));
    for (query, (similarities, scores)) in (0..).zip(rows) {
        let mut order: Vec<u32> = (0..candidates as u32).collect();
        order.sort_by(|&a, &b| similarities[b as usize].total_cmp(&similarities[a as usize]));
        order.truncate(k);
        for part in order.chunks(batch.max(1)) {
            for (&candidate, logit) in part.iter().zip(matching(query, part)?) {
                let candidate = candidate as usize;
                scores[candidate] = logit + similarities[candidate];
            }
        }
    }
    Ok(scores)
}
