//! Tag2Text's model in candle: it tags images, captions them, and aligns them with texts.
#![warn(missing_docs)]

pub mod checkpoint;
pub mod evaluation;
pub mod generation;
pub mod losses;
pub mod model;
pub mod nn;
pub mod preprocessing;
pub mod training;
