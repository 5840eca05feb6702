//! What can go wrong with triplets.

use std::io;
use std::path::{Path, PathBuf};

use tag_vocabulary::VocabularyError;
use thiserror::Error;

use crate::Format;
use crate::splits::SplitError;

/// Why triplets could not be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TripletError {
    /// A file could not be written: the disk is full, or nothing may be written there.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not as it was written.
    #[error("{}, {position}: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where in it.
        position: String,
        /// What is wrong there.
        reason: String,
    },
    /// A triplet breaks what [`Triplet`](crate::Triplet) promises.
    #[error("triplet of image {image_id:?}: {reason}")]
    InvalidTriplet {
        /// The image's name in its corpus.
        image_id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Images of one split are given in several ways.
    #[error(
        "image {image_id:?} is given as {found}, the ones before it as {expected}: \
         a split's images must all be paths, all be files or all be addresses"
    )]
    MixedImages {
        /// The image's name in its corpus.
        image_id: String,
        /// How it is given.
        found: &'static str,
        /// How the first image of the split was given.
        expected: &'static str,
    },
    /// A name that cannot be a split's, since it becomes part of files' names.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A tag's name that recognize-anything's files have no way to write.
    #[error(
        "tag {0:?} has a comma, which parts tags in recognize-anything's evaluation files: \
         rename the tag or choose another format"
    )]
    TagWithComma(String),
    /// The provenance names another vocabulary than the one that was given, or the vocabulary is
    /// not the one that triplets were made with.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// Files of one folder were made with different vocabularies.
    #[error(
        "{} was made with vocabulary {hash}, but {} with vocabulary {first_hash}: \
         their tag ids do not mean the same, so keep them in two folders",
        path.display(), first.display()
    )]
    MixedVocabularies {
        /// The first file.
        first: PathBuf,
        /// Hash of its vocabulary.
        first_hash: String,
        /// The first file that was made with another one.
        path: PathBuf,
        /// Hash of that one.
        hash: String,
    },
    /// Files of one folder are in different formats.
    #[error("{} holds triplets as {first} and as {second}: keep each format in its own folder", path.display())]
    MixedFormats {
        /// The folder.
        path: PathBuf,
        /// One format.
        first: Format,
        /// Another one.
        second: Format,
    },
    /// A folder has no triplets.
    #[error("{} holds no triplets: give a folder that `mine-tags triplets` has written", .0.display())]
    NoTriplets(PathBuf),
    /// A split that is not there.
    #[error("{} has no split {split:?}: it has {}", path.display(), known.join(", "))]
    NoSuchSplit {
        /// The folder.
        path: PathBuf,
        /// The split that was asked for.
        split: String,
        /// The splits that it has.
        known: Vec<String>,
    },
}

impl TripletError {
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn broken(path: &Path, position: impl Into<String>, reason: impl ToString) -> Self {
        Self::Broken { path: path.to_owned(), position: position.into(), reason: reason.to_string() }
    }
}
