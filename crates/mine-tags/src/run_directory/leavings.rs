//! What runs that were killed leave beside their results, and what becomes of it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use tempfile::TempDir;

/// The name of the old results in the folder that they are moved to.
const OLD: &str = "replaced";

/// The places that belong to one folder of results.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) target: PathBuf,
    parent: PathBuf,
    name: OsString,
}

impl Places {
    pub(super) fn new(target: PathBuf) -> Result<Self> {
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            bail!("{} cannot be a folder of results", target.display());
        };
        let (parent, name) = (parent.to_owned(), name.to_owned());
        Ok(Self { target, parent, name })
    }

    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    /// ".mined.incomplete-".
    fn prefix(&self, what: &str) -> OsString {
        let mut prefix = OsString::from(".");
        prefix.push(&self.name);
        prefix.push(".");
        prefix.push(what);
        prefix.push("-");
        prefix
    }

    /// A new hidden folder and the lock on it.
    pub(super) fn locked_folder(&self) -> io::Result<(TempDir, File)> {
        loop {
            let folder = self.hidden_folder("incomplete")?;
            let lock = match File::open(folder.path()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                lock => lock?,
            };
            // Where the file system has no locks, nobody can get one, and what a killed run leaves stays.
            lock.lock().ok();
            // Before the lock was ours, another run may have taken the folder for a killed one's.
            if folder.path().exists() {
                return Ok((folder, lock));
            }
        }
    }

    fn hidden_folder(&self, what: &str) -> io::Result<TempDir> {
        let mut builder = tempfile::Builder::new();
        let prefix = self.prefix(what);
        builder.prefix(&prefix);
        // Others may read the results, as far as the user's umask lets them.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        builder.tempdir_in(&self.parent)
    }

    /// Moves finished results to their place.
    pub(super) fn put(&self, built: &Path, replaces: bool) -> io::Result<()> {
        if replaces {
            return self.replace(built);
        }
        // Nothing is there, unless another run was faster: then this fails.
        fs::rename(built, &self.target)
    }

    /// Moves the old folder aside, the new one in its place, and removes the old one. After a run
    /// that is killed in between, the next one puts the old folder back.
    fn replace(&self, built: &Path) -> io::Result<()> {
        let aside = self.hidden_folder("replaced")?;
        fs::rename(&self.target, aside.path().join(OLD))?;
        // Whatever happens from here on: the old results are removed only if the new ones are there.
        let aside = aside.keep();
        if let Err(error) = fs::rename(built, &self.target) {
            if fs::rename(aside.join(OLD), &self.target).is_ok() {
                fs::remove_dir(&aside).ok();
            }
            return Err(error);
        }
        fs::remove_dir_all(&aside).ok();
        Ok(())
    }

    /// Takes results that could not be moved out of the reach of later runs.
    pub(super) fn keep_unmoved(&self, built: PathBuf) -> PathBuf {
        let Ok(kept) = self.hidden_folder("finished").map(TempDir::keep) else { return built };
        match fs::rename(&built, &kept) {
            Ok(()) => kept,
            Err(_) => {
                fs::remove_dir(&kept).ok();
                built
            }
        }
    }

    /// Puts old results back that a killed run had moved aside, and removes what killed runs left.
    pub(super) fn clear(&self) {
        for aside in self.found("replaced") {
            let old = aside.join(OLD);
            if !self.target.exists() && old.exists() {
                fs::rename(old, &self.target).ok();
                fs::remove_dir(&aside).ok();
            } else {
                fs::remove_dir_all(&aside).ok();
            }
        }
        for folder in self.found("incomplete") {
            let Ok(lock) = File::open(&folder) else { continue };
            // A folder that is locked belongs to a run that still works.
            if lock.try_lock().is_ok() {
                // What cannot be removed is in nobody's way. The lock is held until then: whoever
                // has just made the folder waits for it.
                fs::remove_dir_all(&folder).ok();
            }
        }
    }

    fn found(&self, what: &str) -> Vec<PathBuf> {
        let prefix = self.prefix(what);
        let Ok(entries) = fs::read_dir(&self.parent) else { return Vec::new() };
        let is_one = |entry: &fs::DirEntry| {
            entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes())
        };
        entries.flatten().filter(is_one).map(|entry| entry.path()).collect()
    }
}
