//! The folder that paths of images start from.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use super::header::{image_file, size_of_file};
use super::{ImageProblem, ImageSize};
use crate::triplet::Image;

/// A folder of images. No path leads out of it.
#[derive(Clone, Debug)]
pub struct ImageRoot {
    /// Without links in it.
    folder: PathBuf,
}

/// Why images cannot be taken from a folder.
#[derive(Debug, Error)]
#[error("{}: the folder of the images cannot be opened: {source}", folder.display())]
pub struct RootError {
    folder: PathBuf,
    source: io::Error,
}

impl ImageRoot {
    /// Opens a folder of images.
    ///
    /// # Errors
    /// If it does not exist, is not a folder, or may not be looked at.
    pub fn open(folder: &Path) -> Result<Self, RootError> {
        let error = |source| RootError { folder: folder.to_owned(), source };
        let folder = fs::canonicalize(folder).map_err(error)?;
        fs::read_dir(&folder).map_err(error)?;
        Ok(Self { folder })
    }

    /// The file that a path leads to.
    ///
    /// # Errors
    /// If there is none, or if the path leads out of the folder: it is absolute, has `..` in it,
    /// or goes through a link that does.
    pub fn file(&self, path: &str) -> Result<PathBuf, ImageProblem> {
        check_path(path)?;
        let owned = || path.to_owned();
        let file = fs::canonicalize(self.folder.join(path)).map_err(|error| problem(path, &error))?;
        if !file.starts_with(&self.folder) {
            return Err(ImageProblem::Outside { path: owned() });
        }
        let metadata = fs::metadata(&file).map_err(|error| problem(path, &error))?;
        if metadata.is_file() { Ok(file) } else { Err(ImageProblem::NotAFile { path: owned() }) }
    }

    /// Width and height of the image that a path leads to, by its header.
    ///
    /// # Errors
    /// As [`file`](Self::file), and if the file is not an image or its header is broken.
    pub fn size(&self, path: &str) -> Result<ImageSize, ImageProblem> {
        let file = File::open(self.file(path)?).map_err(|error| problem(path, &error))?;
        size_of_file(file).map_err(|error| problem(path, &error))?
    }

    /// The file that a path leads to, in memory.
    ///
    /// # Errors
    /// As [`file`](Self::file), and if the file cannot be read or is empty.
    pub fn load(&self, path: &str) -> Result<Image, ImageProblem> {
        let data = fs::read(self.file(path)?).map_err(|error| problem(path, &error))?;
        if data.is_empty() { Err(ImageProblem::Empty) } else { Ok(image_file(data, Some(path))) }
    }
}

/// What a path says by itself: that it goes down from the folder, and to something.
fn check_path(path: &str) -> Result<(), ImageProblem> {
    let mut parts = Path::new(path).components().peekable();
    let is_empty = parts.peek().is_none();
    if is_empty || !parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(ImageProblem::BadPath { path: path.to_owned() });
    }
    Ok(())
}

fn problem(path: &str, error: &io::Error) -> ImageProblem {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ImageProblem::Missing { path },
        _ => ImageProblem::Unreadable { path, reason: error.to_string() },
    }
}
