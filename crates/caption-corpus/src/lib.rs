//! Captions out of whatever file they come in.
//!
//! A [`Corpus`] is a sorted list of [`Shard`]s: files of Parquet, JSON lines, JSON (COCO's caption
//! files, or a list of objects), CSV, TSV, WebDataset's tars or plain text. A shard is read as a stream of
//! [`CaptionBatch`]es; no file is ever held whole. The caption and image columns are found by
//! their names, or named by a [`ColumnChoice`].
//!
//! Where the images matter too, [`Shard::open_samples`] gives the same captions as [`Sample`]s: with
//! the image, or where it is, by a [`SampleChoice`].
//!
//! Nothing is lost in silence. A row that gives no caption is counted with its reason
//! ([`CaptionBatch::skipped`]); a file that breaks ends with a [`ShardError`] that names it, and
//! the batches that came before stay good.
//!
//! ```
//! use caption_corpus::{ColumnChoice, Corpus};
//!
//! let folder = std::env::temp_dir().join(format!("caption-corpus-doc-{}", std::process::id()));
//! std::fs::create_dir_all(&folder)?;
//! let file = folder.join("captions.jsonl");
//! std::fs::write(&file, "{\"image_id\": 7, \"caption\": [\"a dog\", \"a dog runs\"]}\n{\"image_id\": 8}\n")?;
//!
//! let corpus = Corpus::open([&folder], &ColumnChoice::default())?;
//! for batch in corpus.shards()[0].open()? {
//!     let batch = batch?;
//!     let captions: Vec<&str> = batch.iter().map(|row| row.caption).collect();
//!     assert_eq!(captions, ["a dog", "a dog runs"]);
//!     assert_eq!(batch.skipped().total(), 1);
//! }
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(missing_docs)]

mod batch;
mod beginning;
mod bounded;
mod columns;
mod corpus;
mod delimited;
mod error;
mod format;
mod input;
mod json;
mod json_array;
mod parquet_schema;
mod parquet_shard;
mod pattern;
mod samples;
mod shard;
mod skipped;
mod text;
mod webdataset;

pub use batch::{CaptionBatch, CaptionRow, MAX_CAPTION_BYTES};
pub use beginning::{TextReader, text_reader};
pub use columns::ColumnChoice;
pub use corpus::Corpus;
pub use error::{ColumnInfo, CorpusError, Problem, Role, ShardError};
pub use format::Format;
pub use samples::{
    ImageKind, ImageRef, MAX_IMAGE_BYTES, Sample, SampleBatch, SampleCaptions, SampleChoice, SampleReader,
};
pub use shard::{Shard, ShardReader};
pub use skipped::{SkipReason, Skipped};
