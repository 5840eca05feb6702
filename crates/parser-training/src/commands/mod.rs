//! The commands: their arguments and what they do.

pub mod agree;
mod arguments;
pub mod evaluate;
pub mod graphs;
pub mod label;
pub mod teach;
pub mod train;
