//! What a tag is.
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
#![warn(missing_docs)]

mod kind;
mod tag;

pub use kind::{TagKind, UnknownTagKind};
pub use tag::{Tag, TagNameError};
