//! The captions of a tar's sample.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::members::Members;
use crate::SkipReason;
use crate::batch::RowWriter;
use crate::json;

/// The member that is a sample's caption.
pub(super) const TEXT: &str = "txt";
/// Fields of a sample's `.json` that hold its captions. Of a sample that has several, the first
/// that is there is the main one.
pub(super) const FIELDS: [&str; 3] = ["captions", "caption", "text"];

/// Writes a sample's captions wherever they stand: those of its `.json`, and those that its
/// `.txt` or another field has beside them.
pub(super) fn write(members: &Members, record: Option<&Map<String, Value>>, row: &mut RowWriter<'_>) {
    let field = |name: &&str| record.and_then(|record| record.get(*name)).filter(|value| !value.is_null());
    let mut values = FIELDS.iter().take(2).filter_map(field).collect::<Vec<_>>();
    if values.is_empty() {
        values.extend(field(&FIELDS[2]));
    }
    // One without a caption says nothing beside others.
    values.sort_by_key(|value| texts(value).is_empty());
    let listed: HashSet<&str> =
        values.first().map_or(HashSet::new(), |value| texts(value).into_iter().collect());
    if let Some(main) = values.first().filter(|_| !listed.is_empty() || members.part(TEXT).is_none()) {
        json::captions(main, row);
    }
    for other in values.iter().skip(1) {
        for text in texts(other).into_iter().filter(|text| !listed.contains(text)) {
            row.caption(text.as_bytes());
        }
    }
    if members.part(TEXT).is_some() {
        lines(members, TEXT, &listed, row);
    } else if values.is_empty() {
        row.skip(SkipReason::Null);
    }
}

/// Writes the lines of a member that are not among these captions. It may be one of them as a
/// whole, too; and it may be empty beside them.
pub(super) fn lines(members: &Members, suffix: &str, listed: &HashSet<&str>, row: &mut RowWriter<'_>) {
    let Some(part) = members.part(suffix) else { return row.skip(SkipReason::Null) };
    let bytes = match part.bytes() {
        Ok(bytes) => bytes.trim_ascii(),
        Err(reason) => return row.skip(reason),
    };
    let is_listed = |text: &[u8]| std::str::from_utf8(text).is_ok_and(|text| listed.contains(text));
    if is_listed(bytes) || (bytes.is_empty() && !listed.is_empty()) {
        return;
    }
    if bytes.is_empty() {
        return row.skip(SkipReason::Empty);
    }
    for line in bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
        if !line.is_empty() && !is_listed(line) {
            row.caption(line);
        }
    }
}

/// The captions in a value, without white space around them.
fn texts(value: &Value) -> Vec<&str> {
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    values.iter().filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).collect()
}
