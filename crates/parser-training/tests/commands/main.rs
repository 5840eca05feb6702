//! The commands, run as a user runs them on data of a few lines.

mod pipeline;
mod refusals;
mod workplace;
