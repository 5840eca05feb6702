//! What every writer and every reader holds a triplet to.

use serde::{Deserialize, Serialize};

use crate::triplet::is_image_extension;
use crate::{Image, Triplet};

/// The most that a triplet may hold, so that no column of a part outgrows Arrow's 31 bits.
const MAX_BYTES: u64 = 1 << 30;

/// How images are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageKind {
    /// By their paths.
    Path,
    /// As files.
    Bytes,
    /// By addresses on the web.
    Url,
}

impl ImageKind {
    pub(crate) fn of(image: &Image) -> Self {
        match image {
            Image::Path(_) => Self::Path,
            Image::Bytes { .. } => Self::Bytes,
            Image::Url(_) => Self::Url,
        }
    }

    /// For messages: "image 1 is given as …".
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Path => "a path",
            Self::Bytes => "a file",
            Self::Url => "an address",
        }
    }
}

/// Bytes of a triplet's image and text.
pub(crate) fn content_bytes(triplet: &Triplet) -> u64 {
    let image = match &triplet.image {
        Image::Path(text) | Image::Url(text) => text.len(),
        Image::Bytes { data, .. } => data.len(),
    };
    let captions: usize = triplet.captions.iter().map(String::len).sum();
    let tags = triplet.image_tags.len() + triplet.caption_tags.iter().map(Vec::len).sum::<usize>();
    (triplet.image_id.len() + image + captions + tags * size_of::<u32>()) as u64
}

/// Checks what a [`Triplet`] promises; an error says what is wrong.
pub(crate) fn check(triplet: &Triplet, vocabulary_size: u32) -> Result<(), String> {
    let Triplet { captions, caption_tags, .. } = triplet;
    if captions.is_empty() {
        return Err("it has no caption".to_owned());
    }
    if captions.len() != caption_tags.len() {
        return Err(format!("it has {} captions but tags for {}", captions.len(), caption_tags.len()));
    }
    check_tags(triplet, vocabulary_size)?;
    for (name, pixels) in [("width", triplet.width), ("height", triplet.height)] {
        if pixels.is_some_and(|pixels| i32::try_from(pixels).is_err()) {
            return Err(format!("its {name} of {} pixels is no image's", pixels.unwrap_or(0)));
        }
    }
    if let Image::Bytes { extension, .. } = &triplet.image
        && !is_image_extension(extension)
    {
        return Err(format!("{extension:?} is no ending of an image file's name, such as \"jpg\""));
    }
    if content_bytes(triplet) > MAX_BYTES {
        return Err(format!("it is larger than {MAX_BYTES} bytes"));
    }
    Ok(())
}

fn check_tags(triplet: &Triplet, vocabulary_size: u32) -> Result<(), String> {
    for tags in triplet.caption_tags.iter().chain([&triplet.image_tags]) {
        if tags.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err("its tags are not sorted or repeat".to_owned());
        }
        if let Some(last) = tags.last().filter(|&&last| last >= vocabulary_size) {
            return Err(format!("tag {last} is not one of the vocabulary's {vocabulary_size}"));
        }
    }
    if union(&triplet.caption_tags) != triplet.image_tags {
        return Err("its tags are not those of its captions together".to_owned());
    }
    Ok(())
}

/// The tags of all captions, sorted, without repeats.
pub(crate) fn union(caption_tags: &[Vec<u32>]) -> Vec<u32> {
    let mut tags = caption_tags.concat();
    tags.sort_unstable();
    tags.dedup();
    tags
}
