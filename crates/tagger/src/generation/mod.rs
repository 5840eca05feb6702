//! Captions token by token: greedy, by beam search, or sampled from the nucleus.
//!
//! ```text
//! scores of tags → those over their thresholds, or given tags → "dog | beach" → T (B, 40, W)
//! "a picture of" → next token → next token … [SEP] → text
//! ```
//!
//! [`Captioner`] does all of it. [`Tag2Text::generate`](crate::model::Tag2Text::generate) is the
//! part between token ids.

mod beam;
mod captioner;
mod config;
mod error;
mod rules;
mod search;
mod single;
mod thresholds;

pub use captioner::{Caption, CaptionTags, Captioner, caption_text, user_tags};
pub use config::{GenerationConfig, Search};
pub use error::GenerationError;
pub use search::Generated;
pub use thresholds::TagThresholds;
