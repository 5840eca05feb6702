//! Images in batches, each with its captions.

use anyhow::Result;
use tag_triplets::Image;
use tag_triplets::images::{ImageProblem, ImageRoot};
use tag_triplets::plan::{Draft, Drafts, PlanReport};

use crate::triplets::embedded::EmbeddedImages;
use crate::triplets::labelling::Rows;
use crate::triplets::source::{Images, Source};

/// Images of a batch, at most: few, so that a stop is soon seen.
const IMAGES: usize = 512;
/// A batch is full at so many bytes of images and captions.
const BYTES: usize = 16 << 20;

/// An image that may become a triplet.
pub struct Candidate {
    pub draft: Draft,
    pub image: Result<Image, ImageProblem>,
}

/// Goes through all images of a corpus.
pub struct Candidates<'a> {
    drafts: Drafts<'a>,
    embedded: EmbeddedImages<'a>,
}

impl<'a> Candidates<'a> {
    pub fn new(rows: &'a Rows, source: &'a Source, root: Option<&'a ImageRoot>) -> Self {
        debug_assert_eq!(matches!(rows, Rows::Streamed(_)), source.images == Images::Embedded);
        Self { drafts: rows.drafts(), embedded: EmbeddedImages::new(source, root) }
    }

    /// What was found; all of it once no batch is left.
    pub fn report(&self) -> &PlanReport {
        self.drafts.report()
    }

    /// The next images; none at the end.
    ///
    /// # Errors
    /// If the temporary files or the corpus cannot be read.
    pub fn batch(&mut self) -> Result<Vec<Candidate>> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < IMAGES && bytes < BYTES {
            let Some(draft) = self.drafts.next().transpose()? else { break };
            let image = match draft.image.to_image() {
                Some(image) => Ok(image),
                None => self.embedded.image(draft.position)?,
            };
            bytes += draft.captions.iter().map(|caption| caption.text.len()).sum::<usize>();
            if let Ok(Image::Bytes { data, .. }) = &image {
                bytes += data.len();
            }
            batch.push(Candidate { draft, image });
        }
        Ok(batch)
    }
}
