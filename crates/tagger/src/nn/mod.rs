//! Parameters and layers.
//!
//! candle's own `LayerNorm` and `softmax_last_dim` have no backward pass: everything upstream of
//! them silently gets no gradient. The functions here have one each, written by hand, and a test
//! that holds it against finite differences.

mod attention;
mod context;
mod dropout;
mod functions;
mod handwritten;
mod layer_norm;
mod layers;
mod linear;
mod parameters;

pub use attention::{attend, merge_heads, split_heads};
pub use context::Context;
pub use dropout::{drop_path, dropout};
pub(crate) use functions::at_least_f32;
pub use functions::{
    add_parameter, gelu, group_wise_linear, permute_tokens, repeat_batch, softmax, softmax_biased,
    softmax_masked,
};
pub use layer_norm::layer_norm;
pub use layers::{Embedding, LayerNorm, Linear, Mlp};
pub use linear::linear;
pub(crate) use parameters::write_tensors;
pub use parameters::{
    Fill, Init, Initialisation, LoadReport, Mismatch, Parameters, ParametersError, SafetensorsFile, Scope,
    TensorSource,
};
