//! Names that a sentence encoder finds alike.

use std::path::Path;

use sentence_embeddings::{EmbeddingsError, EncoderError, Pair, SentenceEncoder};
use tag_vocabulary::TagKind;
use thiserror::Error;

use super::NearPair;
use crate::candidates::Candidates;

/// Least cosine of names that are alike. Of the pairs of the project's own candidates that are left
/// after [`near_synonyms`](super::near_synonyms), half were merged by those who judged them.
const LEAST: f32 = 0.65;
/// How many nearest names of each are looked at: both must be among the other's.
const NEAREST: usize = 3;

/// Why names cannot be compared.
#[derive(Debug, Error)]
pub enum SimilarityError {
    /// The encoder cannot be opened or run.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// The vectors cannot be compared.
    #[error(transparent)]
    Embeddings(#[from] EmbeddingsError),
}

/// Pairs of candidates of one kind whose names are alike by a sentence encoder such as
/// all-MiniLM-L6-v2 (Reimers & Gurevych 2019), opened from its folder: for
/// [`near_synonyms`](super::near_synonyms).
///
/// `progress` is told from any thread how many names more are encoded.
///
/// # Errors
/// If the folder has no encoder that can be used, or its weights give no numbers.
pub fn similar_names(
    candidates: &Candidates,
    folder: &Path,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<NearPair>, SimilarityError> {
    let encoder = SentenceEncoder::open(folder)?;
    let names: Vec<&str> = candidates.all().iter().map(|candidate| candidate.tag.name.as_str()).collect();
    let embeddings = encoder.encode(&names, progress)?;
    let mut found = Vec::new();
    for kind in TagKind::ALL {
        let is_of_kind = |&place: &usize| candidates.all()[place].tag.kind == kind;
        let places: Vec<usize> = (0..names.len()).filter(is_of_kind).collect();
        let pairs = embeddings.similar(&places, LEAST, NEAREST)?;
        let near = |pair: &Pair| NearPair { places: [pair.a, pair.b], similarity: pair.cosine };
        found.extend(pairs.iter().filter(|pair| pair.mutual).map(near));
    }
    Ok(found)
}
