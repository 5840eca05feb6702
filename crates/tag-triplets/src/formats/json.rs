//! The list of recognize-anything, a file that its training code loads as it is.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tag_vocabulary::Vocabulary;

use super::check::ImageKind;
use super::evaluation::EvaluationFiles;
use super::image_files::{ImageFiles, path_in_json};
use super::json_list::JsonList;
use super::output::OutputFile;
use super::split_writer::{Finished, Shard, Split, SplitWriter, Written};
use super::{Format, TripletWriter, WrittenFile};
use crate::{Triplet, TripletError};

/// An item of the list. The training code looks at the first four keys alone.
#[derive(Serialize, Deserialize)]
pub(crate) struct Item<'a> {
    pub(crate) image_path: Cow<'a, str>,
    pub(crate) caption: Cow<'a, [String]>,
    pub(crate) parse_label_id: Cow<'a, [Vec<u32>]>,
    pub(crate) union_label_id: Cow<'a, [u32]>,
    pub(crate) image_id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) split: Option<Cow<'a, str>>,
}

impl<'a> Item<'a> {
    fn new(triplet: &'a Triplet, image_path: String) -> Self {
        Self {
            image_path: image_path.into(),
            caption: triplet.captions.as_slice().into(),
            parse_label_id: triplet.caption_tags.as_slice().into(),
            union_label_id: triplet.image_tags.as_slice().into(),
            image_id: triplet.image_id.as_str().into(),
            width: triplet.width,
            height: triplet.height,
            split: triplet.split.as_deref().map(Cow::from),
        }
    }
}

/// A file of the list in the making.
pub(super) struct JsonShard {
    file: OutputFile,
    list: JsonList,
    images: ImageFiles,
}

impl Shard for JsonShard {
    const FORMAT: Format = Format::Json;

    fn name(split: &Split, number: usize) -> String {
        match split.is_one_file() {
            true => format!("{}.json", split.name),
            false => format!("{}-{number:05}.json", split.name),
        }
    }

    fn create(split: &Split, name: &str, _: ImageKind) -> Result<Self, TripletError> {
        let mut file = OutputFile::create(split.directory.join(name))?;
        file.put(b"[")?;
        Ok(Self { file, list: JsonList::default(), images: ImageFiles::new(&split.directory, &split.name) })
    }

    fn add(&mut self, triplet: &Triplet, before: Written) -> Result<(), TripletError> {
        let path = self.images.put(before.samples, &triplet.image)?;
        self.list.add(&mut self.file, &Item::new(triplet, path))
    }

    fn end_part(&mut self) -> Result<(), TripletError> {
        self.list.end_part(&self.file);
        Ok(())
    }

    fn finish(mut self) -> Result<Finished, TripletError> {
        self.images.finish()?;
        self.file.put(b"\n]\n")?;
        Ok(Finished { bytes: self.file.finish()?, parts: self.list.into_spans(), annotations: Vec::new() })
    }
}

/// Writes the list, and the files of recognize-anything's evaluation beside it.
pub(super) struct JsonWriter {
    list: SplitWriter<JsonShard>,
    evaluation: EvaluationFiles,
}

impl JsonWriter {
    pub(super) fn new(split: Split, vocabulary: &Vocabulary) -> Result<Self, TripletError> {
        let evaluation = EvaluationFiles::create(&split.directory, &split.name, vocabulary)?;
        Ok(Self { list: SplitWriter::new(split), evaluation })
    }
}

impl TripletWriter for JsonWriter {
    fn write(&mut self, triplet: &Triplet) -> Result<(), TripletError> {
        let path = path_in_json(&self.list.split().name, self.list.samples(), &triplet.image);
        self.list.write(triplet)?;
        self.evaluation.add(&path, &triplet.image_tags)
    }

    fn finish(self: Box<Self>) -> Result<Vec<WrittenFile>, TripletError> {
        let Self { list, evaluation } = *self;
        let mut files = evaluation.finish()?;
        files.splice(0..0, Box::new(list).finish()?);
        Ok(files)
    }
}
