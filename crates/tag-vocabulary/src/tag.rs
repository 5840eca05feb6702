//! A tag: a name and a kind.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::TagKind;

/// A tag. Tags are ordered by name, then by kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "UncheckedTag")]
pub struct Tag {
    /// Lower case, words parted by single spaces, no hyphens: "fire hydrant", "lead to".
    pub name: String,
    /// What the tag says about an image.
    pub kind: TagKind,
}

impl Tag {
    /// Makes a tag of a name that keeps to the conventions.
    ///
    /// # Errors
    /// A [`TagNameError`] that says which convention the name breaks.
    pub fn new(name: impl Into<String>, kind: TagKind) -> Result<Self, TagNameError> {
        let name = name.into();
        check_name(&name)?;
        Ok(Tag { name, kind })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.kind)
    }
}

/// Why a string is no tag name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TagNameError {
    /// The name has no characters.
    #[error("a tag name is empty")]
    Empty,
    /// The name has an upper-case letter.
    #[error("tag name {0:?} is not in lower case")]
    NotLowerCase(String),
    /// The name has white space at an end, twice in a row, or other than the space.
    #[error("tag name {0:?}: words must be parted by single spaces, with none at the ends")]
    Spacing(String),
    /// The name has a hyphen.
    #[error("tag name {0:?} has a hyphen: write a space in its place")]
    Hyphen(String),
    /// The name has a control character.
    #[error("tag name {0:?} has a control character")]
    Control(String),
}

pub(crate) fn check_name(name: &str) -> Result<(), TagNameError> {
    if name.is_empty() {
        return Err(TagNameError::Empty);
    }
    if name.split(' ').any(|word| word.is_empty() || word.contains(char::is_whitespace)) {
        return Err(TagNameError::Spacing(name.to_owned()));
    }
    if name.contains(char::is_control) {
        return Err(TagNameError::Control(name.to_owned()));
    }
    // The ASCII hyphen, U+2010 (hyphen) and U+2011 (non-breaking hyphen).
    if name.contains(['-', '\u{2010}', '\u{2011}']) {
        return Err(TagNameError::Hyphen(name.to_owned()));
    }
    if name.chars().any(|c| !c.to_lowercase().eq([c])) {
        return Err(TagNameError::NotLowerCase(name.to_owned()));
    }
    Ok(())
}

/// A tag as a file states it, before its name is checked.
#[derive(Deserialize)]
struct UncheckedTag {
    name: String,
    kind: TagKind,
}

impl TryFrom<UncheckedTag> for Tag {
    type Error = TagNameError;

    fn try_from(tag: UncheckedTag) -> Result<Self, Self::Error> {
        Tag::new(tag.name, tag.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_break_a_convention_are_refused() {
        let error = |name: &str| Tag::new(name, TagKind::Object).unwrap_err();
        assert_eq!(error(""), TagNameError::Empty);
        for name in [" ", " dog", "dog ", "hot  dog", "hot\tdog", "hot\ndog", "hot\u{a0}dog"] {
            assert_eq!(error(name), TagNameError::Spacing(name.to_owned()));
        }
        for name in ["Dog", "dOg", "Éclair", "\u{1c5}"] {
            assert_eq!(error(name), TagNameError::NotLowerCase(name.to_owned()));
        }
        for name in ["t-shirt", "t\u{2011}shirt"] {
            assert_eq!(error(name), TagNameError::Hyphen(name.to_owned()));
        }
        assert_eq!(error("dog\u{7}"), TagNameError::Control("dog\u{7}".to_owned()));
        for name in ["dog", "hot dog", "sit on", "crème brûlée", "2", "men's room", "犬"] {
            assert!(Tag::new(name, TagKind::Object).is_ok(), "{name}");
        }
    }

    #[test]
    fn json_holds_name_and_kind_and_is_checked() {
        let tag = Tag::new("orange", TagKind::Attribute).unwrap();
        let json = serde_json::to_string(&tag).unwrap();
        assert_eq!(json, r#"{"name":"orange","kind":"attribute"}"#);
        assert_eq!(serde_json::from_str::<Tag>(&json).unwrap(), tag);

        let error = serde_json::from_str::<Tag>(r#"{"name":"Orange","kind":"object"}"#);
        assert!(error.unwrap_err().to_string().contains("\"Orange\" is not in lower case"));
        assert!(serde_json::from_str::<Tag>(r#"{"name":"orange","kind":"fruit"}"#).is_err());
    }

    #[test]
    fn tags_are_ordered_by_name_then_kind() {
        let tag = |name: &str, kind| Tag::new(name, kind).unwrap();
        let sorted =
            [tag("kiss", TagKind::Object), tag("kiss", TagKind::Action), tag("train", TagKind::Object)];
        assert!(sorted.is_sorted());
    }
}
