//! What can go wrong with the temporary files, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Position;

/// Why rows cannot be put aside or read back.
#[derive(Debug, Error)]
pub enum PlanError {
    /// No room is left for temporary files.
    #[error(
        "the disk is full: temporary files of the captions lie in {}; free some space there, or write to another disk",
        folder.display()
    )]
    DiskFull {
        /// The folder of the temporary files.
        folder: PathBuf,
    },
    /// A temporary file cannot be written or read.
    #[error("temporary files in {}: {source}", folder.display())]
    Io {
        /// The folder of the temporary files.
        folder: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A temporary file is not what was written to it.
    #[error(
        "{}: this temporary file has changed since it was written: check the disk, and that nothing else writes there, and run again",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// One image has more captions than fit into memory.
    #[error(
        "image {image_id:?} has captions of over {memory} bytes, more than fit: is this column the image's name?"
    )]
    ImageTooLarge {
        /// The image, or the first of several that cannot be told apart.
        image_id: String,
        /// The limit, in bytes.
        memory: u64,
    },
    /// Rows of embedded images came in another order than that of the corpus: a fault of the caller.
    #[error("row {} of file {} came after row {} of file {}", found.row, found.file, before.row, before.file)]
    OutOfOrder {
        /// The row that came too late.
        found: Position,
        /// The row before it.
        before: Position,
    },
}

impl PlanError {
    /// Of a temporary file or of its folder.
    pub(super) fn io(folder: &Path, source: io::Error) -> Self {
        let folder = folder.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { folder },
            _ => Self::Io { folder, source },
        }
    }
}
