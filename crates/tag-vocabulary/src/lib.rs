//! What a tag is, and an ordered list of tags.
//!
//! A tag is a name **and** a kind, never a bare string: the object "orange" and the attribute
//! "orange" are two tags. Maps, ids and files key on both.
//!
//! ```
//! use tag_vocabulary::{Tag, TagKind};
//!
//! let racquet = Tag::new("tennis racquet", TagKind::Object)?;
//! assert_eq!(racquet.to_string(), "tennis racquet/object");
//! assert!(Tag::new("Tennis-Racquet", TagKind::Object).is_err());
//! # Ok::<(), tag_vocabulary::TagNameError>(())
//! ```
//!
//! A [`Vocabulary`] gives tags their ids, which are positions in it, and has a hash that is
//! stamped into whatever is made with it.
//!
//! ```
//! use tag_vocabulary::{Entry, Tag, TagKind, Vocabulary};
//!
//! let entry = |name: &str, kind, captions| -> Result<Entry, tag_vocabulary::TagNameError> {
//!     Ok(Entry { captions, ..Entry::new(Tag::new(name, kind)?) })
//! };
//! let mut dog = entry("dog", TagKind::Object, 120)?;
//! dog.merged = vec![Tag::new("doggy", TagKind::Object)?];
//! let vocabulary = Vocabulary::new(vec![
//!     entry("orange", TagKind::Attribute, 300)?,
//!     entry("orange", TagKind::Object, 40)?,
//!     entry("beach", TagKind::Scene, 80)?,
//!     dog,
//! ])?;
//!
//! // Objects and scenes come first, the most frequent at the top.
//! let tags: Vec<String> = vocabulary.entries().iter().map(|entry| entry.tag.to_string()).collect();
//! assert_eq!(tags, ["dog/object", "beach/scene", "orange/object", "orange/attribute"]);
//! assert_eq!(vocabulary.id_of_name("doggy", TagKind::Object), Some(0));
//!
//! let read_back = Vocabulary::from_json(&vocabulary.to_json())?;
//! assert_eq!(read_back, vocabulary);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(missing_docs)]

mod error;
mod kind;
mod lists;
mod tag;
mod vocabulary;

pub use error::{Place, VocabularyError, VocabularyProblem};
pub use kind::{TagKind, UnknownTagKind};
pub use tag::{Tag, TagNameError};
pub use vocabulary::{CandidateRow, Entry, MAX_FILE_BYTES, Vocabulary, read_candidates};
