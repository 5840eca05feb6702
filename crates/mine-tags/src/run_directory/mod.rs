//! The folder of a run's results: it appears whole, or not at all.

mod leavings;
mod results;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use tempfile::TempDir;

use leavings::Places;
pub use results::{Results, result_of};

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

/// Results in the making, in a hidden folder beside the one that they are meant for.
///
/// The hidden folder goes when this is dropped. One that a killed run left behind is removed by
/// the next run to the same place.
#[derive(Debug)]
pub struct RunDirectory {
    places: Places,
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
        let places = Places::new(std::path::absolute(target)?)?;
        // Before a look at what is there: old results may have to come back.
        places.clear();
        let replaces = match fs::symlink_metadata(target) {
            Ok(_) if !force => bail!(
                "{} exists already: name another folder with --out, or replace it with --force",
                target.display()
            ),
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error).with_context(|| format!("cannot write to {}", target.display())),
        };
        let places = if replaces {
            results.check_replaceable(target)?;
            // Through links, to what is really replaced.
            Places::new(fs::canonicalize(target)?)?
        } else {
            places
        };
        let cannot_write = || format!("cannot write to {}", places.parent().display());
        fs::create_dir_all(places.parent()).with_context(cannot_write)?;
        let (building, lock) = places.locked_folder().with_context(cannot_write)?;
        Ok(Self { places, building, lock, replaces })
    }

    /// Checks that replacing old results would take nothing away that the run needs.
    ///
    /// # Errors
    /// If one of these lies in the folder that is to be replaced.
    pub fn check_apart(&self, needed: &[&Path]) -> Result<()> {
        let is_inside =
            |path: &&&Path| fs::canonicalize(path).is_ok_and(|path| path.starts_with(&self.places.target));
        match needed.iter().find(is_inside).filter(|_| self.replaces) {
            Some(path) => bail!(
                "{} lies in {}, which --force would replace: name another folder with --out",
                path.display(),
                self.places.target.display()
            ),
            None => Ok(()),
        }
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
        let Self { places, building, replaces, .. } = self;
        let built = building.keep();
        if let Err(error) = places.put(&built, replaces) {
            let target = places.target.display().to_string();
            let kept = places.keep_unmoved(built);
            return Err(error).with_context(|| {
                format!("cannot move the results to {target}: they lie in {}", kept.display())
            });
        }
        File::open(places.parent()).and_then(|parent| parent.sync_all()).ok();
        Ok(())
    }
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

    /// Found in review: a run that was killed between two renames left no results in their place.
    #[test]
    fn old_results_come_back_after_a_kill_between_two_renames() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("mined");
        let aside = place.path().join(".mined.replaced-x");
        fs::create_dir_all(aside.join("replaced")).unwrap();
        fs::write(aside.join("replaced/run.json"), "old").unwrap();
        assert!(RunDirectory::begin(&target, Results::Tags, false).is_err(), "there are results");
        assert_eq!(fs::read(target.join("run.json")).unwrap(), b"old");
        assert!(!aside.exists());
    }

    #[test]
    fn results_that_cannot_be_moved_are_kept() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("mined");
        let directory = RunDirectory::begin(&target, Results::Tags, false).unwrap();
        fs::write(directory.file("tags.parquet"), "new").unwrap();
        // Another run was faster.
        fs::create_dir(&target).unwrap();
        fs::write(target.join("tags.parquet"), "theirs").unwrap();
        let error = directory.finish().unwrap_err().to_string();
        let (_, kept) = error.split_once("they lie in ").unwrap();
        assert!(RunDirectory::begin(&target, Results::Tags, false).is_err());
        assert_eq!(fs::read(std::path::Path::new(kept).join("tags.parquet")).unwrap(), b"new");
        assert_eq!(fs::read(target.join("tags.parquet")).unwrap(), b"theirs");
    }
}
