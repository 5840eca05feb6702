//! The folder of a run's results: it appears whole, or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

/// What a record calls the program that wrote it.
pub const PROGRAM: &str = "mine-tags";

/// Everything that the main job writes.
pub const TAGS_PARQUET: &str = "tags.parquet";
pub const CANDIDATES_CSV: &str = "candidates.csv";
pub const CANDIDATES_PARQUET: &str = "candidates.parquet";
pub const REPORT: &str = "report.html";
pub const RUN_FILE: &str = "run.json";
const FILES: [&str; 5] = [TAGS_PARQUET, CANDIDATES_CSV, CANDIDATES_PARQUET, REPORT, RUN_FILE];

/// The record of the job that makes triplets.
pub const TRIPLETS_FILE: &str = "triplets.json";

/// Whose results a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// Those of the main job.
    Tags,
    /// Those of `mine-tags triplets`, whose record lists what lies beside it.
    Triplets,
}

/// How each record begins.
#[derive(Deserialize)]
struct RecordHead {
    program: String,
    #[serde(default)]
    entries: Vec<String>,
}

impl Results {
    const ALL: [Self; 2] = [Self::Tags, Self::Triplets];

    fn record(self) -> &'static str {
        match self {
            Self::Tags => RUN_FILE,
            Self::Triplets => TRIPLETS_FILE,
        }
    }

    /// What an earlier run wrote to a folder, if one did.
    fn found(self, folder: &Path) -> Option<Vec<String>> {
        let record = fs::read(folder.join(self.record())).ok()?;
        let head: RecordHead = serde_json::from_slice(&record).ok()?;
        if head.program != PROGRAM {
            return None;
        }
        Some(match self {
            Self::Tags => FILES.map(str::to_owned).to_vec(),
            Self::Triplets => [head.entries, vec![TRIPLETS_FILE.to_owned()]].concat(),
        })
    }
}

/// Whether a file is one of an earlier run's results.
pub fn is_result(file: &Path) -> bool {
    // Shards of triplets lie in a folder of their split.
    let mut folders = file.ancestors().skip(1).take(2);
    folders.any(|folder| Results::ALL.iter().any(|results| results.found(folder).is_some()))
}

/// Results in the making, in a hidden folder beside the one that they are meant for.
///
/// The hidden folder goes when this is dropped. One that a killed run left behind is removed by
/// the next run to the same place.
#[derive(Debug)]
pub struct RunDirectory {
    target: PathBuf,
    building: TempDir,
    /// Held locked, to tell from the leavings of a run that was killed.
    lock: File,
    replaces: bool,
}

impl RunDirectory {
    /// Checks that results can be written to `target`, and begins.
    ///
    /// # Errors
    /// If something is there already and `force` is not set, or if what is there is not a run's
    /// results and nothing else.
    pub fn begin(target: &Path, results: Results, force: bool) -> Result<Self> {
        let replaces = match fs::symlink_metadata(target) {
            Ok(_) if !force => bail!(
                "{} exists already: name another folder with --out, or replace it with --force",
                target.display()
            ),
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error).with_context(|| format!("cannot write to {}", target.display())),
        };
        let target = if replaces {
            check_replaceable(target, results)?;
            fs::canonicalize(target)?
        } else {
            std::path::absolute(target)?
        };
        let (parent, prefix) = parent_and_prefix(&target)?;
        let cannot_write = || format!("cannot write to {}", parent.display());
        fs::create_dir_all(parent).with_context(cannot_write)?;
        remove_leavings(parent, &prefix);
        let (building, lock) = locked_folder(parent, &prefix).with_context(cannot_write)?;
        Ok(Self { target, building, lock, replaces })
    }

    /// Where a result is to be written for now.
    pub fn file(&self, name: &str) -> PathBuf {
        self.building.path().join(name)
    }

    /// The hidden folder itself.
    pub fn path(&self) -> &Path {
        self.building.path()
    }

    /// Writes a page and makes sure that it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_text(&self, name: &str, text: &str) -> Result<()> {
        self.write(name, |file| file.write_all(text.as_bytes()))
    }

    /// Writes a record and makes sure that it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        self.write(name, |file| {
            serde_json::to_writer_pretty(&mut *file, value)?;
            file.write_all(b"\n")
        })
    }

    fn write(&self, name: &str, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
        let write = || {
            let mut file = BufWriter::new(File::create(self.file(name))?);
            content(&mut file)?;
            file.into_inner()?.sync_all()
        };
        write().with_context(|| format!("cannot write {name} to {}", self.building.path().display()))
    }

    /// Puts the results in their place.
    ///
    /// # Errors
    /// If the folder cannot be moved. The results then stay in the hidden folder that the error
    /// names.
    pub fn finish(self) -> Result<()> {
        self.lock.sync_all()?;
        let (parent, _) = parent_and_prefix(&self.target)?;
        let built = self.building.keep();
        let moved = if self.replaces {
            replace(&built, &self.target, parent)
        } else {
            // Nothing is there, unless another run was faster: then this fails.
            fs::rename(&built, &self.target)
        };
        moved.with_context(|| {
            format!("cannot move the results to {}: they lie in {}", self.target.display(), built.display())
        })?;
        File::open(parent).and_then(|parent| parent.sync_all()).ok();
        Ok(())
    }
}

/// Moves the old folder aside, the new one in its place, and removes the old one. A run that is
/// killed in between leaves the old folder aside, where no later run removes it.
fn replace(built: &Path, target: &Path, parent: &Path) -> io::Result<()> {
    let aside = tempfile::Builder::new().prefix(".replaced-").tempdir_in(parent)?;
    let old = aside.path().join("replaced");
    fs::rename(target, &old)?;
    if let Err(error) = fs::rename(built, target) {
        fs::rename(&old, target)?;
        return Err(error);
    }
    Ok(())
}

fn parent_and_prefix(target: &Path) -> Result<(&Path, OsString)> {
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
        bail!("{} cannot be a folder of results", target.display());
    };
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".incomplete-");
    Ok((parent, prefix))
}

/// A new hidden folder and the lock on it.
fn locked_folder(parent: &Path, prefix: &OsString) -> io::Result<(TempDir, File)> {
    loop {
        let folder = temporary_folder(parent, prefix)?;
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

fn temporary_folder(parent: &Path, prefix: &OsString) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    // Others may read the results, as far as the user's umask lets them.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    builder.tempdir_in(parent)
}

/// Removes what killed runs left. A folder that is locked belongs to a run that still works.
fn remove_leavings(parent: &Path, prefix: &OsString) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes()) {
            continue;
        }
        let Ok(folder) = File::open(entry.path()) else { continue };
        if folder.try_lock().is_ok() {
            // What cannot be removed is in nobody's way. The lock is held until then: whoever has
            // just made the folder waits for it.
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// Only a run's own results are ever replaced, and only if nothing else lies among them.
fn check_replaceable(target: &Path, results: Results) -> Result<()> {
    if !target.is_dir() {
        bail!("{} is not a folder: --force replaces the results of an earlier run only", target.display());
    }
    let found = results.found(target);
    let entries = fs::read_dir(target).with_context(|| format!("cannot look into {}", target.display()))?;
    for entry in entries {
        let name = entry?.file_name();
        let Some(known) = &found else {
            bail!(
                "{} has no {} of an earlier run, but holds {}: --force does not replace it",
                target.display(),
                results.record(),
                name.to_string_lossy()
            );
        };
        if !known.iter().any(|known| name == known.as_str()) {
            bail!(
                "{} holds {}, which is not of an earlier run: --force would lose it; move it away or name another folder with --out",
                target.display(),
                name.to_string_lossy()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use super::{Results, RunDirectory};

    /// Found in review: a folder that was made but not locked yet was taken for a killed run's.
    #[test]
    fn runs_that_begin_at_once_leave_each_other_alone() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("mined");
        let begin_often = || {
            for _ in 0..300 {
                let directory = RunDirectory::begin(&target, Results::Tags, false).unwrap();
                fs::write(directory.file("tags.parquet"), "x").unwrap();
            }
        };
        thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(begin_often)));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
