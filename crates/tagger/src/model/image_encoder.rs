use candle_core::{Result, Tensor};

use super::config::ImageEncoderConfig;
use super::{Swin, Vit};
use crate::nn::{Context, ParametersError, Scope};

/// Either image encoder.
#[derive(Debug)]
pub enum ImageEncoder {
    /// Shifted windows.
    Swin(Swin),
    /// One global attention.
    Vit(Vit),
}

impl ImageEncoder {
    /// Takes a valid configuration.
    ///
    /// # Errors
    /// If the parameters exist with other shapes.
    pub fn new(config: &ImageEncoderConfig, scope: &Scope) -> std::result::Result<Self, ParametersError> {
        Ok(match config {
            ImageEncoderConfig::Swin(config) => Self::Swin(Swin::new(config, scope)?),
            ImageEncoderConfig::Vit(config) => Self::Vit(Vit::new(config, scope)?),
        })
    }

    /// (B, 3, S, S) → (B, N, D), the global token first.
    ///
    /// # Errors
    /// If the images have another size.
    pub fn forward(&self, images: &Tensor, context: &Context) -> Result<Tensor> {
        match self {
            Self::Swin(encoder) => encoder.forward(images, context),
            Self::Vit(encoder) => encoder.forward(images, context),
        }
    }
}
