//! Members of a tar as samples: grouped by name up to the first dot, as WebDataset does.

use std::path::Path;

use super::archive::{Member, TarError, TarFile};
use crate::SkipReason;
use crate::error::Problem;
use crate::input::MAX_RECORD_BYTES;
use crate::samples::MAX_IMAGE_BYTES;

/// Suffixes of images, the first the best.
pub(super) const IMAGE_SUFFIXES: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// A sample may have so many members …
const MAX_PARTS: usize = 1000;
/// … whose names take so many bytes …
const MAX_NAME_BYTES: usize = 1 << 20;
/// … and whose contents, as far as they are read, take so many: two images of the largest size.
const MAX_CONTENT_BYTES: u64 = 2 * MAX_IMAGE_BYTES as u64;

/// A file's content, unless it is too long or is not wanted.
#[derive(Debug)]
pub(super) enum Content {
    Read(Vec<u8>),
    TooLong,
    Unread,
}

/// A member of a sample.
#[derive(Debug)]
pub(super) struct Part {
    /// Its whole name.
    pub name: String,
    /// What follows the first dot, in lower case.
    pub suffix: String,
    pub content: Content,
}

/// Members of one key that stand together.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// From 1.
    pub number: u64,
    pub key: String,
    pub parts: Vec<Part>,
    /// Why the sample cannot be used, if it cannot. Of its members no more is kept then.
    pub fault: Option<SkipReason>,
    name_bytes: usize,
    content_bytes: u64,
}

impl Members {
    pub fn part(&self, suffix: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.suffix == suffix)
    }

    /// Whether there is still room and reason for a member. If not, the sample is at fault from
    /// here on: with two members that would be the same part WebDataset refuses it, and one that
    /// is over the bounds is no sample but a heap.
    fn admits(&mut self, named: &Named) -> bool {
        if self.fault.is_some() {
            return false;
        }
        self.name_bytes += named.member.name.len();
        self.fault = if self.part(&named.suffix).is_some() {
            Some(SkipReason::Malformed)
        } else if self.parts.len() >= MAX_PARTS || self.name_bytes > MAX_NAME_BYTES {
            Some(SkipReason::TooLong)
        } else {
            None
        };
        self.fault.is_none()
    }

    /// Whether the contents still have room for so many bytes.
    fn has_room(&mut self, bytes: u64) -> bool {
        self.content_bytes = self.content_bytes.saturating_add(bytes);
        self.content_bytes <= MAX_CONTENT_BYTES
    }
}

impl Part {
    /// The content, or why there is none.
    pub fn bytes(&self) -> Result<&[u8], SkipReason> {
        match &self.content {
            Content::Read(bytes) => Ok(bytes),
            Content::TooLong => Err(SkipReason::TooLong),
            Content::Unread => Err(SkipReason::Null),
        }
    }
}

/// The samples of a tar.
pub(super) struct MemberReader {
    tar: TarFile,
    /// The first member of the next sample, whose content was not read yet.
    next: Option<Named>,
    number: u64,
}

/// A member, and its name in two.
struct Named {
    member: Member,
    key: String,
    suffix: String,
}

impl MemberReader {
    pub fn open(path: &Path) -> Result<Self, Problem> {
        Ok(Self { tar: TarFile::open(path)?, next: None, number: 0 })
    }

    pub fn fraction(&self) -> f64 {
        self.tar.fraction()
    }

    /// The next sample, with the contents of those members whose suffixes are wanted. A sample
    /// that the tar breaks off in is not given.
    pub fn next(&mut self, wants: impl Fn(&str) -> bool) -> Result<Option<Members>, Problem> {
        let Some(first) = self.take_member(None)? else { return Ok(None) };
        self.number += 1;
        let mut sample = Members { number: self.number, key: first.key.clone(), ..Members::default() };
        self.add(first, &mut sample, &wants)?;
        loop {
            match self.take_member(Some(&sample.key)) {
                Ok(Some(member)) if member.key == sample.key => self.add(member, &mut sample, &wants)?,
                Ok(next) => {
                    self.next = next;
                    return Ok(Some(sample));
                }
                // What was read is whole; the next call meets the same end.
                Err(Problem::TarWithoutEnd { .. }) => return Ok(Some(sample)),
                Err(problem) => return Err(problem),
            }
        }
    }

    /// The next member that has a key and a suffix; `within` is the key of an unfinished sample.
    fn take_member(&mut self, within: Option<&str>) -> Result<Option<Named>, Problem> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        loop {
            let row = self.number + u64::from(within.is_none());
            let header = || within.map_or("its first member".to_owned(), |key| format!("a member of {key}"));
            let member = self.tar.next().map_err(|error| problem(error, row, self.number, header()))?;
            let Some(member) = member else { return Ok(None) };
            if let Some((key, suffix)) = split_name(&member.name) {
                return Ok(Some(Named { member, key, suffix }));
            }
            self.tar.skip(&member).map_err(|error| problem(error, row, self.number, member.name.clone()))?;
        }
    }

    /// Adds a member to its sample, or passes it over if that is at fault.
    fn add(
        &mut self,
        named: Named,
        sample: &mut Members,
        wants: impl Fn(&str) -> bool,
    ) -> Result<(), Problem> {
        let is_part = sample.admits(&named);
        let Named { member, suffix, .. } = named;
        let longest = if is_image(&suffix) { MAX_IMAGE_BYTES } else { MAX_RECORD_BYTES };
        let mut bytes = Vec::new();
        let (content, outcome) = if !is_part || !wants(&suffix) {
            (Content::Unread, self.tar.skip(&member))
        } else if member.size > longest as u64 {
            (Content::TooLong, self.tar.skip(&member))
        } else if !sample.has_room(member.size) {
            sample.fault = Some(SkipReason::TooLong);
            (Content::TooLong, self.tar.skip(&member))
        } else {
            let outcome = self.tar.read(&member, &mut bytes);
            (Content::Read(bytes), outcome)
        };
        outcome.map_err(|error| problem(error, self.number, self.number, member.name.clone()))?;
        if is_part {
            sample.parts.push(Part { name: member.name, suffix, content });
        }
        Ok(())
    }
}

pub(super) fn is_image(suffix: &str) -> bool {
    IMAGE_SUFFIXES.contains(&suffix)
}

/// Says where a tar broke: in the sample `row`, after so many that were begun.
fn problem(error: TarError, row: u64, begun: u64, member: String) -> Problem {
    match error {
        TarError::Io(error) => Problem::Io(error),
        TarError::CutOff => Problem::TruncatedTar { row, member },
        TarError::NoEndMark => Problem::TarWithoutEnd { row: begun },
        TarError::Broken(reason) => Problem::Tar { row: begun + 1, reason },
    }
}

/// A member's key, folder and all, and its suffix: the name is cut at the first dot of its last
/// part. `None` for names without either, and for those that are no sample's (`__info__.json`).
fn split_name(name: &str) -> Option<(String, String)> {
    let name = name.strip_prefix("./").unwrap_or(name);
    let file = name.rsplit_once('/').map_or(name, |(_, file)| file);
    let (stem, suffix) = file.split_once('.')?;
    if stem.is_empty() || suffix.is_empty() || (stem.starts_with("__") && stem.ends_with("__")) {
        return None;
    }
    let folder = &name[..name.len() - file.len()];
    Some((format!("{folder}{stem}"), suffix.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::split_name;

    #[test]
    fn names_are_cut_at_the_first_dot_of_the_last_part() {
        let cut = |name| split_name(name).map(|(key, suffix)| format!("{key}|{suffix}"));
        assert_eq!(cut("000.jpg").as_deref(), Some("000|jpg"));
        assert_eq!(cut("./a.b/000.seg.PNG").as_deref(), Some("a.b/000|seg.png"));
        for nameless in ["README", "a/.hidden", "a/._x.jpg", "x.", "__meta__.json", ""] {
            assert_eq!(cut(nameless), None, "{nameless}");
        }
    }
}
