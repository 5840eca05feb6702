//! Images as files beside a JSON file, which has no room for them.

use std::path::{Path, PathBuf};

use super::output::{create_folder, sync_folder, write_file};
use crate::{Image, TripletError};

/// The folder that they all lie in.
pub(crate) const FOLDER: &str = "images";
/// Files in one folder: some file systems are slow with more.
const FOLDER_FILES: u64 = 10_000;

/// A name for a triplet that is safe in every file system and tar, and unique in a split.
pub(super) fn key(number: u64) -> String {
    format!("{number:09}")
}

/// What JSON gives as an image's path.
pub(super) fn path_in_json(split: &str, number: u64, image: &Image) -> String {
    match image {
        Image::Path(path) => path.clone(),
        Image::Url(url) => url.clone(),
        Image::Bytes { extension, .. } => {
            format!("{}/{}.{extension}", folder(split, number), key(number))
        }
    }
}

fn folder(split: &str, number: u64) -> String {
    format!("{FOLDER}/{split}/{:05}", number / FOLDER_FILES)
}

/// Writes images into folders of some thousand.
pub(super) struct ImageFiles {
    directory: PathBuf,
    split: String,
    folder: Option<PathBuf>,
}

impl ImageFiles {
    pub(super) fn new(directory: &Path, split: &str) -> Self {
        Self { directory: directory.to_owned(), split: split.to_owned(), folder: None }
    }

    /// Writes an image, if it is given as a file, and says what its path is in JSON.
    pub(super) fn put(&mut self, number: u64, image: &Image) -> Result<String, TripletError> {
        let path = path_in_json(&self.split, number, image);
        if let Image::Bytes { data, .. } = image {
            let folder = self.directory.join(folder(&self.split, number));
            if self.folder.as_ref() != Some(&folder) {
                self.finish()?;
                create_folder(&folder)?;
                self.folder = Some(folder);
            }
            write_file(self.directory.join(&path), data)?;
        }
        Ok(path)
    }

    /// Waits until the disk has the names of the last folder's files.
    pub(super) fn finish(&mut self) -> Result<(), TripletError> {
        self.folder.take().map_or(Ok(()), |folder| sync_folder(&folder))
    }
}
