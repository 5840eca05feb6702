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
        if !search(path, &mut found) {
            outcome = Outcome::Incomplete;
        } else if found.len() == before {
            tell(format_args!("no images (.jpg, .jpeg, .png, .webp) in the folder {}", path.display()));
            outcome = Outcome::Incomplete;
        }
    }
    (found, outcome)
}

/// Finds all that can be found; whether that is all.
fn search(folder: &Path, found: &mut Vec<PathBuf>) -> bool {
    let mut paths = match entries(folder) {
        Ok(paths) => paths,
        Err(error) => {
            tell(format_args!("cannot search the folder {}: {error}", folder.display()));
            return false;
        }
    };
    paths.sort();
    let mut is_all = true;
    for (path, is_folder) in paths {
        if is_folder {
            is_all &= search(&path, found);
        } else if is_image(&path) && path.is_file() {
            found.push(path);
        }
    }
    is_all
}

/// What a folder holds, and whether each is a folder itself: a link to one above would never end.
fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.path(), entry.file_type()?.is_dir()))
        })
        .collect()
}

fn is_image(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}
