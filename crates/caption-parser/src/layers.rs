//! The layers that give each word its context: windows of three words, and of two linear maps of
//! each the larger (maxout; Goodfellow et al. 2013).

use std::ops::Range;

use crate::kernel::packed::Packed8;
use crate::kernel::rows::{Norm, add_context};
use crate::kernel::{Inputs8, LANES, Lanes, Vectors};
use crate::model::{ModelError, Tensors};
use crate::network::sized;
use crate::weights::{Linear, read_norm};

/// Context layers that follow one another.
pub(crate) struct Layers {
    width: usize,
    layers: Vec<(Linear<Packed8>, Norm)>,
}

impl Layers {
    /// Reads the layers with these numbers.
    pub(crate) fn read(
        tensors: &Tensors<'_>,
        numbers: Range<usize>,
        width: usize,
    ) -> Result<Self, ModelError> {
        let layer = |number: usize| {
            let name = format!("layer{number}");
            Ok((Linear::read(tensors, &name, 3 * width, 2 * width)?, read_norm(tensors, &name, width)?))
        };
        Ok(Self { width, layers: numbers.map(layer).collect::<Result<_, ModelError>>()? })
    }

    /// By what the inputs of the first layer are to be quantised: `last` if there is no layer.
    #[inline(always)]
    pub(crate) fn input_scale(&self, last: f32) -> f32 {
        self.scale_for(0, last)
    }

    #[inline(always)]
    fn scale_for(&self, layer: usize, last: f32) -> f32 {
        self.layers.get(layer).map_or(last, |(linear, _)| linear.input_scale)
    }

    /// Runs the layers over words `x`. `window` holds the same, quantised, from row 1 on, as
    /// [`clear_window`] has laid it out, and in the end the results, quantised by `last`. `sums`
    /// and `hidden` are working memory.
    #[inline(always)]
    pub(crate) fn run<V: Vectors>(
        &self,
        v: V,
        last: f32,
        x: &mut [Lanes<f32>],
        window: &mut Inputs8,
        sums: &mut Vec<Lanes<i32>>,
        hidden: &mut Vec<Lanes<f32>>,
    ) {
        let (width, row) = (self.width, self.width / LANES);
        let count = x.len() / row;
        let hidden = sized(hidden, row);
        for (layer, (linear, norm)) in self.layers.iter().enumerate() {
            let blocks = linear.packed.blocks();
            let sums = sized(sums, count * blocks);
            let q = v.inputs8(window);
            v.multiply8(&linear.packed, q, width, sums);
            let scale = self.scale_for(layer + 1, last);
            let rows = x.chunks_exact_mut(row).zip(q[width..].chunks_exact_mut(width));
            for ((x, q), sums) in rows.zip(sums.chunks_exact(blocks)) {
                add_context(v, [sums], (&linear.affine, norm), hidden, x, scale, q);
            }
        }
    }
}

/// Lays out the window over `count` words: a row of zeros before them and one behind.
#[inline(always)]
pub(crate) fn clear_window<V: Vectors>(v: V, count: usize, width: usize, window: &mut Inputs8) {
    let q = sized(v.inputs8(window), (count + 2) * width);
    q[..width].fill(V::ZERO8);
    q[(count + 1) * width..].fill(V::ZERO8);
}
