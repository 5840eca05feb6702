//! Candidates and judgements for annotators with tools of their own, and back.
//!
//! A row is a candidate: its name, kind and counts, examples, and a judgement in the columns
//! `verdict` (keep, mute, drop, merge), `into` and `into_kind` (of a merge), `new_kind`, `rename`
//! and `note`. Rows without a verdict say nothing.
//!
//! [`import`] checks every row first, as the page checks what is typed there. If one is wrong nothing is
//! imported, and all that are wrong are named.

mod circles;
mod csv_table;
mod json_lines;
mod label_studio;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use tag_vocabulary::{Tag, TagKind};
use thiserror::Error;

pub use label_studio::LABELING_CONFIG;

use self::circles::Merges;
use crate::candidates::{Candidate, Candidates};
use crate::decision::{Annotator, Judgement, Verdict};
use crate::log::NewDecision;
use crate::review::{Outcome, Review};

/// How rows are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A table for spreadsheets.
    Csv,
    /// An object a line.
    JsonLines,
    /// Tasks of Label Studio; for its interface there is [`LABELING_CONFIG`].
    LabelStudio,
}

/// A name that is no layout.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown layout {0:?}: expected csv, jsonl or label-studio")]
pub struct UnknownLayout(String);

impl Layout {
    /// Its name: `csv`, `jsonl` or `label-studio`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::LabelStudio => "label-studio",
        }
    }
}

impl FromStr for Layout {
    type Err = UnknownLayout;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let all = [Self::Csv, Self::JsonLines, Self::LabelStudio];
        all.into_iter().find(|layout| layout.as_str() == name).ok_or_else(|| UnknownLayout(name.to_owned()))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Rows that cannot be imported; nothing was.
#[derive(Debug, Error)]
#[error("nothing was imported: {}", listed(.0))]
pub struct ImportError(pub Vec<BadRow>);

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Its line or number in the file, from 1.
    pub row: u64,
    /// What is wrong.
    pub reason: String,
}

fn listed(rows: &[BadRow]) -> String {
    const SHOWN: usize = 10;
    let mut text: Vec<String> =
        rows.iter().take(SHOWN).map(|bad| format!("row {}: {}", bad.row, bad.reason)).collect();
    if rows.len() > SHOWN {
        text.push(format!("and {} more rows", rows.len() - SHOWN));
    }
    text.join("; ")
}

/// Writes all candidates, in the order of their frequency, with what an annotator says of each, or
/// with what holds if none is named.
///
/// # Errors
/// If `out` cannot be written.
pub fn export(
    layout: Layout,
    candidates: &Candidates,
    review: &Review,
    by: Option<&Annotator>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let judgement = |candidate: &Candidate| match by {
        Some(by) => review.judgement(&candidate.tag, by).cloned(),
        None => match review.outcome(&candidate.tag) {
            Outcome::Decided(judgement) => Some(judgement),
            Outcome::Undecided | Outcome::Disagreement => None,
        },
    };
    let rows = candidates.all().iter().map(|candidate| (candidate, judgement(candidate)));
    match layout {
        Layout::Csv => csv_table::write(rows, out),
        Layout::JsonLines => json_lines::write(rows, out),
        Layout::LabelStudio => label_studio::write(rows, out),
    }
}

/// Reads judgements, as decisions of an annotator. Those that say what the annotator said before
/// are left out.
///
/// # Errors
/// All rows that are wrong, those among them whose merges lead in a circle, on their own or with
/// what the annotator said before.
pub fn import(
    layout: Layout,
    text: &[u8],
    candidates: &Candidates,
    review: &Review,
    by: &Annotator,
) -> Result<Vec<NewDecision>, ImportError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let rows = match layout {
        Layout::Csv => csv_table::read(text),
        Layout::JsonLines => json_lines::read(text),
        Layout::LabelStudio => label_studio::read(text),
    };
    let (mut judged, mut bad, mut first) = (Vec::new(), Vec::new(), HashMap::new());
    for (number, row) in rows {
        match row.and_then(|row| row.checked(candidates, review)) {
            Ok((tag, judgement)) => match first.entry(tag.clone()) {
                Entry::Occupied(first) => {
                    let reason = format!("{tag} stands in row {} already", first.get());
                    bad.push(BadRow { row: number, reason });
                }
                Entry::Vacant(place) => {
                    place.insert(number);
                    judged.extend(judgement.map(|judgement| (tag, (number, judgement))));
                }
            },
            Err(reason) => bad.push(BadRow { row: number, reason: shortened(reason) }),
        }
    }
    let merges = Merges { rows: judged.iter().cloned().collect(), review, by };
    bad.extend(merges.circles());
    if !bad.is_empty() {
        bad.sort_by_key(|bad| bad.row);
        return Err(ImportError(bad));
    }
    let new = judged.into_iter().filter(|(tag, (_, judgement))| review.judgement(tag, by) != Some(judgement));
    let decision = |(tag, (_, judgement))| NewDecision {
        by: by.clone(),
        adjudicates: false,
        tag,
        judgement: Some(judgement),
    };
    Ok(new.map(decision).collect())
}

/// What names text of the file, however much that is.
fn shortened(reason: String) -> String {
    const LONGEST: usize = 300;
    match reason.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason,
    }
}

/// Rows with their numbers in the file.
type Rows = Vec<(u64, Result<Row, String>)>;

/// A row as it is typed; empty text says nothing.
#[derive(Clone, Debug, Default)]
struct Row {
    name: String,
    kind: String,
    verdict: String,
    into: String,
    into_kind: String,
    new_kind: String,
    rename: String,
    note: String,
}

impl Row {
    fn checked(self, candidates: &Candidates, review: &Review) -> Result<(Tag, Option<Judgement>), String> {
        let tag = known(tag_of(&self.name, &self.kind)?, candidates)?;
        let verdict = match self.verdict.as_str() {
            "" => return self.silent(tag),
            "keep" => Verdict::Keep,
            "mute" => Verdict::Mute,
            "drop" => Verdict::Drop,
            "merge" => Verdict::Merge { into: self.target(&tag, candidates, review)? },
            other => return Err(format!("{other:?} is no verdict: use keep, mute, drop or merge")),
        };
        if self.verdict != "merge" && !(self.into.is_empty() && self.into_kind.is_empty()) {
            return Err(format!("{tag} has a tag to merge into, but its verdict is {}", self.verdict));
        }
        let kind = if self.new_kind.is_empty() { None } else { Some(kind(&self.new_kind)?) };
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let judgement = Judgement { verdict, kind, rename: some(self.rename), note: some(self.note) };
        let judgement = judgement.checked(&tag).map_err(|error| error.to_string())?;
        Ok((tag, Some(judgement)))
    }

    /// A row without a verdict must not look as if it had one.
    fn silent(self, tag: Tag) -> Result<(Tag, Option<Judgement>), String> {
        let said = [
            ("into", &self.into),
            ("into_kind", &self.into_kind),
            ("new_kind", &self.new_kind),
            ("rename", &self.rename),
            ("note", &self.note),
        ];
        match said.into_iter().find(|(_, text)| !text.is_empty()) {
            Some((column, _)) => Err(format!("{tag} has something in {column} but no verdict")),
            None => Ok((tag, None)),
        }
    }

    /// What a tag is to be merged into: a candidate, or what the log merges it into already, which was
    /// one of an earlier corpus.
    fn target(&self, tag: &Tag, candidates: &Candidates, review: &Review) -> Result<Tag, String> {
        if self.into.is_empty() {
            return Err(format!("{tag} is to be merged, but into says not into what"));
        }
        if self.into_kind.is_empty() && self.into == tag.name {
            return Err(format!("{tag} is to be merged into a tag of its name: into_kind must say which"));
        }
        let kind = if self.into_kind.is_empty() { tag.kind.as_str() } else { &self.into_kind };
        let into = tag_of(&self.into, kind)?;
        if review.merges(tag, &into) { Ok(into) } else { known(into, candidates) }
    }
}

fn tag_of(name: &str, kind_name: &str) -> Result<Tag, String> {
    Tag::new(name, kind(kind_name)?).map_err(|error| error.to_string())
}

/// A tag that is a candidate.
fn known(tag: Tag, candidates: &Candidates) -> Result<Tag, String> {
    match candidates.get(&tag) {
        Some(_) => Ok(tag),
        None => Err(format!("{tag} is not one of the candidates")),
    }
}

fn kind(name: &str) -> Result<TagKind, String> {
    name.parse().map_err(|error: tag_vocabulary::UnknownTagKind| error.to_string())
}

/// What a judgement puts into the columns verdict, into, into_kind, new_kind, rename, note.
fn columns(judgement: Option<&Judgement>) -> [&str; 6] {
    let Some(judgement) = judgement else { return [""; 6] };
    let (into, into_kind) = match &judgement.verdict {
        Verdict::Merge { into } => (into.name.as_str(), into.kind.as_str()),
        _ => ("", ""),
    };
    let new_kind = judgement.kind.map_or("", TagKind::as_str);
    [
        judgement.verdict.as_str(),
        into,
        into_kind,
        new_kind,
        judgement.rename.as_deref().unwrap_or_default(),
        judgement.note.as_deref().unwrap_or_default(),
    ]
}
