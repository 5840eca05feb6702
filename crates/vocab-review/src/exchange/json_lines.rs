//! An object a line.

use std::io::{self, Write};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use tag_vocabulary::TagKind;

use super::{Row, Rows};
use crate::candidates::Candidate;
use crate::decision::{Judgement, Verdict};

#[derive(Serialize)]
struct Written<'c> {
    name: &'c str,
    kind: TagKind,
    mentions: u64,
    captions: u64,
    images: u64,
    examples: &'c [String],
    #[serde(flatten)]
    verdict: Option<&'c Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_kind: Option<TagKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rename: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'c str>,
}

/// What is not said may be missing or null; a field that is not known may be a slip.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    name: String,
    kind: String,
    verdict: Option<String>,
    into: Option<Target>,
    new_kind: Option<String>,
    rename: Option<String>,
    note: Option<String>,
    #[serde(default, rename = "mentions")]
    _mentions: IgnoredAny,
    #[serde(default, rename = "captions")]
    _captions: IgnoredAny,
    #[serde(default, rename = "images")]
    _images: IgnoredAny,
    #[serde(default, rename = "examples")]
    _examples: IgnoredAny,
}

/// A tag with or without its kind.
#[derive(Deserialize)]
#[serde(untagged, expecting = "into must be a name, or an object of a name and a kind")]
enum Target {
    Name(String),
    Tag(Tag),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tag {
    name: String,
    kind: String,
}

pub(super) fn write<'c>(
    rows: impl Iterator<Item = (&'c Candidate, Option<Judgement>)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (candidate, judgement) in rows {
        let Candidate { tag, mentions, captions, images, examples } = candidate;
        let judgement = judgement.as_ref();
        let row = Written {
            name: &tag.name,
            kind: tag.kind,
            mentions: *mentions,
            captions: *captions,
            images: *images,
            examples,
            verdict: judgement.map(|judgement| &judgement.verdict),
            new_kind: judgement.and_then(|judgement| judgement.kind),
            rename: judgement.and_then(|judgement| judgement.rename.as_deref()),
            note: judgement.and_then(|judgement| judgement.note.as_deref()),
        };
        serde_json::to_writer(&mut *out, &row)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

pub(super) fn read(text: &[u8]) -> Rows {
    let lines = text.split(|&byte| byte == b'\n').zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    lines.map(|(line, number)| (number, row(line))).collect()
}

fn row(line: &[u8]) -> Result<Row, String> {
    let found: Found = serde_json::from_slice(line).map_err(|error| reason(&error))?;
    let (into, into_kind) = match found.into {
        None => Default::default(),
        Some(Target::Name(name)) => (name, String::new()),
        Some(Target::Tag(Tag { name, kind })) => (name, kind),
    };
    let Found { name, kind, verdict, new_kind, rename, note, .. } = found;
    let [verdict, new_kind, rename, note] = [verdict, new_kind, rename, note].map(Option::unwrap_or_default);
    Ok(Row { name, kind, verdict, into, into_kind, new_kind, rename, note })
}

/// The error without its line: for the library the row is all there is.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (line, column) = (error.line(), error.column());
    match text.strip_suffix(&format!(" at line {line} column {column}")) {
        Some(reason) => format!("{reason} at column {column}"),
        None => text,
    }
}
