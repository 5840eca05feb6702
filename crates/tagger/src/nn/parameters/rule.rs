//! The rule that gives every parameter reproducible values without a file.

use serde::{Deserialize, Serialize};

/// Values of a parameter by rule: `offset + amplitude · u(name, i)` in f32, where u lies in [−1, 1)
/// and is made of the parameter's canonical name and the element's index alone. Models of full size
/// can be compared with a reference this way, and need no file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    /// What all values lie around.
    pub offset: f32,
    /// How far they reach to either side.
    #[serde(alias = "amp")]
    pub amplitude: f32,
}

impl Fill {
    /// What the golden tensors use for a parameter of this name and shape.
    ///
    /// Norm weights are 1 ± 0.2 and biases ± 0.1; tables of relative positions and the label
    /// embeddings ± 1; other embeddings ± 0.25; other weights ± √(3/fan-in).
    pub fn reference(name: &str, dims: &[usize]) -> Self {
        let around_zero = |amplitude| Self { offset: 0.0, amplitude };
        let ends_with = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if ends_with(&["relative_position_bias_table", "label_embed.weight"]) {
            around_zero(1.0)
        } else if ends_with(&[
            "cls_token",
            "pos_embed",
            "word_embeddings.weight",
            "position_embeddings.weight",
        ]) {
            around_zero(0.25)
        } else if ends_with(&["bias", "fc.b"]) {
            around_zero(0.1)
        } else if dims.len() == 1 {
            Self { offset: 1.0, amplitude: 0.2 }
        } else {
            let fan_in: usize = if ends_with(&["fc.W"]) {
                dims.last().copied().unwrap_or(1)
            } else {
                dims.iter().skip(1).product()
            };
            around_zero((3.0 / fan_in as f64).sqrt() as f32)
        }
    }

    /// The first `count` values of the parameter of this name.
    ///
    /// ```
    /// use tagger::nn::Fill;
    ///
    /// let fill = Fill { offset: 0.0, amplitude: 1.0 };
    /// assert_eq!(fill.values("fc.W", 3), [0.913032651, -0.715083003, 0.655657649]);
    /// ```
    pub fn values(&self, name: &str, count: usize) -> Vec<f32> {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let start = fnv1a64(name);
        let mut state = start;
        let mut value = || {
            state = state.wrapping_add(GOLDEN);
            let unit = (splitmix64(state) >> 40) as f32 / 8_388_608.0 - 1.0;
            self.offset + self.amplitude * unit
        };
        (0..count).map(|_| value()).collect()
    }
}

pub(super) fn fnv1a64(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// The output function of splitmix64.
fn splitmix64(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
