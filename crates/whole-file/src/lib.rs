//! A file that appears whole or not at all, whenever a process or the power ends.
#![warn(missing_docs)]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file in the making, under a hidden name beside its place.
///
/// It goes when this is dropped before it is finished; if the process is killed, when the next one
/// begins a file for the same place.
///
/// ```
/// use std::io::Write;
/// use whole_file::WholeFile;
///
/// let folder = tempfile::tempdir()?;
/// let place = folder.path().join("tags.txt");
/// let mut file = WholeFile::begin(&place)?;
/// file.write_all(b"dog\n")?;
/// assert!(!place.exists());
/// file.finish()?;
/// assert_eq!(std::fs::read(&place)?, b"dog\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct WholeFile {
    place: PathBuf,
    file: NamedTempFile,
}

impl WholeFile {
    /// Begins a file that is to be at `place`, and whose folder exists.
    ///
    /// # Errors
    /// If nothing can be written to the folder, or if a folder, a device or the like is there.
    pub fn begin(place: &Path) -> io::Result<Self> {
        // Moving a file there would replace the device itself.
        is_regular_file(place)?;
        let prefix = prefix(place);
        remove_leavings(place, &prefix);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        // Others may read it, as far as the user's umask lets them.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        loop {
            let file = builder.tempfile_in(folder_of(place))?;
            // Where the file system has no locks, nobody can get one, and what a killed process leaves stays.
            file.as_file().lock().ok();
            // Before the lock was ours, another process may have taken the file for a killed one's.
            if file.path().exists() {
                return Ok(Self { place: place.to_owned(), file });
            }
        }
    }

    /// Where it is for now, for what opens files by their names.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Waits until the disk has what was written. Files that belong together are all synced before
    /// the first is [put](Self::put): a full disk then leaves none of them.
    ///
    /// # Errors
    /// If that fails.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.as_file().sync_all()
    }

    /// Moves it to its place, without waiting for the disk to have it (see [`sync`](Self::sync)) or its
    /// name (see [`sync_folder_of`]). A file that is there is replaced.
    ///
    /// # Errors
    /// If that fails; what was there is then unchanged.
    pub fn put(self) -> io::Result<()> {
        self.file.persist(&self.place)?;
        Ok(())
    }

    /// Waits until the disk has it, and moves it to its place. A file that is there is replaced.
    ///
    /// # Errors
    /// If that fails; what was there is then unchanged.
    pub fn finish(mut self) -> io::Result<()> {
        self.sync()?;
        let place = self.place.clone();
        self.put()?;
        sync_folder_of(&place);
        Ok(())
    }
}

/// What names in the making begin with: ".tags.txt.incomplete-". Names have at most 255 bytes.
fn prefix(place: &Path) -> String {
    let name: String = place.file_name().unwrap_or_default().to_string_lossy().chars().take(50).collect();
    format!(".{name}.incomplete-")
}

/// Removes what killed processes left. What still is in the making is locked.
fn remove_leavings(place: &Path, prefix: &str) {
    for entry in fs::read_dir(folder_of(place)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        // tempfile appends six random letters and digits; what is called otherwise is somebody's own.
        let random = name.as_encoded_bytes().strip_prefix(prefix.as_bytes());
        let is_one =
            random.is_some_and(|random| random.len() == 6 && random.iter().all(u8::is_ascii_alphanumeric));
        if !is_one || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        if file.try_lock().is_ok() {
            // What cannot be removed is in nobody's way. The lock is held until then: whoever has just
            // made the file waits for it.
            fs::remove_file(entry.path()).ok();
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a file of these bytes.
///
/// # Errors
/// If it cannot be written; what was there is then unchanged.
pub fn write(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::begin(place)?;
    file.write_all(bytes)?;
    file.finish()
}

/// Whether there is a file at `place`; false if there is nothing.
///
/// # Errors
/// If there is a folder, a device, a pipe or the like, some of which never say that they have ended.
pub fn is_regular_file(place: &Path) -> io::Result<bool> {
    match fs::metadata(place) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Waits until the disk has the name of a file that is complete. Systems that cannot sync a folder
/// need not.
pub fn sync_folder_of(place: &Path) {
    File::open(folder_of(place)).and_then(|folder| folder.sync_all()).ok();
}

/// The folder of a file, that of the process for a bare name.
pub fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_processes_left_is_removed_and_what_others_write_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.txt");
        let left = folder.path().join(".a.txt.incomplete-killed");
        fs::write(&left, "half").unwrap();
        for own in [".b.txt.incomplete-killed", ".a.txt.incomplete-notes"] {
            fs::write(folder.path().join(own), "of another file, of a person").unwrap();
        }
        let mut one = WholeFile::begin(&place).unwrap();
        assert!(!left.exists());
        one.write_all(b"one").unwrap();
        let mut other = WholeFile::begin(&place).unwrap();
        other.write_all(b"other").unwrap();
        one.finish().unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"one");
        other.finish().unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"other");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        let long = folder.path().join("é".repeat(127));
        write(&long, b"").unwrap();
        assert!(long.exists());
    }

    #[test]
    fn what_is_there_is_replaced_at_the_end_or_never() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.txt");
        fs::write(&place, "old").unwrap();
        let mut dropped = WholeFile::begin(&place).unwrap();
        dropped.write_all(b"half").unwrap();
        drop(dropped);
        assert_eq!(fs::read(&place).unwrap(), b"old");
        write(&place, b"new").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"new");
        assert!(
            write(&place.join("below"), b"").is_err()
                && WholeFile::begin(&folder.path().join("no/a")).is_err()
        );
        assert!(WholeFile::begin(folder.path()).is_err());
        assert!(is_regular_file(&place).unwrap() && !is_regular_file(&folder.path().join("b")).unwrap());
        assert_eq!((folder_of(&place), folder_of(Path::new("a"))), (folder.path(), Path::new(".")));
        #[cfg(unix)]
        assert!(WholeFile::begin(Path::new("/dev/null")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
