//! Reads COCO's captions, images and annotations side by side.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::items::{image, read_items};
use super::source::Content;
use crate::formats::check::{ImageKind, union};
use crate::formats::coco::{Annotation, CocoImage, INFO_END, INFO_START, Info};
use crate::formats::index::IndexedPart;
use crate::{Provenance, Triplet, TripletError};

pub(super) struct CocoContent {
    pub(super) directory: PathBuf,
    pub(super) images: ImageKind,
    pub(super) parts: Vec<IndexedPart>,
}

impl Content for CocoContent {
    fn decode(&self, path: &Path, part: usize) -> Result<Vec<Triplet>, TripletError> {
        let part = &self.parts[part];
        let images: Vec<CocoImage<'static>> = read_items(path, part.span)?;
        let annotations: Vec<Annotation<'static>> = match part.annotations {
            Some(span) => read_items(path, span)?,
            None => Vec::new(),
        };
        let mut annotations = annotations.into_iter().peekable();
        let mut triplets = Vec::with_capacity(images.len());
        for image in images {
            let id = image.id;
            let mut triplet = self.triplet(path, image)?;
            while let Some(annotation) = annotations.next_if(|annotation| annotation.image_id == id) {
                triplet.captions.push(annotation.caption.into_owned());
                triplet.caption_tags.push(annotation.tags.into_owned());
            }
            if triplet.captions.is_empty() {
                break;
            }
            triplet.image_tags = union(&triplet.caption_tags);
            triplets.push(triplet);
        }
        // Every image has an annotation and every annotation its image.
        match annotations.next() {
            None => Ok(triplets),
            Some(stray) => {
                let reason = format!("image {} does not stand where it should", stray.image_id);
                Err(TripletError::broken(path, format!("annotation {}", stray.id), reason))
            }
        }
    }
}

impl CocoContent {
    /// A triplet that still lacks captions.
    fn triplet(&self, path: &Path, item: CocoImage<'static>) -> Result<Triplet, TripletError> {
        let text = item.coco_url.unwrap_or(item.file_name).into_owned();
        Ok(Triplet {
            image_id: item.name.into_owned(),
            image: image(self.images, &self.directory, path, text)?,
            captions: Vec::new(),
            caption_tags: Vec::new(),
            image_tags: Vec::new(),
            width: item.width,
            height: item.height,
            split: item.split.map(Cow::into_owned),
        })
    }
}

/// What a file's first line says of where it comes from.
pub(super) fn provenance(path: &Path) -> Result<Provenance, TripletError> {
    let mut line = Vec::new();
    let opened = File::open(path).and_then(|file| BufReader::new(file).read_until(b'\n', &mut line));
    opened.map_err(TripletError::read(path))?;
    let info = line.strip_prefix(INFO_START).and_then(|line| line.strip_suffix(INFO_END));
    let info = info.and_then(|info| serde_json::from_slice::<Info<'static>>(info).ok());
    match info {
        Some(info) => Ok(info.provenance.into_owned()),
        None => {
            let reason = "the info of a file that `mine-tags triplets` wrote does not stand there";
            Err(TripletError::broken(path, "line 1", reason))
        }
    }
}
