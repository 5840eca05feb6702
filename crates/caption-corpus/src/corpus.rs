//! Finding the files.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::CorpusError;
use crate::pattern;
use crate::{ColumnChoice, Format, Shard, format};

/// The files that captions are read from, sorted by path, each once.
#[derive(Clone, Debug)]
pub struct Corpus {
    shards: Vec<Shard>,
}

impl Corpus {
    /// Finds the files of the inputs: each a file, a folder or a pattern (`shards/*.parquet`,
    /// `data/**/*.jsonl`).
    ///
    /// A folder stands for all files of known names in it and in the folders below. Left out are
    /// names that begin with a dot or an underscore (as Spark's markers do), img2dataset's
    /// `_stats.json`, and its tars, which stand beside Parquet files of the same names and
    /// captions: name them (`data/*.tar`) to have those. A file that is named itself is taken whatever its name. A file that is
    /// reached twice counts once.
    ///
    /// # Errors
    /// If an input does not exist, matches nothing or holds nothing. What is wrong inside a file
    /// is found by [`Shard::open`].
    pub fn open<P: AsRef<Path>>(
        inputs: impl IntoIterator<Item = P>,
        choice: &ColumnChoice,
    ) -> Result<Self, CorpusError> {
        let mut finder = Finder::default();
        let mut any = false;
        for input in inputs {
            any = true;
            finder.input(input.as_ref())?;
        }
        if !any {
            return Err(CorpusError::NoInputs);
        }
        finder.files.sort_by(|a, b| a.0.cmp(&b.0));
        let shards = finder
            .files
            .into_iter()
            .map(|(path, bytes)| Shard { format: format::detect(&path), path, bytes, choice: choice.clone() })
            .collect();
        Ok(Self { shards })
    }

    /// The files in the order of their paths.
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// Size of all files on the disk, in bytes.
    pub fn bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.bytes).sum()
    }
}

#[derive(Default)]
struct Finder {
    files: Vec<(PathBuf, u64)>,
    /// Real paths of the files and folders that were reached.
    seen: HashSet<PathBuf>,
}

impl Finder {
    fn input(&mut self, input: &Path) -> Result<(), CorpusError> {
        match fs::metadata(input) {
            Ok(metadata) if metadata.is_dir() => {
                if !self.folder(input)? {
                    return Err(CorpusError::NothingInFolder { path: input.to_owned() });
                }
                Ok(())
            }
            Ok(metadata) => self.file(input, &metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match input.to_str() {
                Some(pattern) if pattern.contains(['*', '?', '[']) => self.pattern(pattern),
                _ => Err(CorpusError::NotFound { path: input.to_owned() }),
            },
            Err(source) => Err(io_error(input, source)),
        }
    }

    fn pattern(&mut self, pattern: &str) -> Result<(), CorpusError> {
        let mut found = false;
        for path in pattern::paths(pattern)? {
            found |= self.matched(&path)?;
        }
        if found { Ok(()) } else { Err(CorpusError::NoMatch { pattern: pattern.to_owned() }) }
    }

    /// Takes what a pattern has matched; false if there is nothing in it.
    fn matched(&mut self, path: &Path) -> Result<bool, CorpusError> {
        match metadata_of(path)? {
            Some(metadata) if metadata.is_dir() => self.folder(path),
            Some(metadata) if metadata.is_file() => self.file(path, &metadata).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Takes the captions of a folder and those below it; false if there are none.
    fn folder(&mut self, folder: &Path) -> Result<bool, CorpusError> {
        // A folder that was reached already gave what it has; a link back to it ends here.
        if !self.is_new(folder)? {
            return Ok(true);
        }
        let mut found = false;
        for entry in fs::read_dir(folder).map_err(|source| io_error(folder, source))? {
            let path = entry.map_err(|source| io_error(folder, source))?.path();
            if is_set_aside(&path) || has_parquet_twin(&path) {
                continue;
            }
            let Some(metadata) = metadata_of(&path)? else { continue };
            if metadata.is_dir() {
                found |= self.folder(&path)?;
            } else if metadata.is_file() && format::by_name(&path).is_some() {
                self.file(&path, &metadata)?;
                found = true;
            }
        }
        Ok(found)
    }

    fn file(&mut self, path: &Path, metadata: &Metadata) -> Result<(), CorpusError> {
        if !metadata.is_file() {
            return Err(CorpusError::NotAFile { path: path.to_owned() });
        }
        if self.is_new(path)? {
            self.files.push((path.to_owned(), metadata.len()));
        }
        Ok(())
    }

    fn is_new(&mut self, path: &Path) -> Result<bool, CorpusError> {
        let real = fs::canonicalize(path).map_err(|source| io_error(path, source))?;
        Ok(self.seen.insert(real))
    }
}

/// What lies at a path that was come upon; `None` for a link that leads nowhere or to itself.
fn metadata_of(path: &Path) -> Result<Option<Metadata>, CorpusError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound || path.is_symlink() => Ok(None),
        Err(source) => Err(io_error(path, source)),
    }
}

fn is_set_aside(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.starts_with(['.', '_']) || name.ends_with("_stats.json")
}

/// Whether this is a tar of img2dataset: the captions of `00000.tar` stand in `00000.parquet` too.
fn has_parquet_twin(path: &Path) -> bool {
    format::by_name(path) == Some(Format::WebDataset) && path.with_extension("parquet").is_file()
}

fn io_error(path: &Path, source: io::Error) -> CorpusError {
    CorpusError::Io { path: path.to_owned(), source }
}
