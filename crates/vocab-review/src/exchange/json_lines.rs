//! An object a line.

use std::io::{self, Write};

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

#[derive(Deserialize)]
struct Found {
    name: String,
    kind: String,
    #[serde(default)]
    verdict: String,
    into: Option<Target>,
    #[serde(default)]
    new_kind: String,
    #[serde(default)]
    rename: String,
    #[serde(default)]
    note: String,
}

/// A tag with or without its kind.
#[derive(Deserialize)]
#[serde(untagged)]
enum Target {
    Name(String),
    Tag { name: String, kind: String },
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
    let found: Found = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let (into, into_kind) = match found.into {
        None => Default::default(),
        Some(Target::Name(name)) => (name, String::new()),
        Some(Target::Tag { name, kind }) => (name, kind),
    };
    let Found { name, kind, verdict, new_kind, rename, note, .. } = found;
    Ok(Row { name, kind, verdict, into, into_kind, new_kind, rename, note })
}
