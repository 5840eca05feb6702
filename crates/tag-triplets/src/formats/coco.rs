//! COCO's captions in JSON: a list of images and a list of annotations, a caption each.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Seek};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::Format;
use super::check::ImageKind;
use super::image_files::ImageFiles;
use super::index::Span;
use super::json_list::JsonList;
use super::output::OutputFile;
use super::split_writer::{Finished, Shard, Split, Written};
use crate::{Image, Provenance, Triplet, TripletError};

/// COCO's `info`, the first line of a file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Info<'a> {
    pub(crate) description: Cow<'a, str>,
    pub(crate) version: Cow<'a, str>,
    pub(crate) provenance: Cow<'a, Provenance>,
}

/// What stands before and after [`Info`] on its line.
pub(crate) const INFO_START: &[u8] = b"{\"info\":";
pub(crate) const INFO_END: &[u8] = b",\n";

/// An item of `images`.
#[derive(Serialize, Deserialize)]
pub(crate) struct CocoImage<'a> {
    pub(crate) id: u64,
    pub(crate) file_name: Cow<'a, str>,
    /// The address of an image that is given by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) coco_url: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    /// The image's name in its corpus, which need not be a number.
    pub(crate) name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) split: Option<Cow<'a, str>>,
}

/// An item of `annotations`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Annotation<'a> {
    pub(crate) id: u64,
    pub(crate) image_id: u64,
    pub(crate) caption: Cow<'a, str>,
    pub(crate) tags: Cow<'a, [u32]>,
}

/// A file in the making. Annotations follow the images, so that they wait in a file of their own,
/// which goes when this is dropped.
pub(super) struct CocoShard {
    file: OutputFile,
    images: JsonList,
    image_files: ImageFiles,
    waiting: OutputFile,
    annotations: JsonList,
    /// Removes the file of those that wait.
    spool: NamedTempFile,
}

impl Shard for CocoShard {
    const FORMAT: Format = Format::Coco;

    fn name(split: &Split, number: usize) -> String {
        match split.is_one_file() {
            true => format!("captions_{}.json", split.name),
            false => format!("captions_{}-{number:05}.json", split.name),
        }
    }

    fn create(split: &Split, name: &str, _: ImageKind) -> Result<Self, TripletError> {
        let mut file = OutputFile::create(split.directory.join(name))?;
        let info = Info {
            description: "image-tag-text triplets of mine-tags".into(),
            version: split.provenance.version.as_str().into(),
            provenance: Cow::Borrowed(&split.provenance),
        };
        let info =
            serde_json::to_vec(&info).map_err(|error| TripletError::write(file.path())(error.into()))?;
        file.put(&[INFO_START, &info, INFO_END, b"\"licenses\":[],\n\"images\":["].concat())?;
        let spool = tempfile::Builder::new()
            .prefix(".annotations-")
            .tempfile_in(&split.directory)
            .map_err(TripletError::write(&split.directory))?;
        Ok(Self {
            file,
            images: JsonList::default(),
            image_files: ImageFiles::new(&split.directory, &split.name),
            waiting: OutputFile::create(spool.path().to_owned())?,
            annotations: JsonList::default(),
            spool,
        })
    }

    fn add(&mut self, triplet: &Triplet, before: Written) -> Result<(), TripletError> {
        let id = before.samples + 1;
        let image = CocoImage {
            id,
            file_name: self.image_files.put(before.samples, &triplet.image)?.into(),
            coco_url: match &triplet.image {
                Image::Url(url) => Some(url.as_str().into()),
                Image::Path(_) | Image::Bytes { .. } => None,
            },
            width: triplet.width,
            height: triplet.height,
            name: triplet.image_id.as_str().into(),
            split: triplet.split.as_deref().map(Cow::from),
        };
        self.images.add(&mut self.file, &image)?;
        for (number, (caption, tags)) in
            (before.captions + 1..).zip(triplet.captions.iter().zip(&triplet.caption_tags))
        {
            let (caption, tags) = (caption.as_str().into(), tags.as_slice().into());
            let annotation = Annotation { id: number, image_id: id, caption, tags };
            self.annotations.add(&mut self.waiting, &annotation)?;
        }
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), TripletError> {
        self.images.end_part(&self.file);
        self.annotations.end_part(&self.waiting);
        Ok(())
    }

    fn finish(mut self) -> Result<Finished, TripletError> {
        self.image_files.finish()?;
        self.file.put(b"\n],\n\"annotations\":[")?;
        let start = self.file.position();
        self.waiting.finish()?;
        append(self.spool.as_file_mut(), &mut self.file)?;
        self.file.put(b"\n]}\n")?;
        let moved = |span: Span| Span { offset: span.offset + start, ..span };
        Ok(Finished {
            bytes: self.file.finish()?,
            parts: self.images.into_spans(),
            annotations: self.annotations.into_spans().into_iter().map(moved).collect(),
        })
    }
}

fn append(spool: &mut File, file: &mut OutputFile) -> Result<(), TripletError> {
    let copied = spool.rewind().and_then(|()| io::copy(&mut BufReader::new(spool), file));
    copied.map(drop).map_err(TripletError::write(file.path()))
}
