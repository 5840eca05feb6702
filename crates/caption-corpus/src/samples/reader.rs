//! The reading of one shard's samples.

use crate::batch::BatchBuilder;
use crate::error::ShardError;
use crate::shard::Reading;
use crate::{SampleBatch, SampleChoice, Shard};

/// How a shard gives its images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImageKind {
    /// Not at all: every sample has [`ImageRef::None`](crate::ImageRef::None).
    #[default]
    Absent,
    /// By names or addresses.
    Referenced,
    /// They stand in the file itself.
    Embedded,
}

impl Shard {
    /// Opens the file for its samples: the captions that [`Shard::open`] gives, with the images
    /// that they are of.
    ///
    /// The caption column is chosen as there; the columns of the image are those of this choice
    /// alone ([`ColumnChoice::image`](crate::ColumnChoice::image) does not count).
    ///
    /// ```
    /// use caption_corpus::{ColumnChoice, Corpus, ImageRef, SampleChoice};
    ///
    /// let folder = std::env::temp_dir().join(format!("caption-corpus-samples-{}", std::process::id()));
    /// std::fs::create_dir_all(&folder)?;
    /// let line = "{\"file_name\": \"7.jpg\", \"captions\": [\"a dog\", \"a dog runs\"]}\n";
    /// std::fs::write(folder.join("captions.jsonl"), line)?;
    ///
    /// let corpus = Corpus::open([&folder], &ColumnChoice::default())?;
    /// for batch in corpus.shards()[0].open_samples(&SampleChoice::default())? {
    ///     for sample in batch?.iter() {
    ///         assert_eq!(sample.image, ImageRef::Name("7.jpg"));
    ///         assert_eq!(sample.captions.iter().collect::<Vec<_>>(), ["a dog", "a dog runs"]);
    ///     }
    /// }
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Shard::open`]; also if a named column cannot serve, if several could be the image, or
    /// if the file is plain text, which has no images.
    pub fn open_samples(&self, choice: &SampleChoice) -> Result<SampleReader, ShardError> {
        Reading::open(self, Some(choice)).map(|reading| SampleReader { reading })
    }
}

/// Gives the samples of one file, batch by batch. After an error it ends; the batches that were
/// given before, and those samples of the broken one that could still be read, are good.
pub struct SampleReader {
    reading: Reading,
}

impl SampleReader {
    /// How much of the file has been read, from 0 to 1: by rows in Parquet, by bytes elsewhere.
    pub fn progress(&self) -> f64 {
        self.reading.progress()
    }

    /// How the file gives its images.
    pub fn images(&self) -> ImageKind {
        self.reading.columns().images
    }

    /// The caption column's name.
    pub fn caption_column(&self) -> Option<&str> {
        self.reading.columns().caption.as_deref()
    }

    /// The name of the column that says which rows are of one image, if there is one.
    pub fn id_column(&self) -> Option<&str> {
        self.reading.columns().image.as_deref()
    }

    /// The name of the column of images, or of their names or addresses, if there is one.
    pub fn image_column(&self) -> Option<&str> {
        self.reading.columns().reference.as_deref()
    }
}

impl Iterator for SampleReader {
    type Item = Result<SampleBatch, ShardError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.reading.next(BatchBuilder::of_samples, BatchBuilder::finish_samples)
    }
}
