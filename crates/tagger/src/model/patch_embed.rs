use candle_core::{Result, Tensor};

use crate::nn::{Context, Init, ParametersError, Scope, linear};

/// Cuts images into patches and projects each: a convolution whose stride is its size, written as
/// one product of matrices. Its weight keeps the convolution's shape, and its initialisation.
#[derive(Debug)]
pub(super) struct PatchEmbed {
    weight: Tensor,
    bias: Tensor,
    patch: usize,
}

impl PatchEmbed {
    /// `proj.weight` (width, 3, patch, patch) and `proj.bias` (width).
    pub(super) fn new(
        scope: &Scope,
        patch: usize,
        width: usize,
    ) -> std::result::Result<Self, ParametersError> {
        let scope = scope.pp("proj");
        let init = Init::Uniform { bound: 1.0 / ((3 * patch * patch) as f64).sqrt() };
        let weight = scope.get((width, 3, patch, patch), "weight", init)?;
        Ok(Self { weight, bias: scope.get(width, "bias", init)?, patch })
    }

    /// (B, 3, S, S) → (B, (S/patch)², width), row by row.
    pub(super) fn forward(&self, images: &Tensor, context: &Context) -> Result<Tensor> {
        let (batch, channels, height, width) = images.dims4()?;
        let (rows, columns) = (height / self.patch, width / self.patch);
        let patches = images
            .to_dtype(context.dtype())?
            .reshape(&[batch, channels, rows, self.patch, columns, self.patch][..])?
            .permute([0, 2, 4, 1, 3, 5])?
            .reshape((batch, rows * columns, channels * self.patch * self.patch))?;
        let weight = context.master(&self.weight).flatten_from(1)?;
        linear(&patches, &weight, Some(&context.master(&self.bias)))
    }
}
