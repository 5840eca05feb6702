//! From tagged rows of a corpus to images with all their captions, in memory that stays flat.
//!
//! Captions of one image may stand anywhere in a corpus that is far larger than memory. So rows
//! are first written to temporary files, and images are made from these:
//!
//! - [`Spill`] → [`Grouped`], for images named by path or address: rows go to one of 64 files by
//!   a hash of the image's name, from many threads; then one file after the other is sorted and
//!   its rows are grouped. Images come in the order of their hash, which neither the number of
//!   threads nor the order of the files can change.
//! - [`StreamSpill`] → [`Streamed`], for images that are embedded in the corpus: rows stay in
//!   the order of the corpus, so that the images' bytes can be read again in step with them.
//!   Adjacent rows of one image belong together; an image that returns later is a duplicate.
//!
//! Both can be gone through as often as is needed: once to count tags, once to write.
//!
//! ```
//! use tag_triplets::plan::{DEFAULT_MEMORY, Position, Record, Reference, Spill, TaggedCaption};
//!
//! let folder = tempfile::tempdir()?;
//! let spill = Spill::create(folder.path(), DEFAULT_MEMORY)?;
//! for (row, (text, tags)) in [("a dog", [3]), ("a black dog", [3])].into_iter().enumerate() {
//!     let captions = [TaggedCaption { text, tags: &tags }];
//!     spill.add([Record {
//!         key: "dog.jpg",
//!         image: Some(Reference::Path("photos/dog.jpg")),
//!         captions: &captions,
//!         split: None,
//!         position: Position { file: 0, row: row as u64 },
//!     }])?;
//! }
//! let grouped = spill.finish()?;
//! let drafts = grouped.drafts().collect::<Result<Vec<_>, _>>()?;
//! assert_eq!(drafts.len(), 1);
//! assert_eq!(drafts[0].captions.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod draft;
mod drafts;
mod encoding;
mod error;
mod file;
mod grouped;
mod record;
mod report;
mod resplit;
mod spill;
mod streamed;

pub use draft::{Draft, DraftCaption};
pub use drafts::Drafts;
pub use error::PlanError;
pub use grouped::Grouped;
pub use record::{Position, Record, Reference, TaggedCaption};
pub use report::PlanReport;
pub use spill::Spill;
pub use streamed::{StreamSpill, Streamed};

/// Bytes of memory that the rows of one temporary file may take: 512 MiB.
pub const DEFAULT_MEMORY: u64 = 512 << 20;
