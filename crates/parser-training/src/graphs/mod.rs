//! Scene graphs read off the parser's encoder: training of the network that `scene-graph` uses to
//! write graphs as FACTUAL does.

pub mod alignment;
pub mod batch;
pub mod examples;
pub mod export;
pub mod gold;
pub mod labels;
pub mod network;
pub mod substitutions;
pub mod training;
