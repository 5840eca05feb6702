//! A row of the corpus, tagged.

use serde::Serialize;

use crate::triplet::Image;

/// Where a row stands in the corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// Number of the file in the corpus.
    pub file: u32,
    /// Number of the row in its file.
    pub row: u64,
}

/// Where an image is, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference<S = String> {
    /// A path below the folder of the images.
    Path(S),
    /// An address on the web.
    Url(S),
    /// In the corpus itself, in the row that the draft names.
    Embedded,
}

impl<S: AsRef<str>> Reference<S> {
    /// The same with borrowed text.
    pub fn as_deref(&self) -> Reference<&str> {
        match self {
            Self::Path(path) => Reference::Path(path.as_ref()),
            Self::Url(url) => Reference::Url(url.as_ref()),
            Self::Embedded => Reference::Embedded,
        }
    }

    /// The same with text of its own.
    pub fn to_owned(&self) -> Reference {
        match self.as_deref() {
            Reference::Path(path) => Reference::Path(path.to_owned()),
            Reference::Url(url) => Reference::Url(url.to_owned()),
            Reference::Embedded => Reference::Embedded,
        }
    }

    /// The image, unless it is embedded: its bytes are not here.
    pub fn to_image(&self) -> Option<Image> {
        match self.as_deref() {
            Reference::Path(path) => Some(Image::Path(path.to_owned())),
            Reference::Url(url) => Some(Image::Url(url.to_owned())),
            Reference::Embedded => None,
        }
    }
}

/// A caption with its tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaggedCaption<'a> {
    /// What it says.
    pub text: &'a str,
    /// Its tags: ids of the vocabulary. They are sorted and repeats are left out on the way.
    pub tags: &'a [u32],
}

/// A row of the corpus: an image, or a part of its captions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The image's name. Rows of the same name are of one image.
    pub key: &'a str,
    /// Where the image is, if the row says it.
    pub image: Option<Reference<&'a str>>,
    /// The row's captions, in its order.
    pub captions: &'a [TaggedCaption<'a>],
    /// The split, if a column names it.
    pub split: Option<&'a str>,
    /// Where the row stands. No two rows share a position.
    pub position: Position,
}
