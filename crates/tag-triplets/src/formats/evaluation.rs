//! The text files that recognize-anything's evaluation reads.
//!
//! | file | a line |
//! |---|---|
//! | `<split>_taglist.txt` | a tag's name, in the order of the ids; a name of two kinds stands twice |
//! | `<split>_annots.txt` | `image,name,name`: what its RAM models are evaluated on |
//! | `<split>_tagidlist.txt` | a tag's id |
//! | `<split>_idannots.txt` | `image,id,id`: what Tag2Text is evaluated on, since ids are not ambiguous |
//!
//! Images are written without `.jpg`, which the evaluation adds. Rows are parted by commas and
//! line ends alone, so that an image whose path has one is left out of both lists of images, and
//! counted there.

use std::fmt::Write;
use std::path::Path;

use tag_vocabulary::Vocabulary;

use super::WrittenFile;
use super::output::{OutputFile, write_file};
use crate::TripletError;

pub(super) struct EvaluationFiles {
    names: Vec<String>,
    annotations: OutputFile,
    id_annotations: OutputFile,
    lines: u64,
    left_out: u64,
    /// Those that are complete already.
    files: Vec<WrittenFile>,
    split: String,
}

impl EvaluationFiles {
    pub(super) fn create(
        directory: &Path,
        split: &str,
        vocabulary: &Vocabulary,
    ) -> Result<Self, TripletError> {
        let names: Vec<String> = vocabulary.entries().iter().map(|entry| entry.tag.name.clone()).collect();
        if let Some(name) = names.iter().find(|name| name.contains(',')) {
            return Err(TripletError::TagWithComma(name.clone()));
        }
        let ids: Vec<String> = (0..names.len()).map(|id| id.to_string()).collect();
        let mut files = Vec::new();
        // As published, with no line end after the last.
        for (path, lines) in [("taglist", &names), ("tagidlist", &ids)] {
            let path = format!("{split}_{path}.txt");
            let bytes = write_file(directory.join(&path), lines.join("\n").as_bytes())?;
            files.push(WrittenFile { path, samples: lines.len() as u64, bytes, left_out: 0 });
        }
        let create = |name: &str| OutputFile::create(directory.join(format!("{split}_{name}.txt")));
        Ok(Self {
            annotations: create("annots")?,
            id_annotations: create("idannots")?,
            names,
            lines: 0,
            left_out: 0,
            files,
            split: split.to_owned(),
        })
    }

    /// Adds an image and its tags, which are ids of the vocabulary.
    pub(super) fn add(&mut self, image: &str, tags: &[u32]) -> Result<(), TripletError> {
        if image.contains([',', '\n', '\r']) {
            self.left_out += 1;
            return Ok(());
        }
        let image = image.strip_suffix(".jpg").unwrap_or(image);
        let (mut by_name, mut by_id) = (image.to_owned(), image.to_owned());
        for &tag in tags {
            if let Some(name) = self.names.get(tag as usize) {
                by_name.extend([",", name]);
            }
            // Writing to a string does not fail.
            let _ = write!(by_id, ",{tag}");
        }
        by_name.push('\n');
        by_id.push('\n');
        self.lines += 1;
        self.annotations.put(by_name.as_bytes())?;
        self.id_annotations.put(by_id.as_bytes())
    }

    pub(super) fn finish(mut self) -> Result<Vec<WrittenFile>, TripletError> {
        for (name, file) in [("annots", self.annotations), ("idannots", self.id_annotations)] {
            let path = format!("{}_{name}.txt", self.split);
            self.files.push(WrittenFile {
                path,
                samples: self.lines,
                bytes: file.finish()?,
                left_out: self.left_out,
            });
        }
        Ok(self.files)
    }
}
