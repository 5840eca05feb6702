//! Samples as lines of text, and tars to read them from.

use std::path::{Path, PathBuf};

use caption_corpus::{
    ColumnChoice, Corpus, ImageKind, ImageRef, Sample, SampleChoice, SampleReader, ShardError, Skipped,
};

use super::Folder;

/// What was read of a file: each sample as `row id image [captions] split`.
#[derive(Debug, Default)]
pub struct Read {
    pub samples: Vec<String>,
    pub captions: Vec<(u64, String)>,
    pub embedded: Vec<(u64, Vec<u8>)>,
    pub skipped: Skipped,
    pub without_image: Skipped,
    pub rows: u64,
    pub images: Option<ImageKind>,
    pub error: Option<String>,
}

pub fn open(path: &Path, choice: &SampleChoice) -> Result<SampleReader, ShardError> {
    Corpus::open([path], &ColumnChoice::default()).unwrap().shards()[0].open_samples(choice)
}

pub fn read_samples(path: &Path, choice: &SampleChoice) -> Read {
    let mut read = Read::default();
    let reader = match open(path, choice) {
        Ok(reader) => reader,
        Err(error) => return Read { error: Some(error.to_string()), ..read },
    };
    read.images = Some(reader.images());
    for batch in reader {
        match batch {
            Ok(batch) => {
                assert!(read.error.is_none(), "a batch after an error");
                batch.iter().for_each(|sample| read.add(&sample));
                read.skipped.merge(batch.skipped());
                read.without_image.merge(batch.without_image());
                read.rows += batch.rows();
            }
            Err(error) => read.error = Some(error.to_string()),
        }
    }
    read
}

/// The error of a file that ends with one.
pub fn samples_error(path: &Path, choice: &SampleChoice) -> String {
    read_samples(path, choice).error.unwrap_or_default()
}

impl Read {
    fn add(&mut self, sample: &Sample<'_>) {
        let image = match sample.image {
            ImageRef::None => "none".to_owned(),
            ImageRef::Name(name) => format!("name({name})"),
            ImageRef::Url(url) => format!("url({url})"),
            ImageRef::Bytes { data: None, path } => format!("unread({})", path.unwrap_or("-")),
            ImageRef::Bytes { data: Some(data), path } => {
                self.embedded.push((sample.row, data.to_vec()));
                format!("bytes(\"{}\", {})", data.escape_ascii(), path.unwrap_or("-"))
            }
        };
        let captions: Vec<&str> = sample.captions.iter().collect();
        assert_eq!(captions.len(), sample.captions.len());
        self.captions.extend(captions.iter().map(|caption| (sample.row, (*caption).to_owned())));
        let (id, split) = (sample.id.unwrap_or("-"), sample.split.unwrap_or("-"));
        self.samples.push(format!("{} {id} {image} [{}] {split}", sample.row, captions.join("|")));
    }
}

/// Writes a tar of these members.
pub fn tar(folder: &Folder, name: &str, members: &[(&str, &[u8])]) -> PathBuf {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if let Some(field) = header.as_old_mut().name.get_mut(..name.len()) {
            // As it is: the library would take "./" away.
            field.copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        } else {
            builder.append_data(&mut header, name, *content).unwrap();
        }
    }
    folder.write(name, builder.into_inner().unwrap())
}
