//! Layers with parameters.

use candle_core::{D, Result, Tensor};

use super::functions::stop_gradient_where_zero;
use super::{Context, Init, ParametersError, Scope, gelu, layer_norm, linear};

/// `x · weightᵀ + bias`; the weight is (out, in) as in torch.
#[derive(Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// `weight` (outputs, inputs), which starts as `init`, and `bias` (outputs), zero, in this scope.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(
        scope: &Scope,
        inputs: usize,
        outputs: usize,
        init: Init,
    ) -> std::result::Result<Self, ParametersError> {
        let bias = Some(scope.get(outputs, "bias", Init::Constant(0.0))?);
        Ok(Self { bias, ..Self::without_bias(scope, inputs, outputs, init)? })
    }

    /// `weight` (outputs, inputs) in this scope, and no bias.
    ///
    /// # Errors
    /// If the parameter exists with another shape.
    pub fn without_bias(
        scope: &Scope,
        inputs: usize,
        outputs: usize,
        init: Init,
    ) -> std::result::Result<Self, ParametersError> {
        Ok(Self { weight: scope.get((outputs, inputs), "weight", init)?, bias: None })
    }

    /// Of these tensors.
    pub fn from_tensors(weight: Tensor, bias: Option<Tensor>) -> Self {
        Self { weight, bias }
    }

    /// (…, in) → (…, out).
    ///
    /// # Errors
    /// If the widths differ.
    pub fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        let bias = self.bias.as_ref().map(|bias| context.master(bias));
        linear(x, &context.master(&self.weight), bias.as_ref())
    }
}

/// Vectors by id.
#[derive(Debug)]
pub struct Embedding {
    weight: Tensor,
    padding: Option<u32>,
}

impl Embedding {
    /// `weight` (count, width) in this scope, normal of this deviation.
    ///
    /// # Errors
    /// If the parameter exists with another shape.
    pub fn new(
        scope: &Scope,
        count: usize,
        width: usize,
        deviation: f64,
    ) -> std::result::Result<Self, ParametersError> {
        let weight = scope.get((count, width), "weight", Init::Normal { deviation })?;
        Ok(Self { weight, padding: None })
    }

    /// Looking up this id gives its vector no gradient, as torch's `padding_idx`.
    pub fn with_padding(self, id: u32) -> Self {
        Self { padding: Some(id), ..self }
    }

    /// The vectors (count, width).
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }

    /// Ids of any shape → (…, width), in the parameters' own type.
    ///
    /// # Errors
    /// If an id is out of range.
    pub fn forward(&self, ids: &Tensor, context: &Context) -> Result<Tensor> {
        let mut shape = ids.dims().to_vec();
        shape.push(self.weight.dim(1)?);
        let found = context
            .master(&self.weight)
            .index_select(&ids.flatten_all()?.contiguous()?, 0)?
            .reshape(shape)?;
        match self.padding {
            Some(id) => {
                let mask = ids.ne(id)?.to_dtype(found.dtype())?.unsqueeze(D::Minus1)?;
                stop_gradient_where_zero(&found, mask)
            }
            None => Ok(found),
        }
    }
}

/// Layer normalisation over the last dimension.
#[derive(Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    /// `weight` and `bias` (width) in this scope.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(scope: &Scope, width: usize, eps: f64) -> std::result::Result<Self, ParametersError> {
        let weight = scope.get(width, "weight", Init::Constant(1.0))?;
        let bias = scope.get(width, "bias", Init::Constant(0.0))?;
        Ok(Self { weight, bias, eps })
    }

    /// (…, width) → (…, width).
    ///
    /// # Errors
    /// If the width differs.
    pub fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        layer_norm(x, &context.master(&self.weight), &context.master(&self.bias), self.eps)
    }
}

/// Two linear layers with a GELU between, `fc1` and `fc2` in the image encoders.
#[derive(Debug)]
pub struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

impl Mlp {
    /// `fc1` (hidden, width) and `fc2` (width, hidden) in this scope.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(
        scope: &Scope,
        width: usize,
        hidden: usize,
        init: Init,
    ) -> std::result::Result<Self, ParametersError> {
        Ok(Self {
            fc1: Linear::new(&scope.pp("fc1"), width, hidden, init)?,
            fc2: Linear::new(&scope.pp("fc2"), hidden, width, init)?,
        })
    }

    /// (…, width) → (…, width).
    ///
    /// # Errors
    /// If the width differs.
    pub fn forward(&self, x: &Tensor, context: &Context) -> Result<Tensor> {
        self.fc2.forward(&gelu(&self.fc1.forward(x, context)?)?, context)
    }
}
