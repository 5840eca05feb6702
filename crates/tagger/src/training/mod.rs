//! What moves the weights: the optimiser and its learning rates.

mod adamw;
mod gradients;
pub mod schedule;

pub use adamw::{AdamW, AdamWConfig};
pub use gradients::Gradients;
