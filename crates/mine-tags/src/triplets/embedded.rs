//! Images that the corpus holds itself, read again in step with their captions.

use anyhow::{Result, bail};
use caption_corpus::{ImageRef, SampleBatch, SampleReader, Shard};
use tag_triplets::Image;
use tag_triplets::images::{ImageProblem, ImageRoot, image_file};
use tag_triplets::plan::Position;

use super::source::Source;

/// Goes through the images of a corpus in its order.
pub struct EmbeddedImages<'s> {
    source: &'s Source,
    root: Option<&'s ImageRoot>,
    open: Option<Open>,
}

/// The file that is being read.
struct Open {
    file: u32,
    reading: Reading,
}

enum Reading {
    Current(Box<Current>),
    /// It cannot be read any further.
    Failed(String),
}

/// Where the reading stands.
struct Current {
    reader: SampleReader,
    batch: SampleBatch,
    /// The sample of the batch that comes next.
    next: usize,
}

impl<'s> EmbeddedImages<'s> {
    /// Paths in place of images start from `root`.
    pub fn new(source: &'s Source, root: Option<&'s ImageRoot>) -> Self {
        Self { source, root, open: None }
    }

    /// The image of a row, which must stand behind all rows that were asked for before. The inner
    /// error says what is wrong with the image.
    ///
    /// # Errors
    /// If the file is not what it was when the captions were read.
    pub fn image(&mut self, position: Position) -> Result<Result<Image, ImageProblem>> {
        let shard = &self.source.shards[position.file as usize];
        let open = match self.open.take() {
            Some(open) if open.file == position.file => self.open.insert(open),
            _ => self.open.insert(Open::new(position.file, self.source)?),
        };
        match open.image(position.row, self.root) {
            Some(image) => Ok(image
                .map_err(|reason| {
                    let path = shard.path.display().to_string();
                    ImageProblem::Unreadable { path, reason }
                })
                .and_then(|image| image)),
            None => bail!(changed(shard)),
        }
    }
}

fn changed(shard: &Shard) -> String {
    format!(
        "{} has changed since its captions were read, nothing was written: run again",
        shard.path.display()
    )
}

impl Open {
    fn new(file: u32, source: &Source) -> Result<Self> {
        let reader = source.reader(file as usize, true);
        // Now that it is open, so that nobody can put another in its place.
        if source.has_changed(file as usize) {
            bail!(changed(&source.shards[file as usize]));
        }
        let reading = match reader {
            Ok(reader) => {
                Reading::Current(Box::new(Current { reader, batch: SampleBatch::default(), next: 0 }))
            }
            Err(problem) => Reading::Failed(problem),
        };
        Ok(Self { file, reading })
    }

    /// The image of a row, or why it cannot be read; nothing if the file has no such row any more.
    fn image(
        &mut self,
        row: u64,
        root: Option<&ImageRoot>,
    ) -> Option<Result<Result<Image, ImageProblem>, String>> {
        loop {
            let current = match &mut self.reading {
                Reading::Current(current) => current,
                Reading::Failed(problem) => return Some(Err(problem.clone())),
            };
            while let Some(sample) = current.batch.get(current.next) {
                current.next += 1;
                if sample.row == row {
                    return Some(Ok(image(&sample.image, root)));
                }
            }
            match current.reader.next()? {
                Ok(following) => (current.batch, current.next) = (following, 0),
                Err(error) => self.reading = Reading::Failed(error.problem().to_string()),
            }
        }
    }
}

/// A row of a corpus of images may name a file all the same.
fn image(found: &ImageRef<'_>, root: Option<&ImageRoot>) -> Result<Image, ImageProblem> {
    match (*found, root) {
        (ImageRef::Bytes { data: Some(data), path }, _) => Ok(image_file(data.to_vec(), path)),
        (ImageRef::Name(path), Some(root)) => root.load(path),
        (ImageRef::Name(path), None) => Ok(Image::Path(path.to_owned())),
        (ImageRef::Url(url), _) => Ok(Image::Url(url.to_owned())),
        (ImageRef::Bytes { data: None, .. } | ImageRef::None, _) => Err(ImageProblem::Empty),
    }
}
