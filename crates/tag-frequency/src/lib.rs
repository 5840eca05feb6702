//! Counts tags over millions of captions on every core, ranks them and writes the tables.
//!
//! Three counts are kept of every tag: its mentions, the captions that mention it, and the images
//! that any caption mentions it for, also when the captions of an image lie in different files.
//! All are exact. Results depend on the captions alone: not on their order, on batches, threads,
//! or on how a corpus was cut into runs that were merged.
//!
//! - [`TagCounter`] counts batches of captions on all cores, with a parser that the caller brings.
//! - [`TagCounts`] are what it gives; counts add up with [`TagCounts::merge`].
//! - [`Ranking`] has the tags in order, the [`Coverage`] and a sample of captions.
//! - [`TagTable`] is the ranked table: selection, statistics, Parquet and CSV files.
//!
//! Memory grows with the number of different tags and of pairs of a tag and an image (8 to 10
//! bytes a pair), never with the number of captions alone.
//!
//! ```
//! use tag_frequency::{Caption, Image, TagCounter, TagTable};
//! use tag_vocabulary::TagKind;
//!
//! let captions = ["dog on a beach", "a dog"];
//! let batch = captions.map(|text| Caption { text, image: Image::Key("1.jpg") });
//! let counter = TagCounter::new(|| ());
//! counter.count(&batch, |(), caption, mentions| {
//!     for (word, kind) in [("dog", TagKind::Object), ("beach", TagKind::Scene)] {
//!         if let Some(start) = caption.text.find(word) {
//!             let start = start as u32;
//!             mentions.push(word, kind, [start..start + word.len() as u32]);
//!         }
//!     }
//! });
//! let ranking = counter.finish().rank();
//! let table = TagTable::new(&ranking.tags)?;
//! assert_eq!(table.len(), 2);
//! assert_eq!(table.counts_by_kind()?[0].mentions, 2);
//! # Ok::<(), tag_frequency::TableError>(())
//! ```
#![warn(missing_docs)]

mod caption;
mod counter;
mod counts;
mod coverage;
mod excerpt;
mod hash;
mod image_set;
mod interner;
mod ranking;
mod smallest;
mod statistics;
mod table;

pub use caption::{Caption, Image, Mentions};
pub use counter::TagCounter;
pub use counts::TagCounts;
pub use coverage::{Coverage, CoveragePoint};
pub use ranking::{RankedTag, Ranking, TaggedCaption, TaggedSpans, Totals};
pub use statistics::{FrequencyClass, KindCounts, RankPoint};
pub use table::{TableError, TagTable};
