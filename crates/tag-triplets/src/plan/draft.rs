//! An image with all its captions, before it becomes a triplet.

use super::encoding::Row;
use super::record::{Position, Reference};
use super::report::PlanReport;
use crate::triplet::{Image, Triplet};

/// An image with its captions and their tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The image's name in its corpus.
    pub image_id: String,
    /// Where the image is.
    pub image: Reference,
    /// The row that says where the image is: for an embedded image the row that holds its bytes.
    pub position: Position,
    /// Its captions in the order of the corpus.
    pub captions: Vec<DraftCaption>,
    /// The split that a column gives it.
    pub split: Option<String>,
    /// Width and height in pixels, if the image was looked at.
    pub size: Option<(u32, u32)>,
}

/// A caption with its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftCaption {
    /// What it says.
    pub text: String,
    /// Its tags: ids of the vocabulary, sorted, without repeats.
    pub tags: Vec<u32>,
}

impl Draft {
    /// The tags of all captions: ids, sorted, without repeats.
    pub fn image_tags(&self) -> Vec<u32> {
        let mut tags: Vec<u32> = self.captions.iter().flat_map(|caption| &caption.tags).copied().collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    }

    /// The triplet, with the image as it is to be written.
    pub fn into_triplet(self, image: Image) -> Triplet {
        let image_tags = self.image_tags();
        let (captions, caption_tags) =
            self.captions.into_iter().map(|caption| (caption.text, caption.tags)).unzip();
        Triplet {
            image_id: self.image_id,
            image,
            captions,
            caption_tags,
            image_tags,
            width: self.size.map(|(width, _)| width),
            height: self.size.map(|(_, height)| height),
            split: self.split,
        }
    }
}

/// Puts the rows of one image together. They come in the order of the corpus.
#[derive(Debug)]
pub(super) struct DraftBuilder {
    image_id: String,
    first_row: Position,
    image: Option<(Reference, Position)>,
    captions: Vec<DraftCaption>,
    split: Option<String>,
}

impl DraftBuilder {
    pub fn new(row: Row<'_>, report: &mut PlanReport) -> Self {
        let mut builder = Self {
            image_id: row.header.key.to_owned(),
            first_row: row.header.position,
            image: None,
            captions: Vec::new(),
            split: None,
        };
        builder.add(row, report);
        builder
    }

    pub fn image_id(&self) -> &str {
        &self.image_id
    }

    pub fn add(&mut self, row: Row<'_>, report: &mut PlanReport) {
        if let Some(image) = &row.image
            && !self.add_image(image, &row, report)
        {
            return;
        }
        if let Some(split) = row.split {
            self.add_split(split, row.header.position, report);
        }
        self.captions.extend(row.captions);
    }

    /// The draft, if there is an image and a caption.
    pub fn finish(self, report: &mut PlanReport) -> Option<Draft> {
        let Some((image, position)) = self.image else {
            report.without_image.add(Some(self.first_row), &self.image_id, "no row says where the image is");
            return None;
        };
        if self.captions.is_empty() {
            report.without_captions.add(Some(self.first_row), &self.image_id, "no caption");
            return None;
        }
        report.images += 1;
        report.captions += self.captions.len() as u64;
        let Self { image_id, captions, split, .. } = self;
        Some(Draft { image_id, image, position, captions, split, size: None })
    }

    /// Whether the row is of the same image as those before it.
    fn add_image(&mut self, found: &Reference<&str>, row: &Row<'_>, report: &mut PlanReport) -> bool {
        let position = row.header.position;
        match &self.image {
            None => self.image = Some((found.to_owned(), position)),
            Some((kept, _)) if kept.as_deref() != *found => {
                let (found, kept) = (words(found), words(&kept.as_deref()));
                let detail = format_args!("{found}, but an earlier row says {kept}");
                report.image_conflicts.add(Some(position), &self.image_id, detail);
                return false;
            }
            Some(_) => {}
        }
        true
    }

    fn add_split(&mut self, found: &str, position: Position, report: &mut PlanReport) {
        match &self.split {
            None => self.split = Some(found.to_owned()),
            Some(kept) if kept != found => {
                let detail = format_args!("split {found:?}, but an earlier row says {kept:?}");
                report.split_conflicts.add(Some(position), &self.image_id, detail);
            }
            Some(_) => {}
        }
    }
}

fn words(image: &Reference<&str>) -> String {
    match image {
        Reference::Path(path) => format!("path {path:?}"),
        Reference::Url(url) => format!("address {url:?}"),
        Reference::Embedded => "embedded".to_owned(),
    }
}
