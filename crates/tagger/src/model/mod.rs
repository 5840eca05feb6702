//! Tag2Text's model.
//!
//! ```text
//! image (B, 3, S, S) → image encoder → E (B, N, D)
//! label embeddings (C, W) → tagging head, attending to E → logits (B, C)
//! tags' token ids (B, 40) → tag encoder, attending to E → T (B, 40, W)
//! caption's token ids (B, L) → text decoder, attending to T alone → logits (B, L, V)
//! ```

mod alignment;
mod bert;
mod config;
mod error;
mod image_encoder;
mod patch_embed;
mod swin;
mod tag2text;
mod tagging_head;
mod vit;

pub use alignment::{
    Alignment, AlignmentBatch, AlignmentConfig, AlignmentError, AlignmentLosses, AlignmentTraining,
    HardNegatives, MomentumFeatures, Negatives, Positives, RetrievalScores, rerank,
};
pub use bert::{Bert, KeyValueCache, TextDecoder, TextInput};
pub use config::{
    BertConfig, ImageEncoderConfig, SpecialTokens, SwinConfig, Tag2TextConfig, TaggingHeadConfig, VitConfig,
};
pub use error::ModelError;
pub use image_encoder::ImageEncoder;
pub use swin::Swin;
pub use tag2text::{Losses, Tag2Text, TrainingBatch};
pub use tagging_head::TaggingHead;
pub use vit::Vit;
