//! What an earlier run wrote, so that nothing else is ever replaced or taken for a corpus.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{FILES, PROGRAM, RUN_FILE, TRIPLETS_FILE};

/// The folder of images that triplets in JSON name.
const IMAGES: &str = "images";

/// Whose results a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// Those of the main job.
    Tags,
    /// Those of `mine-tags triplets`, whose record lists its files.
    Triplets,
}

/// How each record begins.
#[derive(Deserialize)]
struct RecordHead {
    program: String,
    #[serde(default)]
    files: Vec<WrittenFile>,
    #[serde(default)]
    other_files: Vec<String>,
}

#[derive(Deserialize)]
struct WrittenFile {
    path: String,
}

/// The files of an earlier run.
struct Known(HashSet<String>);

impl Known {
    /// Whether a path below the folder is one of them, or an image of theirs.
    fn has(&self, path: &Path) -> bool {
        let parts: Option<Vec<&str>> = path
            .components()
            .map(|part| match part {
                Component::Normal(part) => part.to_str(),
                _ => None,
            })
            .collect();
        let Some(parts) = parts else { return false };
        let is_number =
            |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        match parts.as_slice() {
            [IMAGES, _, folder, file] => {
                let stem = file.split_once('.').map_or(*file, |(stem, _)| stem);
                is_number(folder, 5) && is_number(stem, 9)
            }
            parts => self.0.contains(&parts.join("/")),
        }
    }
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
    fn found(self, folder: &Path) -> Option<Known> {
        let record = fs::read(folder.join(self.record())).ok()?;
        let head: RecordHead = serde_json::from_slice(&record).ok()?;
        if head.program != PROGRAM {
            return None;
        }
        let files = match self {
            Self::Tags => FILES.map(str::to_owned).into(),
            Self::Triplets => {
                let written = head.files.into_iter().map(|file| file.path);
                written.chain(head.other_files).chain([TRIPLETS_FILE.to_owned()]).collect()
            }
        };
        Some(Known(files))
    }

    /// Only a run's own results are ever replaced, and only if nothing else lies among them.
    pub(super) fn check_replaceable(self, target: &Path) -> Result<()> {
        if !target.is_dir() {
            bail!(
                "{} is not a folder: --force replaces the results of an earlier run only",
                target.display()
            );
        }
        let known = self.found(target);
        let Some(strange) = strange(target, Path::new(""), known.as_ref())? else { return Ok(()) };
        if known.is_none() {
            bail!(
                "{} has no {} of an earlier run, but holds {strange}: --force does not replace it",
                target.display(),
                self.record(),
            );
        }
        bail!(
            "{} holds {strange}, which is not of an earlier run: --force would lose it; move it away or name another folder with --out",
            target.display(),
        );
    }
}

/// The first file below a folder that is not known.
fn strange(target: &Path, below: &Path, known: Option<&Known>) -> Result<Option<String>> {
    let folder = target.join(below);
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot look into {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let is_folder = entry.file_type()?.is_dir();
        if let (true, Some(_)) = (is_folder, known) {
            if let Some(strange) = strange(target, &path, known)? {
                return Ok(Some(strange));
            }
        } else if !known.is_some_and(|known| known.has(&path)) {
            return Ok(Some(path.display().to_string()));
        }
    }
    Ok(None)
}

/// Whose results a file is one of, and the folder of these.
pub fn result_of(file: &Path) -> Option<(Results, &Path)> {
    // Shards of triplets lie in a folder of their split.
    file.ancestors().skip(1).take(2).find_map(|folder| {
        let path = file.strip_prefix(folder).ok()?;
        let is_one = |results: &Results| results.found(folder).is_some_and(|known| known.has(path));
        Results::ALL.into_iter().find(is_one).map(|results| (results, folder))
    })
}
