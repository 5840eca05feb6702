//! What a pattern of the shell's kind matches.

use std::path::{Path, PathBuf, is_separator};

use glob::{MatchOptions, Pattern, PatternError};
use walkdir::{DirEntry, WalkDir};

use crate::error::CorpusError;

const RECURSIVE: &str = "**";

/// How names are matched: a hidden one only by a dot.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The paths that a pattern matches.
///
/// # Errors
/// If it is no pattern, or a folder cannot be read, or a name in it is not UTF-8.
pub(crate) fn paths(pattern: &str) -> Result<Vec<PathBuf>, CorpusError> {
    if pattern.split(is_separator).any(|piece| piece == RECURSIVE) { deep(pattern) } else { flat(pattern) }
}

fn flat(pattern: &str) -> Result<Vec<PathBuf>, CorpusError> {
    let paths = glob::glob_with(pattern, OPTIONS).map_err(|error| bad(pattern, &error))?;
    let checked = paths.map(|path| {
        path.map_err(|error| CorpusError::Io { path: error.path().to_owned(), source: error.into() })
    });
    // The library panics at a file name that is not UTF-8.
    panic_guard::catch(|| checked.collect()).unwrap_or_else(|_| Err(not_utf8(pattern)))
}

/// For patterns with `**`: the library for patterns would follow links for ever that lead back. Here
/// `.` and `..` behind a wildcard match nothing.
fn deep(pattern: &str) -> Result<Vec<PathBuf>, CorpusError> {
    let name = pattern.trim_end_matches(is_separator);
    let folders_alone = name != pattern || name.split(is_separator).next_back() == Some(RECURSIVE);
    let wanted = Pattern::new(name).map_err(|error| bad(pattern, &error))?;
    let start = fixed_part(name);
    let here = start.as_os_str().is_empty();
    let mut found = Vec::new();
    let walk = WalkDir::new(if here { Path::new(".") } else { &start }).min_depth(1);
    for entry in walk.follow_links(true).sort_by_file_name() {
        let Some(entry) = entered(entry)? else { continue };
        let path = if here { entry.path().strip_prefix(".").unwrap_or(entry.path()) } else { entry.path() };
        let Some(text) = path.to_str() else { return Err(not_utf8(pattern)) };
        if wanted.matches_with(text, OPTIONS) && (entry.file_type().is_dir() || !folders_alone) {
            found.push(path.to_owned());
        }
    }
    Ok(found)
}

/// What was come upon; `None` for a link that leads nowhere or back.
fn entered(entry: walkdir::Result<DirEntry>) -> Result<Option<DirEntry>, CorpusError> {
    match entry {
        Ok(entry) => Ok(Some(entry)),
        Err(error) => {
            let path = error.path().unwrap_or(Path::new("")).to_owned();
            match error.into_io_error() {
                Some(source) if !path.is_symlink() && path.exists() => Err(CorpusError::Io { path, source }),
                _ => Ok(None),
            }
        }
    }
}

/// The folder in which all that matches lies: the pieces before the first with a wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let fixed = pattern.split_inclusive(is_separator).take_while(|piece| !piece.contains(['*', '?', '[']));
    PathBuf::from(fixed.collect::<String>())
}

fn bad(pattern: &str, error: &PatternError) -> CorpusError {
    CorpusError::BadPattern { pattern: pattern.to_owned(), reason: error.to_string() }
}

fn not_utf8(pattern: &str) -> CorpusError {
    CorpusError::BadPattern {
        pattern: pattern.to_owned(),
        reason: "it meets a file name that is not UTF-8; give the folder instead".to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{OPTIONS, paths};

    /// Of what is there, `..` and links that lead back aside, it gives what the library gives.
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
            "**/a/.h/*.txt",
            "**/a/.h/**/*.txt",
            "d/.e/**/*.txt",
            "a/../**/*.csv",
            "./**/[xy].???",
            "**/**/x.*",
            "**/z",
            "x.txt/**",
            "**/x.txt/*",
            "?/**/x.txt",
        ];
        for pattern in patterns {
            let pattern =
                root.join(pattern).display().to_string() + if pattern.ends_with('/') { "/" } else { "" };
            let pattern = pattern.replace("//", "/");
            let expected: Vec<PathBuf> =
                glob::glob_with(&pattern, OPTIONS).unwrap().map(Result::unwrap).collect();
            let is_there = |path: &PathBuf| path.exists();
            let expected: Vec<PathBuf> = expected.into_iter().filter(is_there).collect();
            let mut found = paths(&pattern).unwrap();
            found.sort();
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
