//! Image-tag-text triplets: an image, its captions, and their tags as ids of a vocabulary.
#![warn(missing_docs)]

pub mod balance;
mod error;
mod formats;
mod hash;
pub mod images;
mod noted;
pub mod plan;
mod reading;
pub mod splits;
pub mod statistics;
mod triplet;

pub use error::TripletError;
pub use formats::{Format, ImageKind, TripletWriter, UnknownFormat, WriterOptions, WrittenFile, writer};
pub use noted::{Note, Noted};
pub use reading::{Batches, ReadOptions, Triplets};
pub use triplet::{Image, Provenance, Triplet};
