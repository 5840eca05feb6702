//! Which images are meant.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Outcome, tell};

const EXTENSIONS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// The files that are named, and the images in the folders that are named, sorted by name. What
/// cannot be searched is told, and makes the outcome incomplete.
pub fn find(named: &[PathBuf]) -> (Vec<PathBuf>, Outcome) {
    let (mut found, mut outcome) = (Vec::new(), Outcome::Done);
    for path in named {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        if let Err((folder, error)) = search(path, &mut found) {
            tell(format_args!("cannot search the folder {}: {error}", folder.display()));
            outcome = Outcome::Incomplete;
        } else if found.len() == before {
            tell(format_args!("no images (.jpg, .jpeg, .png, .webp) in the folder {}", path.display()));
            outcome = Outcome::Incomplete;
        }
    }
    (found, outcome)
}

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let failed = |error| (folder.to_owned(), error);
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed)?;
    let mut paths: Vec<(PathBuf, bool)> = Vec::with_capacity(entries.len());
    for entry in entries {
        // Of the entry itself: a link to a folder above would never end.
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        paths.push((entry.path(), is_folder));
    }
    paths.sort();
    for (path, is_folder) in paths {
        if is_folder {
            search(&path, found)?;
        } else if is_image(&path) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn is_image(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}
