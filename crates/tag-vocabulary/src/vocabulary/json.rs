//! `vocabulary.json`.

use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

use super::{Entry, Vocabulary};
use crate::error::{Place, VocabularyError, VocabularyProblem};
use crate::{Tag, TagKind};

/// What a vocabulary's file calls itself.
pub(crate) const FORMAT: &str = "mine-tags vocabulary";
/// Version of the format. It grows when a field comes or changes.
pub(crate) const VERSION: u64 = 1;

impl Vocabulary {
    /// The vocabulary as JSON in UTF-8, one line for each tag. Equal vocabularies give equal bytes.
    ///
    /// ```json
    /// {"format":"mine-tags vocabulary","version":1,"hash":"…","tags":[
    /// {"id":0,"name":"dog","kind":"object","merged":[{"name":"doggy","kind":"object"}],"mentions":130,"captions":120,"images":60,"muted":false}
    /// ]}
    /// ```
    pub fn to_json(&self) -> Vec<u8> {
        let hash = self.hash();
        let head = format!(r#"{{"format":"{FORMAT}","version":{VERSION},"hash":"{hash}","tags":["#);
        let lines: Vec<String> =
            self.entries().iter().enumerate().map(|(id, entry)| line(id, entry)).collect();
        format!("{head}\n{}\n]}}\n", lines.join(",\n")).into_bytes()
    }

    /// Reads what [`to_json`](Self::to_json) wrote, or what was written by hand: of a tag only
    /// `name` and `kind` must be there, and `hash` may be left out. The order of the file is kept.
    ///
    /// # Errors
    /// If it is not JSON, no vocabulary, or of another version; if a field is unknown or of a
    /// wrong type; if the hash does not fit the tags; if ids or blocks are out of order; and as
    /// for [`Vocabulary::new`]. Positions are those in the list `tags`.
    pub fn from_json(bytes: &[u8]) -> Result<Self, VocabularyError> {
        Ok(from_json(bytes)?)
    }
}

pub(super) fn from_json(bytes: &[u8]) -> Result<Vocabulary, VocabularyProblem> {
    check_head(bytes)?;
    let file: ReadFile = serde_json::from_slice(bytes).map_err(json_problem)?;
    let entries: Result<Vec<Entry>, _> =
        file.tags.into_iter().enumerate().map(|(position, entry)| entry.at(position)).collect();
    let vocabulary = Vocabulary::ordered(entries?)?;
    match file.hash {
        Some(found) if found != vocabulary.hash() => {
            Err(VocabularyProblem::HashDiffers { found, expected: vocabulary.hash().to_owned() })
        }
        _ => Ok(vocabulary),
    }
}

/// Tells what is no vocabulary, or one of another version, before its fields are looked at.
fn check_head(bytes: &[u8]) -> Result<(), VocabularyProblem> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u64,
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => VocabularyProblem::NotAVocabulary,
        Category::Io | Category::Syntax | Category::Eof => json_problem(error),
    })?;
    match head {
        Head { format, .. } if format != FORMAT => Err(VocabularyProblem::NotAVocabulary),
        Head { version, .. } if version != VERSION => Err(VocabularyProblem::Version { found: version }),
        _ => Ok(()),
    }
}

fn json_problem(error: serde_json::Error) -> VocabularyProblem {
    VocabularyProblem::Json { reason: error.to_string() }
}

fn line(id: usize, entry: &Entry) -> String {
    let Entry { tag, muted, merged, mentions, captions, images } = entry;
    let merged: Vec<String> = merged.iter().map(|tag| format!("{{{}}}", name_and_kind(tag))).collect();
    format!(
        r#"{{"id":{id},{},"merged":[{}],"mentions":{mentions},"captions":{captions},"images":{images},"muted":{muted}}}"#,
        name_and_kind(tag),
        merged.join(",")
    )
}

fn name_and_kind(Tag { name, kind }: &Tag) -> String {
    format!(r#""name":{},"kind":"{kind}""#, Value::from(name.as_str()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadFile {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    hash: Option<String>,
    tags: Vec<ReadEntry>,
}

/// A tag as the file states it. Its names are checked with the whole list, where their places are
/// known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadEntry {
    id: Option<u32>,
    name: String,
    kind: TagKind,
    #[serde(default)]
    merged: Vec<ReadTag>,
    #[serde(default)]
    mentions: u64,
    #[serde(default)]
    captions: u64,
    #[serde(default)]
    images: u64,
    #[serde(default)]
    muted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadTag {
    name: String,
    kind: TagKind,
}

impl ReadEntry {
    fn at(self, position: usize) -> Result<Entry, VocabularyProblem> {
        let Self { id, name, kind, merged, mentions, captions, images, muted } = self;
        if let Some(found) = id.filter(|&id| usize::try_from(id) != Ok(position)) {
            return Err(VocabularyProblem::IdOutOfOrder { place: Place::Entry(position), found });
        }
        let merged = merged.into_iter().map(|ReadTag { name, kind }| Tag { name, kind }).collect();
        Ok(Entry { tag: Tag { name, kind }, muted, merged, mentions, captions, images })
    }
}
