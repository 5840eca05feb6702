//! WebDataset: tars of images, captions and JSON.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tar::{Builder, EntryType, Header};

use super::Format;
use super::check::ImageKind;
use super::image_files::key;
use super::index::SpanLog;
use super::output::{OutputFile, create_folder, sync_folder};
use super::split_writer::{Finished, Shard, Split, Written};
use crate::{Image, Triplet, TripletError};

/// The tar's first member. A name without a dot belongs to no sample: loaders pass over it.
pub(crate) const PROVENANCE_MEMBER: &str = "mine-tags-provenance";

/// What stands in a `.json` member: the whole triplet, but for the bytes of its image.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record<'a> {
    pub(crate) image_id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image_path: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<Cow<'a, str>>,
    pub(crate) captions: Cow<'a, [String]>,
    pub(crate) caption_tags: Cow<'a, [Vec<u32>]>,
    pub(crate) image_tags: Cow<'a, [u32]>,
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
    pub(crate) split: Option<Cow<'a, str>>,
}

impl<'a> Record<'a> {
    fn new(triplet: &'a Triplet) -> Self {
        let (image_path, url) = match &triplet.image {
            Image::Path(path) => (Some(path.as_str().into()), None),
            Image::Url(url) => (None, Some(url.as_str().into())),
            Image::Bytes { .. } => (None, None),
        };
        Self {
            image_id: triplet.image_id.as_str().into(),
            image_path,
            url,
            captions: triplet.captions.as_slice().into(),
            caption_tags: triplet.caption_tags.as_slice().into(),
            image_tags: triplet.image_tags.as_slice().into(),
            width: triplet.width,
            height: triplet.height,
            split: triplet.split.as_deref().map(Cow::from),
        }
    }
}

/// A tar in the making.
pub(super) struct TarShard {
    tar: Builder<OutputFile>,
    log: SpanLog,
    folder: PathBuf,
    /// The split's name: keys differ among all tars of a run.
    split: String,
}

impl TarShard {
    fn member(&mut self, name: &str, data: &[u8]) -> Result<(), TripletError> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(data.len() as u64);
        // The same bytes whoever writes them, and when.
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        let added = self.tar.append_data(&mut header, name, data);
        added.map_err(|error| TripletError::write(self.tar.get_ref().path())(error))
    }

    fn json(&mut self, name: &str, value: &impl Serialize) -> Result<(), TripletError> {
        let json = serde_json::to_vec(value)
            .map_err(|error| TripletError::write(self.tar.get_ref().path())(error.into()))?;
        self.member(name, &json)
    }
}

impl Shard for TarShard {
    const FORMAT: Format = Format::WebDataset;

    fn name(split: &Split, number: usize) -> String {
        format!("{}/shard-{number:06}.tar", split.name)
    }

    fn create(split: &Split, name: &str, _: ImageKind) -> Result<Self, TripletError> {
        let folder = split.directory.join(&split.name);
        create_folder(&folder)?;
        let file = OutputFile::create(split.directory.join(name))?;
        let (tar, log) = (Builder::new(file), SpanLog::default());
        let mut shard = Self { tar, log, folder, split: split.name.clone() };
        shard.json(PROVENANCE_MEMBER, &split.provenance)?;
        Ok(shard)
    }

    fn add(&mut self, triplet: &Triplet, before: Written) -> Result<(), TripletError> {
        self.log.begin(self.tar.get_ref());
        let key = format!("{}-{}", self.split, key(before.samples));
        if let Image::Bytes { data, extension } = &triplet.image {
            self.member(&format!("{key}.{extension}"), data)?;
        }
        if let Some(caption) = triplet.captions.first() {
            self.member(&format!("{key}.txt"), caption.as_bytes())?;
        }
        self.json(&format!("{key}.json"), &Record::new(triplet))
    }

    fn end_part(&mut self) -> Result<(), TripletError> {
        self.log.end(self.tar.get_ref());
        Ok(())
    }

    fn finish(self) -> Result<Finished, TripletError> {
        let path = self.tar.get_ref().path().to_owned();
        let file = self.tar.into_inner().map_err(TripletError::write(&path))?;
        let bytes = file.finish()?;
        sync_folder(&self.folder)?;
        Ok(Finished { bytes, parts: self.log.into_spans(), annotations: Vec::new() })
    }
}
