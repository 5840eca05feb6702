//! A file that appears whole or not at all, whenever a process or the power ends.
#![warn(missing_docs)]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file in the making, under a hidden name beside its place.
///
/// It goes when this is dropped before it is finished.
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
        if fs::metadata(place).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no regular file"));
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".incomplete-");
        // Others may read it, as far as the user's umask lets them.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Ok(Self { place: place.to_owned(), file: builder.tempfile_in(folder(place))? })
    }

    /// Where it is for now, for what opens files by their names.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Waits until the disk has it, and moves it to its place. A file that is there is replaced.
    ///
    /// # Errors
    /// If that fails; what was there is then unchanged.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.as_file().sync_all()?;
        self.file.persist(&self.place)?;
        // The file is complete. Systems that cannot sync a folder need not.
        File::open(folder(&self.place)).and_then(|folder| folder.sync_all()).ok();
        Ok(())
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

fn folder(place: &Path) -> &Path {
    place.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        #[cfg(unix)]
        assert!(WholeFile::begin(Path::new("/dev/null")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
