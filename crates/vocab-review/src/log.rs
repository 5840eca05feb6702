//! The decisions, in a file that only grows.

mod reading;

use std::collections::HashMap;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use thiserror::Error;

use self::reading::{Read, read, read_at};
use crate::decision::{Annotator, Decision, DecisionId, Judgement, Retrace};
use tag_vocabulary::Tag;
use whole_file::{folder_of, is_regular_file, sync_folder_of};

/// Longest line that is read as a decision, in bytes.
const LONGEST_LINE: usize = 1 << 20;
/// Years with five digits are not read back.
const LAST_YEAR: i32 = 9_998;
/// Decisions of this year and later are not merged: what is made next is later still.
const NO_MORE_MERGED: i32 = 9_000;

/// A file of decisions, JSON lines, open for more.
///
/// A decision is on the disk before [`append`](Self::append) returns. One process has a log at a
/// time. Logs of several machines are joined by [`merge`](Self::merge).
#[derive(Debug)]
pub struct DecisionLog {
    path: PathBuf,
    file: File,
    decisions: Vec<Decision>,
    /// The latest time of a decision.
    latest: Option<DateTime<Utc>>,
    /// Bytes of the file that are decisions.
    length: u64,
}

/// A damaged end of a log, which was moved to a file of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// What stood in a log when it was read.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The decisions in the order of the file.
    pub decisions: Vec<Decision>,
    /// Bytes of a last line that was cut off, or is being written.
    pub unfinished: u64,
}

/// Why a log cannot be read or written.
#[derive(Debug, Error)]
pub enum LogError {
    /// The system refuses.
    #[error("{}: the log of decisions cannot be {action}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// "read", "written".
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("{} is open in another review: close that first, or give each annotator a log", .0.display())]
    InUse(PathBuf),
    /// Another program wrote to it, replaced or removed it.
    #[error("{} was changed or moved while it was open here, and nothing was saved: close this review, see what is in the file, and start again", .0.display())]
    Changed(PathBuf),
    /// A decision that would not be read back.
    #[error("{}: a decision on {tag} takes {bytes} bytes, and a line of the log has at most {LONGEST_LINE}: shorten its note", path.display())]
    TooLong {
        /// The log.
        path: PathBuf,
        /// The tag, its beginning.
        tag: String,
        /// Bytes of the line.
        bytes: usize,
    },
    /// A line in the middle is no decision, or one that does not fit.
    #[error("{}, line {line}, cannot be used: {reason}; mend the line or move it away, the decisions around it are good", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// A decision that is to be made.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// Who.
    pub by: Annotator,
    /// Whether it settles a disagreement of others.
    pub adjudicates: bool,
    /// The tag.
    pub tag: Tag,
    /// The judgement, or `None` to take it back.
    pub judgement: Option<Judgement>,
}

impl DecisionLog {
    /// Opens a log, or begins one. A last line that was cut off is moved to a file beside it.
    ///
    /// # Errors
    /// If it cannot be read, is open elsewhere, or a line before the last is no decision.
    pub fn open(path: &Path) -> Result<(Self, Option<SetAside>), LogError> {
        let io = |action| move |source| LogError::Io { path: path.to_owned(), action, source };
        let is_new = !is_regular_file(path).map_err(io("opened"))?;
        let file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io("opened"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LogError::InUse(path.to_owned())),
            // Where the file system has no locks, nobody can get one.
            Err(TryLockError::Error(_)) => {}
        }
        if is_new {
            sync_folder_of(path);
        }
        let Read { decisions, length, rest, .. } = read(path, &file)?;
        let latest = latest(&decisions);
        let mut log = Self { path: path.to_owned(), file, decisions, latest, length };
        let aside = if rest.is_empty() { None } else { Some(log.set_aside(&rest)?) };
        Ok((log, aside))
    }

    /// Reads a log and changes nothing, while others may write to it.
    ///
    /// # Errors
    /// If it cannot be read or a line before the last is no decision.
    pub fn read(path: &Path) -> Result<Snapshot, LogError> {
        let Read { decisions, rest, .. } = read_at(path)?;
        Ok(Snapshot { decisions, unfinished: rest.len() as u64 })
    }

    /// The decisions in the order of the file.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends decisions that are made now. They are on the disk when this returns; if it fails,
    /// none of them is in the log.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn append(&mut self, new: Vec<NewDecision>) -> Result<&[Decision], LogError> {
        self.append_as(new, None)
    }

    /// Like [`append`](Self::append), for decisions that undo or redo others.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn append_as(
        &mut self,
        new: Vec<NewDecision>,
        retraces: Option<Retrace>,
    ) -> Result<&[Decision], LogError> {
        let at = self.now();
        let batch = (new.len() > 1).then(DecisionId::new);
        let made = new.into_iter().map(|new| Decision {
            at,
            id: DecisionId::new(),
            by: new.by,
            adjudicates: new.adjudicates,
            batch,
            retraces,
            tag: new.tag,
            judgement: new.judgement,
        });
        self.write(made.collect())
    }

    /// Adds the decisions of another log that are not here yet. The order of logs does not matter.
    ///
    /// # Errors
    /// If the other log cannot be read or has a line that is no decision, or this one cannot be
    /// written.
    pub fn merge(&mut self, other: &Path) -> Result<&[Decision], LogError> {
        let Read { decisions, lines, rest, .. } = read_at(other)?;
        let damaged = |line, reason| Err(LogError::Damaged { path: other.to_owned(), line, reason });
        if !rest.is_empty() {
            return damaged(lines.last().map_or(1, |last| last + 1), "the last line was cut off".to_owned());
        }
        let known: HashMap<DecisionId, &Decision> =
            self.decisions.iter().map(|decision| (decision.id, decision)).collect();
        for (decision, &line) in decisions.iter().zip(&lines) {
            if known.get(&decision.id).is_some_and(|known| *known != decision) {
                return damaged(line, format!("{} has another decision of the same id", self.path.display()));
            }
            if decision.at.year() >= NO_MORE_MERGED {
                return damaged(line, format!("its time, {}, leaves none for later decisions", decision.at));
            }
        }
        self.write(decisions.into_iter().filter(|decision| !known.contains_key(&decision.id)).collect())
    }

    /// The time, but later than that of every decision here: a clock that was set back must not
    /// make a new decision an old one.
    fn now(&self) -> DateTime<Utc> {
        let now = DateTime::<Utc>::from(SystemTime::now());
        let now = DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now);
        self.latest.map_or(now, |latest| now.max(latest + TimeDelta::milliseconds(1)))
    }

    fn write(&mut self, decisions: Vec<Decision>) -> Result<&[Decision], LogError> {
        let first = self.decisions.len();
        let mut lines = Vec::new();
        if decisions.iter().any(|decision| decision.at.year() > LAST_YEAR) {
            return Err(self.has_no_time_left());
        }
        for decision in &decisions {
            let start = lines.len();
            serde_json::to_writer(&mut lines, decision).map_err(|error| self.cannot_write(error.into()))?;
            lines.push(b'\n');
            let bytes = lines.len() - start;
            if bytes > LONGEST_LINE {
                let tag = decision.tag.to_string().chars().take(60).collect();
                return Err(LogError::TooLong { path: self.path.clone(), tag, bytes });
            }
        }
        if !self.is_unchanged() {
            return Err(LogError::Changed(self.path.clone()));
        }
        if let Err(error) = self.file.write_all(&lines).and_then(|()| self.file.sync_data()) {
            // What reached the file of decisions that were not acknowledged goes again.
            _ = self.file.set_len(self.length);
            return Err(self.cannot_write(error));
        }
        self.length += lines.len() as u64;
        self.latest = self.latest.max(latest(&decisions));
        self.decisions.extend(decisions);
        Ok(&self.decisions[first..])
    }

    /// Whether the log is still the file at its path, with what was read and written here. An editor
    /// or `git checkout` puts another file there, and what went into this one would be lost.
    fn is_unchanged(&self) -> bool {
        let (Ok(there), Ok(here)) = (std::fs::metadata(&self.path), self.file.metadata()) else {
            return false;
        };
        there.len() == self.length && is_one_file(&there, &here)
    }

    /// Moves what stands behind the last decision to a file of its own.
    fn set_aside(&mut self, rest: &[u8]) -> Result<SetAside, LogError> {
        let write = || -> io::Result<PathBuf> {
            let folder = folder_of(&self.path);
            let name = self.path.file_name().unwrap_or_default().to_string_lossy();
            let mut aside =
                tempfile::Builder::new().prefix(&format!("{name}.damaged-")).tempfile_in(folder)?;
            aside.write_all(rest)?;
            aside.as_file().sync_all()?;
            let (_, path) = aside.keep()?;
            self.file.set_len(self.length)?;
            self.file.sync_all()?;
            sync_folder_of(&path);
            Ok(path)
        };
        let path = write().map_err(|error| self.cannot_write(error))?;
        Ok(SetAside { path, bytes: rest.len() as u64 })
    }

    /// The latest decision, whose line is named, is as late as one can be.
    fn has_no_time_left(&self) -> LogError {
        let line = read(&self.path, &self.file).ok().and_then(|Read { decisions, lines, .. }| {
            let place = decisions.iter().position(|decision| Some(decision.at) == self.latest)?;
            lines.get(place).copied()
        });
        let reason = "its time leaves none for later decisions".to_owned();
        LogError::Damaged { path: self.path.clone(), line: line.unwrap_or_default(), reason }
    }

    fn cannot_write(&self, source: io::Error) -> LogError {
        LogError::Io { path: self.path.clone(), action: "written", source }
    }
}

#[cfg(unix)]
fn is_one_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Elsewhere a file that is open cannot be replaced.
#[cfg(not(unix))]
fn is_one_file(_: &Metadata, _: &Metadata) -> bool {
    true
}

fn latest(decisions: &[Decision]) -> Option<DateTime<Utc>> {
    decisions.iter().map(|decision| decision.at).max()
}
