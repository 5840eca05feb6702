//! Images that the corpus holds itself, read again in step with their captions.

use anyhow::{Context, Result, anyhow};
use caption_corpus::{ImageRef, SampleBatch, SampleReader};
use tag_triplets::Image;
use tag_triplets::images::{ImageProblem, image_file};
use tag_triplets::plan::Position;

use super::source::Source;

/// Goes through the images of a corpus in its order.
pub struct EmbeddedImages<'s> {
    source: &'s Source,
    open: Option<Open>,
}

/// The file that is being read.
struct Open {
    file: u32,
    reader: SampleReader,
    batch: SampleBatch,
    /// The sample of the batch that comes next.
    next: usize,
}

impl<'s> EmbeddedImages<'s> {
    pub fn new(source: &'s Source) -> Self {
        Self { source, open: None }
    }

    /// The image of a row, which must stand behind all rows that were asked for before. The inner
    /// error says what is wrong with the image.
    ///
    /// # Errors
    /// If the row is not where it was when the captions were read.
    pub fn image(&mut self, position: Position) -> Result<Result<Image, ImageProblem>> {
        let shard = &self.source.shards[position.file as usize];
        let is_open = self.open.as_ref().is_some_and(|open| open.file == position.file);
        if !is_open {
            let reader = self.source.reader(shard, true).map_err(|problem| anyhow!(problem));
            self.open = Some(Open {
                file: position.file,
                reader: reader.with_context(|| changed(shard))?,
                batch: SampleBatch::default(),
                next: 0,
            });
        }
        let open = self.open.as_mut().with_context(|| changed(shard))?;
        let image = open.image(position.row).with_context(|| changed(shard))?;
        image.with_context(|| changed(shard))
    }
}

fn changed(shard: &caption_corpus::Shard) -> String {
    format!(
        "{} has changed since its captions were read, nothing was written: run again",
        shard.path.display()
    )
}

impl Open {
    /// The image of a row; nothing if the file has no such row any more.
    fn image(&mut self, row: u64) -> Option<Result<Result<Image, ImageProblem>>> {
        loop {
            while let Some(sample) = self.batch.get(self.next) {
                self.next += 1;
                if sample.row == row {
                    return Some(Ok(image(&sample.image)));
                }
            }
            match self.reader.next()? {
                Ok(batch) => (self.batch, self.next) = (batch, 0),
                Err(error) => return Some(Err(error.into())),
            }
        }
    }
}

fn image(found: &ImageRef<'_>) -> Result<Image, ImageProblem> {
    match *found {
        ImageRef::Bytes { data: Some(data), path } => Ok(image_file(data.to_vec(), path)),
        _ => Err(ImageProblem::Empty),
    }
}
