//! What a triplet is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// A path below the folder of the images, with `/` between its parts.
    Path(String),
    /// The image file itself.
    Bytes {
        /// The file's bytes, as they were given.
        data: Vec<u8>,
        /// How its name ends, without the dot: "jpg".
        extension: String,
    },
    /// An address on the web, which is not read.
    Url(String),
}

/// Whether an image file's name can end so. Members of a tar are told apart by how their names
/// end, and text is not an image.
pub(crate) fn is_image_extension(extension: &str) -> bool {
    (1..=8).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && extension != "txt"
        && extension != "json"
}

/// An image with its captions and their tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triplet {
    /// The image's name in its corpus.
    pub image_id: String,
    /// Where it is.
    pub image: Image,
    /// What people said of it, at least one.
    pub captions: Vec<String>,
    /// The tags of each caption: ids of the vocabulary, sorted, without repeats.
    pub caption_tags: Vec<Vec<u32>>,
    /// The tags of all captions: ids, sorted, without repeats.
    pub image_tags: Vec<u32>,
    /// In pixels, if the image was looked at.
    pub width: Option<u32>,
    /// In pixels, if the image was looked at.
    pub height: Option<u32>,
    /// The split that it belongs to: "train".
    pub split: Option<String>,
}

/// Where triplets come from. It stands in every file that they are written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Hash of the vocabulary that the ids belong to.
    pub vocabulary_hash: String,
    /// Number of its tags.
    pub vocabulary_size: u32,
    /// Version of the program that wrote them.
    pub version: String,
    /// Hash of the parser's model.
    pub model_hash: String,
    /// The files that captions were read from.
    pub inputs: Vec<String>,
    /// The options that shaped the result, by name.
    pub options: BTreeMap<String, String>,
}
