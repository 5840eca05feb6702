//! From files to what the model takes: pictures to normalised pixels, texts to token ids,
//! and weights of one resolution to another.

mod augment;
mod caption;
mod crop;
mod decode;
mod interpolate;
mod normalize;
mod operations;
mod pipeline;
mod resize;
mod spline;
mod tokenizer;
mod tokenizer_training;
mod warp;

pub use augment::RandAugment;
pub use caption::{
    CAPTION_LENGTH, CAPTION_WORDS, CaptionBatch, IGNORED, PROMPT, Prompt, TAG_LENGTH, TagOrder, TokenBatch,
    join_tags, pre_caption,
};
pub use crop::{CropBox, RandomResizedCrop};
pub use decode::{DecodeLimits, ImageError, decode_image, decode_image_bytes};
pub use interpolate::{InterpolationError, interpolate_bias_table, interpolate_positions};
pub use normalize::Normalization;
pub use operations::Operation;
pub use pipeline::{
    Preprocess, TrainingPreprocess, load_images, load_training_images, stack_images, visit_seed,
};
pub use resize::{ResizeError, ResizeFilter, resize, resize_region};
pub use tokenizer::{SpecialIds, TextTokenizer, TokenizerError};
pub use tokenizer_training::TokenizerTraining;
pub use warp::warp_affine;
