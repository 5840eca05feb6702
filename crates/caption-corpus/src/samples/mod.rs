//! Samples: rows with their images.
//!
//! The formats' readers are those of captions; here is what they look for beside captions, and
//! how it is given.

mod batch;
mod choice;
mod coco;
mod parquet_images;
mod reader;

pub(crate) use batch::{Image, SampleRows};
pub use batch::{ImageRef, MAX_IMAGE_BYTES, Sample, SampleBatch, SampleCaptions};
pub use choice::SampleChoice;
pub(crate) use choice::{Reference, Shows, choose};
pub(crate) use coco::{IMAGE_ID, ImageList, Joined};
pub(crate) use parquet_images::{BYTES_FIELD, PATH_FIELD, Pictures};
pub use reader::{ImageKind, SampleReader};
