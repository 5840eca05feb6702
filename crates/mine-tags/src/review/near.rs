//! Names that are used alike, by a sentence encoder.

use std::path::Path;

use anyhow::Result;
use vocab_review::Candidates;
use vocab_review::suggestions::NearPair;

/// Compares the candidates' names; with a progress bar on a terminal, for it takes most of a minute
/// for 50,000.
///
/// # Errors
/// If the folder has no encoder that can be used.
#[cfg(feature = "embeddings")]
pub fn pairs(candidates: &Candidates, folder: &Path) -> Result<Vec<NearPair>> {
    use indicatif::{ProgressBar, ProgressStyle};

    let bar = ProgressBar::new(candidates.all().len() as u64);
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3}%  names compared  {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let pairs = vocab_review::suggestions::similar_names(candidates, folder, &|names| bar.inc(names as u64));
    bar.finish_and_clear();
    Ok(pairs?)
}

/// Says that this program was built without.
///
/// # Errors
/// Always.
#[cfg(not(feature = "embeddings"))]
pub fn pairs(_: &Candidates, _: &Path) -> Result<Vec<NearPair>> {
    anyhow::bail!(
        "--embeddings: this program was built without candle, which runs the encoder: build it with \
         cargo install --path crates/mine-tags --features embeddings"
    )
}
