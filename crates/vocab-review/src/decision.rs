//! What an annotator says of a tag.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tag_vocabulary::{Tag, TagKind};
use thiserror::Error;
use uuid::Uuid;

/// Longest name of an annotator, in characters.
const LONGEST_NAME: usize = 64;
/// Longest note, in characters.
const LONGEST_NOTE: usize = 2_000;
/// Longest new name of a tag, in characters.
const LONGEST_TAG: usize = 100;

/// What is to become of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// It is a label that people see.
    Keep,
    /// It is a label for training that is never shown: "one", "back".
    Mute,
    /// It is none.
    Drop,
    /// It counts as another tag.
    Merge {
        /// That tag, which is a candidate too.
        into: Tag,
    },
}

impl Verdict {
    /// The word for files and tables: `keep`, `mute`, `drop`, `merge`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Mute => "mute",
            Self::Drop => "drop",
            Self::Merge { .. } => "merge",
        }
    }
}

/// A verdict, and what is to change about the tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Judgement {
    /// What is to become of the tag.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Another kind, if the miner gave it a wrong one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TagKind>,
    /// Another name, if it is spelled wrongly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<Verdict> for Judgement {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, kind: None, rename: None, note: None }
    }
}

impl Judgement {
    /// The same without the note: what it comes to.
    pub fn effect(&self) -> Self {
        Self { note: None, ..self.clone() }
    }

    /// The tag under its new name and kind.
    ///
    /// # Errors
    /// If the new name breaks the conventions.
    pub fn renamed(&self, tag: &Tag) -> Result<Tag, tag_vocabulary::TagNameError> {
        let name = self.rename.clone().unwrap_or_else(|| tag.name.clone());
        Tag::new(name, self.kind.unwrap_or(tag.kind))
    }

    /// The judgement as it is to be kept for a tag: without what changes nothing, so that those who
    /// agree say the same. A tag that is dropped or merged needs no new kind and no new name.
    ///
    /// # Errors
    /// If the note has more than 2,000 characters or the new name more than 100, the new name breaks
    /// the conventions, or the tag would be merged into itself.
    pub fn checked(self, tag: &Tag) -> Result<Self, JudgementError> {
        let is_longer =
            |text: &Option<String>, most| text.as_ref().is_some_and(|text| text.chars().nth(most).is_some());
        let note = self.note.as_deref().map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
        if is_longer(&note, LONGEST_NOTE) {
            return Err(JudgementError::LongNote);
        }
        if is_longer(&self.rename, LONGEST_TAG) {
            return Err(JudgementError::LongName);
        }
        self.renamed(tag)?;
        let stays = match &self.verdict {
            Verdict::Merge { into } if into == tag => return Err(JudgementError::IntoItself(tag.clone())),
            Verdict::Keep | Verdict::Mute => true,
            Verdict::Drop | Verdict::Merge { .. } => false,
        };
        Ok(Self {
            kind: self.kind.filter(|kind| stays && *kind != tag.kind),
            rename: self.rename.filter(|name| stays && *name != tag.name),
            note,
            verdict: self.verdict,
        })
    }
}

/// Why a judgement cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JudgementError {
    /// The note is too long.
    #[error("a note has up to {LONGEST_NOTE} characters")]
    LongNote,
    /// The new name is too long.
    #[error("a tag has up to {LONGEST_TAG} characters")]
    LongName,
    /// The new name breaks the conventions.
    #[error(transparent)]
    Name(#[from] tag_vocabulary::TagNameError),
    /// The tag would be merged into itself.
    #[error("{0} would be merged into itself")]
    IntoItself(Tag),
}

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Annotator(String);

/// A name that no annotator can have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{0:?} cannot be an annotator's name: give up to {LONGEST_NAME} characters, no control characters, no spaces at the ends"
)]
pub struct AnnotatorError(String);

impl Annotator {
    /// # Errors
    /// If the name is empty, longer than 64 characters, has control characters or spaces at an end.
    pub fn new(name: impl Into<String>) -> Result<Self, AnnotatorError> {
        let name = name.into();
        let is_good = (1..=LONGEST_NAME).contains(&name.chars().count())
            && name.trim() == name
            && !name.chars().any(char::is_control);
        if is_good { Ok(Self(name)) } else { Err(AnnotatorError(name)) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Annotator {
    type Error = AnnotatorError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl fmt::Display for Annotator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What tells a decision from every other, on every machine: a UUID of version 7 (RFC 9562).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecisionId(Uuid);

impl DecisionId {
    /// A new one.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl Default for DecisionId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for DecisionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

impl Serialize for DecisionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DecisionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A step along what the annotator did before, rather than one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retrace {
    /// It takes back the step before it.
    Undo,
    /// It does again what was taken back last.
    Redo,
}

/// A line of the log: an annotator judges a tag, or takes the judgement back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When, in milliseconds of UTC. Of an annotator's decisions on a tag the latest holds.
    #[serde(with = "milliseconds")]
    pub at: DateTime<Utc>,
    /// Its own name. Of decisions of the same time the one of the larger id is the later.
    pub id: DecisionId,
    /// Who.
    pub by: Annotator,
    /// Whether it settles a disagreement of others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adjudicates: bool,
    /// What decisions that were made at one stroke, and are undone at one, have in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<DecisionId>,
    /// Whether it was made by undo or redo. What holds does not depend on it; what can be undone
    /// next does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retraces: Option<Retrace>,
    /// The tag, as the miner names it.
    pub tag: Tag,
    /// The judgement. `None`: as if the annotator had not judged the tag.
    #[serde(default)]
    pub judgement: Option<Judgement>,
}

impl Decision {
    /// What decisions are ordered by.
    pub fn order(&self) -> (DateTime<Utc>, DecisionId) {
        (self.at, self.id)
    }
}

/// "2026-11-23T12:44:00.123Z".
mod milliseconds {
    use chrono::SubsecRound;

    use super::{DateTime, Deserialize, Deserializer, SecondsFormat, Serializer, Utc};

    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at = DateTime::parse_from_rfc3339(&text).map_err(serde::de::Error::custom)?;
        // Other programs may write more digits: what is read is what would be written.
        Ok(at.with_timezone(&Utc).trunc_subsecs(3))
    }
}
