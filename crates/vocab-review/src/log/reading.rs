//! Lines become decisions.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek, SeekFrom};
use std::path::Path;

use chrono::Datelike;
use whole_file::is_regular_file;

use super::{LAST_YEAR, LONGEST_LINE, LogError};
use crate::decision::Decision;

/// What a file holds.
pub(super) struct Read {
    pub(super) decisions: Vec<Decision>,
    /// For each decision the number of its line, from 1.
    pub(super) lines: Vec<usize>,
    /// Bytes of the file that are decisions.
    pub(super) length: u64,
    /// What stands behind the last decision: a line that was cut off.
    pub(super) rest: Vec<u8>,
}

/// Reads the log at a path.
pub(super) fn read_at(path: &Path) -> Result<Read, LogError> {
    let io = |source| LogError::Io { path: path.to_owned(), action: "opened", source };
    is_regular_file(path).map_err(io)?;
    read(path, &File::open(path).map_err(io)?)
}

/// Reads an open log from its beginning.
pub(super) fn read(path: &Path, file: &File) -> Result<Read, LogError> {
    let io = |source| LogError::Io { path: path.to_owned(), action: "read", source };
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0)).map_err(io)?;
    let mut read = Read { decisions: Vec::new(), lines: Vec::new(), length: 0, rest: Vec::new() };
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        number += 1;
        // A line without end must not take all memory.
        if (&mut reader).take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line).map_err(io)? == 0 {
            return Ok(read);
        }
        // A line without an end is the last one, though more of it may have come by now.
        let has_end = line.ends_with(b"\n") || line.len() > LONGEST_LINE;
        let is_last = !has_end || reader.fill_buf().map_err(io)?.is_empty();
        match decision(&line) {
            Ok(decision) => {
                read.length += line.len() as u64;
                read.lines.extend(decision.is_some().then_some(number));
                read.decisions.extend(decision);
            }
            // Power or a process ended while it was written.
            Err(_) if is_last => {
                read.rest = line;
                return Ok(read);
            }
            Err(reason) => return Err(LogError::Damaged { path: path.to_owned(), line: number, reason }),
        }
    }
}

/// A line's decision; none if it is blank.
fn decision(line: &[u8]) -> Result<Option<Decision>, String> {
    if line.len() > LONGEST_LINE {
        return Err("it is too long".to_owned());
    }
    let Some(line) = line.strip_suffix(b"\n") else { return Err("it has no end".to_owned()) };
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let decision: Decision = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    // Other years have no four digits. The next decision is later than the last, and must be read back.
    if !(0..=LAST_YEAR).contains(&decision.at.year()) {
        return Err(format!("its time, {}, cannot be", decision.at));
    }
    Ok(Some(decision))
}
