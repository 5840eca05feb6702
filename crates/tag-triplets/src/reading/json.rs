//! Reads recognize-anything's list.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::items::{image, read_items};
use super::source::Content;
use crate::formats::check::ImageKind;
use crate::formats::index::IndexedPart;
use crate::formats::json::Item;
use crate::{Triplet, TripletError};

pub(super) struct JsonContent {
    pub(super) directory: PathBuf,
    pub(super) images: ImageKind,
    pub(super) parts: Vec<IndexedPart>,
}

impl Content for JsonContent {
    fn decode(&self, path: &Path, part: usize) -> Result<Vec<Triplet>, TripletError> {
        let items: Vec<Item<'static>> = read_items(path, self.parts[part].span)?;
        items.into_iter().map(|item| self.triplet(path, item)).collect()
    }
}

impl JsonContent {
    fn triplet(&self, path: &Path, item: Item<'static>) -> Result<Triplet, TripletError> {
        Ok(Triplet {
            image_id: item.image_id.into_owned(),
            image: image(self.images, &self.directory, path, item.image_path.into_owned())?,
            captions: item.caption.into_owned(),
            caption_tags: item.parse_label_id.into_owned(),
            image_tags: item.union_label_id.into_owned(),
            width: item.width,
            height: item.height,
            split: item.split.map(Cow::into_owned),
        })
    }
}
