//! Images are looked at: whether they are there, are images, and how large they are.
//!
//! Only a file's header is read and decoded, so an image that is cut off further behind passes.
//! A path never leads out of the folder of the images, whatever a corpus says.

mod header;
mod report;
mod root;
mod thumbnail;

use rayon::prelude::*;
use thiserror::Error;

pub use header::{extension, image_file, size_of_bytes};
pub use report::ImageReport;
pub use root::{ImageRoot, RootError};
pub use thumbnail::thumbnail;

use crate::plan::Draft;
use crate::triplet::Image;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageSize {
    /// Pixels of a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
}

/// Why an image is of no use.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ImageProblem {
    /// The path could lead out of the folder of the images.
    #[error("{path:?} is not a path below the folder of the images: it is absolute, empty, or has '..'")]
    BadPath {
        /// As the corpus gives it.
        path: String,
    },
    /// A link leads out of the folder of the images.
    #[error("{path:?} leads out of the folder of the images by a link")]
    Outside {
        /// As the corpus gives it.
        path: String,
    },
    /// Paths are given, but not the folder that they start from.
    #[error("{path:?} is a path, and no folder of images is given")]
    NoRoot {
        /// As the corpus gives it.
        path: String,
    },
    /// Nothing is there.
    #[error("{path:?} does not exist in the folder of the images")]
    Missing {
        /// As the corpus gives it.
        path: String,
    },
    /// A folder, a device, a pipe.
    #[error("{path:?} is not a file")]
    NotAFile {
        /// As the corpus gives it.
        path: String,
    },
    /// The system cannot read it.
    #[error("{path:?} cannot be read: {reason}")]
    Unreadable {
        /// As the corpus gives it.
        path: String,
        /// The system's answer.
        reason: String,
    },
    /// There are no bytes.
    #[error("the image is empty")]
    Empty,
    /// Another kind of file.
    #[error("not a JPEG, PNG or WebP image")]
    NotAnImage,
    /// An image that cannot be decoded, as far as it was tried.
    #[error("broken image: {reason}")]
    BrokenHeader {
        /// The decoder's answer.
        reason: String,
    },
}

impl ImageProblem {
    /// A word for files: `bad_path`, `outside`, `no_root`, `missing`, `not_a_file`, `unreadable`,
    /// `empty`, `not_an_image`, `broken_header`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::BadPath { .. } => "bad_path",
            Self::Outside { .. } => "outside",
            Self::NoRoot { .. } => "no_root",
            Self::Missing { .. } => "missing",
            Self::NotAFile { .. } => "not_a_file",
            Self::Unreadable { .. } => "unreadable",
            Self::Empty => "empty",
            Self::NotAnImage => "not_an_image",
            Self::BrokenHeader { .. } => "broken_header",
        }
    }
}

/// Looks at one image. An address on the web is not visited: nothing is said of it.
///
/// # Errors
/// If the image is missing, broken or no image. A fault of a decoder is a broken image, too.
pub fn check(image: &Image, root: Option<&ImageRoot>) -> Result<Option<ImageSize>, ImageProblem> {
    caught(|| match (image, root) {
        (Image::Url(_), _) => Ok(None),
        (Image::Bytes { data, .. }, _) => size_of_bytes(data).map(Some),
        (Image::Path(path), Some(root)) => root.size(path).map(Some),
        (Image::Path(path), None) => Err(ImageProblem::NoRoot { path: path.clone() }),
    })
}

/// Looks at the images of a batch on all threads of the current pool, fills in their sizes, and
/// gives those that are good, in their order. The others are counted and named in the report.
pub fn check_batch(
    batch: Vec<(Draft, Image)>,
    root: Option<&ImageRoot>,
    report: &mut ImageReport,
) -> Vec<(Draft, Image)> {
    let sizes: Vec<_> = batch.par_iter().map(|(_, image)| check(image, root)).collect();
    let mut kept = Vec::with_capacity(batch.len());
    for ((mut draft, image), size) in batch.into_iter().zip(sizes) {
        match size {
            Ok(Some(size)) => {
                report.good += 1;
                draft.size = Some((size.width, size.height));
            }
            Ok(None) => report.unchecked += 1,
            Err(problem) => {
                report.refuse(&draft.image_id, &problem);
                continue;
            }
        }
        kept.push((draft, image));
    }
    kept
}

/// A broken image may find a fault in a decoder. It costs that image alone.
fn caught<T>(look: impl FnOnce() -> Result<T, ImageProblem>) -> Result<T, ImageProblem> {
    panic_guard::catch(look)
        .unwrap_or_else(|_| Err(ImageProblem::BrokenHeader { reason: "the decoder failed on it".to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_a_decoder_is_a_broken_image() {
        let problem = caught(|| -> Result<(), _> { panic!("index out of bounds") }).unwrap_err();
        assert_eq!(problem.as_str(), "broken_header");
    }
}
