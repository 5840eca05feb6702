//! How a file is to be read, told by its name and, where that is not enough, its beginning.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::de::IgnoredAny;

use crate::columns::{is_caption_name, is_image_name};
use crate::input::Input;

/// The names by which files are known, for messages.
pub(crate) const KNOWN_NAMES: &str =
    ".parquet, .jsonl, .ndjson, .json, .csv, .tsv, .tar and .txt (all but Parquet also with .gz)";

/// How much of a file is looked at.
const HEAD_BYTES: u64 = 1 << 16;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// A JSON object a line.
    JsonLines,
    /// A JSON list of objects, or COCO's object with a list named `annotations`.
    Json,
    /// Comma-separated values; semicolons and bars are recognised.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// A tar of WebDataset: the members of one name up to its first dot are a sample.
    WebDataset,
    /// A caption a line.
    Text,
    /// Neither name nor content tell. Opening such a shard is an error.
    Unknown,
}

impl Format {
    /// The format's usual name: "Parquet", "JSON lines".
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::JsonLines => "JSON lines",
            Self::Json => "JSON",
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::WebDataset => "WebDataset tar",
            Self::Text => "plain text",
            Self::Unknown => "unknown",
        }
    }

    /// What one [`row`](crate::CaptionRow::row) of this format counts: "row", "line", "record", "sample".
    pub const fn row_word(self) -> &'static str {
        match self {
            Self::Parquet => "row",
            Self::Json => "record",
            Self::WebDataset => "sample",
            Self::JsonLines | Self::Csv | Self::Tsv | Self::Text | Self::Unknown => "line",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The format that the name alone says.
pub(crate) fn by_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let (name, gzip) = name.strip_suffix(".gz").map_or((name.as_str(), false), |inner| (inner, true));
    let format = match name.rsplit_once('.')?.1 {
        "parquet" | "pq" => Format::Parquet,
        "jsonl" | "ndjson" => Format::JsonLines,
        "json" => Format::Json,
        "csv" => Format::Csv,
        "tsv" | "tab" => Format::Tsv,
        "tar" | "tgz" => Format::WebDataset,
        "txt" => Format::Text,
        _ => return None,
    };
    (!gzip || format != Format::Parquet).then_some(format)
}

/// The format of a file. Its content decides between JSON and JSON lines, finds a table in a
/// `.txt`, and tells the format where the name says nothing.
pub(crate) fn detect(path: &Path) -> Format {
    match by_name(path) {
        Some(format @ (Format::Parquet | Format::Csv | Format::Tsv | Format::WebDataset)) => format,
        Some(format) => head(path).map_or(format, |head| refine(format, &head)),
        None if has_mark(path, 0, b"PAR1") => Format::Parquet,
        None if has_mark(path, 257, b"ustar") => Format::WebDataset,
        None => head(path).map_or(Format::Unknown, |head| by_content(&head)),
    }
}

/// What a file that is not Parquet seems to be, for the message about it.
pub(crate) fn not_parquet_hint(path: &Path) -> &'static str {
    match head(path).map(|head| by_content(&head)) {
        Some(Format::JsonLines | Format::Json) => "; it looks like JSON: rename it to .json or .jsonl",
        Some(Format::Tsv | Format::Csv | Format::Text) => {
            "; it looks like text: rename it to .csv, .tsv or .txt"
        }
        _ => "",
    }
}

fn has_mark(path: &Path, at: u64, mark: &[u8]) -> bool {
    let mut found = vec![0; mark.len()];
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut found)
    });
    read.is_ok() && found == mark
}

fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let reader = Input::open(path).ok()?.into_reader();
    reader.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
    Some(head)
}

fn refine(format: Format, head: &[u8]) -> Format {
    match format {
        Format::JsonLines if head.trim_ascii_start().starts_with(b"[") => Format::Json,
        Format::Json if begins_with_record_line(head) => Format::JsonLines,
        Format::Text => table_with_header(head).unwrap_or(Format::Text),
        other => other,
    }
}

fn by_content(head: &[u8]) -> Format {
    match head.trim_ascii_start().first() {
        _ if head.contains(&0) => Format::Unknown,
        Some(b'[') => Format::Json,
        Some(b'{') => refine(Format::Json, head),
        _ => table_with_header(head).unwrap_or(if first_line(head).contains(&b'\t') {
            Format::Tsv
        } else {
            Format::Text
        }),
    }
}

fn first_line(head: &[u8]) -> &[u8] {
    let head = head.trim_ascii_start();
    head.split(|&byte| byte == b'\n').next().unwrap_or(head)
}

/// Whether the first line alone is a JSON object, and not COCO's written without line breaks.
fn begins_with_record_line(head: &[u8]) -> bool {
    let line = first_line(head);
    let is_object = line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok();
    let is_coco = || {
        serde_json::from_slice::<serde_json::Value>(line)
            .is_ok_and(|value| value.get("annotations").is_some_and(|list| list.is_array()))
    };
    is_object && !is_coco()
}

/// Flickr8k's `captions.txt` and its like: a header that names both a caption and an image.
fn table_with_header(head: &[u8]) -> Option<Format> {
    let line = std::str::from_utf8(first_line(head)).ok()?;
    [('\t', Format::Tsv), (',', Format::Csv), (';', Format::Csv), ('|', Format::Csv)]
        .into_iter()
        .find(|&(delimiter, _)| {
            line.split(delimiter).any(is_caption_name) && line.split(delimiter).any(is_image_name)
        })
        .map(|(_, format)| format)
}
