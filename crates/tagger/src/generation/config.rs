use serde::{Deserialize, Serialize};

use super::GenerationError;

/// How captions are generated. Lengths count all tokens: the prompt's four and the closing `[SEP]`
/// too.
///
/// ```
/// use tagger::generation::{GenerationConfig, Search};
///
/// let config: GenerationConfig = serde_json::from_str(r#"{"max_length": 20, "min_length": 5}"#)?;
/// assert_eq!(config, GenerationConfig::coco());
/// assert_eq!(config.search, Search::Beam { beams: 3 });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GenerationConfig {
    /// How the next token is chosen.
    pub search: Search,
    /// `[SEP]` is not chosen before there are this many tokens.
    pub min_length: usize,
    /// The most tokens.
    pub max_length: usize,
    /// Above 1, tokens that already stand in the text, prompt included, become less likely; 1 is
    /// off.
    pub repetition_penalty: f32,
}

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Search {
    /// The most likely.
    Greedy,
    /// The text that is most likely as a whole, of those that this many best beginnings lead to.
    Beam {
        /// How many beginnings are kept; 1 is greedy.
        beams: usize,
    },
    /// Drawn from the most likely.
    Nucleus {
        /// Drawn from the fewest tokens whose probabilities reach this sum.
        top_p: f64,
        /// Drawn from no more tokens than this. The release has 50, its library's silent default.
        top_k: Option<usize>,
        /// The same seed, image and tags give the same text, whatever else is in the batch.
        seed: u64,
    },
}

impl Default for GenerationConfig {
    /// As the release's `generate`: 3 beams, 10 to 30 tokens.
    fn default() -> Self {
        Self { search: Search::Beam { beams: 3 }, min_length: 10, max_length: 30, repetition_penalty: 1.0 }
    }
}

/// More only take memory.
const MOST_BEAMS: usize = 1000;

impl GenerationConfig {
    /// As COCO's captions are evaluated: 3 beams, 5 to 20 tokens.
    pub fn coco() -> Self {
        Self { min_length: 5, max_length: 20, ..Self::default() }
    }

    /// The release's sampling: p 0.9 of at most 50 tokens, repetition penalty 1.1, 10 to 30 tokens.
    pub fn nucleus(seed: u64) -> Self {
        let search = Search::Nucleus { top_p: 0.9, top_k: Some(50), seed };
        Self { search, repetition_penalty: 1.1, ..Self::default() }
    }

    pub(super) fn validate(&self, prompt: usize, positions: usize) -> Result<(), GenerationError> {
        let require = |condition: bool, message: String| {
            if condition { Ok(()) } else { Err(GenerationError::Config(message)) }
        };
        let Self { min_length, max_length, repetition_penalty, .. } = *self;
        require(prompt > 0, "the prompt is empty; it begins with [DEC] at least".to_owned())?;
        require(
            max_length > prompt && max_length <= positions,
            format!(
                "max_length {max_length} must be more than the prompt's {prompt} tokens and at most {positions}"
            ),
        )?;
        require(
            min_length <= max_length,
            format!("min_length {min_length} is more than max_length {max_length}"),
        )?;
        require(
            repetition_penalty.is_finite() && repetition_penalty > 0.0,
            format!("repetition_penalty {repetition_penalty} must be more than 0; 1 is off"),
        )?;
        match self.search {
            Search::Greedy => Ok(()),
            Search::Beam { beams } => {
                require((1..=MOST_BEAMS).contains(&beams), format!("{beams} beams: give 1 to {MOST_BEAMS}"))
            }
            Search::Nucleus { top_p, top_k, .. } => {
                require(top_p > 0.0 && top_p <= 1.0, format!("top_p {top_p} must be in (0, 1]"))?;
                require(top_k != Some(0), "top_k must be 1 or more; leave it out for no limit".to_owned())
            }
        }
    }
}
