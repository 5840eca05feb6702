//! Patterns with `**`, walked folder by folder.
//!
//! The library follows links, also those that lead back, and so finds a file by ever more ways.
//! Here a folder is read once for each piece of the pattern, whatever way leads to it; all else is
//! as the library has it.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Component, Path, PathBuf, is_separator};

use glob::{MatchOptions, Pattern, PatternError};

use crate::error::CorpusError;

const RECURSIVE: &str = "**";

/// How names are matched in all patterns: a hidden one only by a dot.
pub(crate) fn options() -> MatchOptions {
    MatchOptions { require_literal_leading_dot: true, ..Default::default() }
}

/// Whether a pattern goes through folders of any depth.
pub(crate) fn is_recursive(pattern: &str) -> bool {
    pattern.split(is_separator).any(|piece| piece == RECURSIVE)
}

/// The error at a name that patterns cannot be held against.
pub(crate) fn not_utf8(pattern: &str) -> CorpusError {
    CorpusError::BadPattern {
        pattern: pattern.to_owned(),
        reason: "it meets a file name that is not UTF-8; give the folder instead".to_owned(),
    }
}

/// The files and folders that a pattern matches, sorted; those that links lead to again are not
/// all given again.
pub(crate) struct Walk {
    pattern: String,
    pieces: Vec<Pattern>,
    todo: Vec<Step>,
    /// Real paths of the folders that were read, each for a piece.
    read: HashSet<(PathBuf, usize)>,
    needs_folder: bool,
}

/// A path that was come upon.
struct Step {
    path: PathBuf,
    is_folder: bool,
    /// The piece that its name is to be held against; `None`: it matches.
    piece: Option<usize>,
}

impl Walk {
    pub fn new(pattern: &str) -> Result<Self, CorpusError> {
        let bad = |error: PatternError| CorpusError::BadPattern {
            pattern: pattern.to_owned(),
            reason: error.to_string(),
        };
        Pattern::new(pattern).map_err(bad)?;
        let is_root = |part: &Component<'_>| matches!(part, Component::Prefix(_) | Component::RootDir);
        let root: PathBuf = Path::new(pattern).components().take_while(is_root).collect();
        let rest = pattern.get(root.as_os_str().len()..).unwrap_or_default();
        let mut pieces: Vec<&str> = rest.split(is_separator).filter(|piece| !piece.is_empty()).collect();
        pieces.dedup_by(|a, b| a == b && *a == RECURSIVE);
        let pieces = pieces.into_iter().map(|piece| Pattern::new(piece).map_err(bad));
        let mut walk = Self {
            pattern: pattern.to_owned(),
            pieces: pieces.collect::<Result<_, _>>()?,
            todo: Vec::new(),
            read: HashSet::new(),
            needs_folder: pattern.ends_with(is_separator),
        };
        walk.go_into(if root.as_os_str().is_empty() { Path::new(".") } else { &root }, 0)?;
        Ok(walk)
    }

    fn step(&mut self) -> Result<Option<PathBuf>, CorpusError> {
        while let Some(Step { path, is_folder, piece }) = self.todo.pop() {
            let Some(mut at) = piece else {
                if is_folder || !self.needs_folder {
                    return Ok(Some(path));
                }
                continue;
            };
            if self.is(at, RECURSIVE) {
                if is_folder {
                    self.go_into(&path, at)?;
                }
                if at + 1 == self.pieces.len() {
                    if is_folder {
                        return Ok(Some(path));
                    }
                    continue;
                }
                // No folder at all lies between.
                at += 1;
            }
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !self.pieces.get(at).is_some_and(|piece| piece.matches_with(name, options())) {
                continue;
            }
            if at + 1 < self.pieces.len() {
                self.go_into(&path, at + 1)?;
            } else if is_folder || !self.needs_folder {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.pieces.get(at).is_some_and(|piece| piece.as_str() == text)
    }

    /// Notes what lies in a folder and may match a piece.
    fn go_into(&mut self, folder: &Path, at: usize) -> Result<(), CorpusError> {
        let Some(piece) = self.pieces.get(at).cloned() else { return Ok(()) };
        if !piece.as_str().contains(['*', '?', '[']) {
            let path = within(folder, Path::new(piece.as_str()));
            let is_there = match piece.as_str() {
                "." | ".." => folder.is_dir(),
                _ => path.exists() || path.is_symlink(),
            };
            return if is_there { self.found(path, at) } else { Ok(()) };
        }
        if !folder.is_dir() {
            return Ok(());
        }
        let io_error = |source| CorpusError::Io { path: folder.to_owned(), source };
        if !self.read.insert((fs::canonicalize(folder).map_err(io_error)?, at)) {
            return Ok(());
        }
        let entries = fs::read_dir(folder).map_err(io_error)?;
        let mut entries = entries.collect::<Result<Vec<_>, io::Error>>().map_err(io_error)?;
        if entries.iter().any(|entry| entry.file_name().to_str().is_none()) {
            return Err(not_utf8(&self.pattern));
        }
        entries.retain(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
        // The last is taken first.
        entries.sort_by_cached_key(|entry| std::cmp::Reverse(entry.file_name()));
        self.todo.extend(entries.iter().map(|entry| Step {
            path: within(folder, Path::new(&entry.file_name())),
            is_folder: is_folder(entry),
            piece: Some(at),
        }));
        // These two are no entries, but a pattern that begins with a dot may mean them.
        for special in [".", ".."] {
            if piece.as_str().starts_with('.') && piece.matches_with(special, options()) {
                self.found(folder.join(special), at)?;
            }
        }
        Ok(())
    }

    /// Goes on from a path that matches a piece.
    fn found(&mut self, path: PathBuf, at: usize) -> Result<(), CorpusError> {
        if at + 1 < self.pieces.len() {
            return self.go_into(&path, at + 1);
        }
        self.todo.push(Step { is_folder: path.is_dir(), path, piece: None });
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Result<PathBuf, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

/// A path in a folder; the folder one stands in is not named.
fn within(folder: &Path, name: &Path) -> PathBuf {
    if folder == Path::new(".") { name.to_owned() } else { folder.join(name) }
}

fn is_folder(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => kind.is_dir(),
        _ => entry.path().is_dir(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{Walk, options};

    /// Without links that lead back it gives what the library gives, in its order.
    #[test]
    fn patterns_match_as_by_the_library() {
        let folder = tempfile::TempDir::new().unwrap();
        let root = folder.path();
        for name in ["x.txt", "a/x.txt", "a/b/y.txt", "a/b/c/x.csv", "a/.h/x.txt", ".h.txt", "d/.e/f/x.txt"] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), "x").unwrap();
        }
        std::os::unix::fs::symlink("x.txt", root.join("a/link.txt")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("a/b/none.txt")).unwrap();
        let patterns = [
            "**",
            "**/",
            "**/*",
            "**/*/",
            "**/*.txt",
            "a/**",
            "a/**/*.txt",
            "**/b/**/*",
            "**/a/b/*.txt",
            "*/**/c/*",
            "**/x.txt",
            "**/.h/*",
            "**/a/.h/*.txt",
            "**/a/.h/**/*.txt",
            "d/.e/**/*.txt",
            "a/../**/*.csv",
            "**/a/*/../*",
            "./**/[xy].???",
            "**/**/x.*",
            "**/d/.*/x.txt",
            "**/z",
            "x.txt/**",
            "**/x.txt/*",
            "?/**/x.txt",
            "a/**/./b",
        ];
        for pattern in patterns {
            let pattern =
                root.join(pattern).display().to_string() + if pattern.ends_with('/') { "/" } else { "" };
            let pattern = pattern.replace("//", "/");
            let expected: Vec<PathBuf> =
                glob::glob_with(&pattern, options()).unwrap().map(Result::unwrap).collect();
            let found: Vec<PathBuf> = Walk::new(&pattern).unwrap().map(Result::unwrap).collect();
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
