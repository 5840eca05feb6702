//! Files that appear whole or not at all.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use whole_file::WholeFile;

/// A file that is to be written once the work is done, at a place that has been tried before.
pub struct Output {
    path: PathBuf,
}

impl Output {
    /// Tries whether a file can be written there, and leaves nothing behind.
    ///
    /// # Errors
    /// If the path is a folder, or its folder is missing or cannot be written to.
    pub fn at(path: &Path) -> Result<Self> {
        if path.is_dir() || path.file_name().is_none() {
            bail!("--out {} is a folder: name a file", path.display());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            bail!("cannot write {}: {} is no folder, make it first", path.display(), folder.display());
        }
        WholeFile::begin(path)
            .with_context(|| format!("cannot write into the folder {}", folder.display()))?;
        Ok(Self { path: path.to_owned() })
    }

    /// Where the file will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file, in place of one that is there.
    ///
    /// # Errors
    /// If it cannot be written; what was there is then as it was.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        whole_file::write(&self.path, bytes).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn refusal(path: &Path) -> String {
        Output::at(path).err().unwrap().to_string()
    }

    #[test]
    fn what_cannot_be_written_is_refused_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refusal(folder.path()).contains("is a folder: name a file"));
        let missing = folder.path().join("none/model");
        assert!(refusal(&missing).contains("none is no folder"), "{}", refusal(&missing));
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(refusal(&file.join("model")).contains("file is no folder"));
        Output::at(&folder.path().join("model")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// Files with the same stem once shared the name of their temporary file.
    #[test]
    fn outputs_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("english.partial"), "mine").unwrap();
        fs::write(path("english.model"), "old").unwrap();
        let outputs = ["english.model", "english.silver"].map(|name| Output::at(&path(name)).unwrap());
        for output in &outputs {
            output.write(output.path().as_os_str().as_encoded_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(path("english.partial")).unwrap(), "mine");
        for output in &outputs {
            assert_eq!(fs::read(output.path()).unwrap(), output.path().as_os_str().as_encoded_bytes());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
