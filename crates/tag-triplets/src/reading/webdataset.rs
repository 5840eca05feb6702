//! Reads tars of images, captions and JSON.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use tar::{Archive, Entry};

use super::source::{Content, read_span};
use crate::formats::index::IndexedPart;
use crate::formats::webdataset::{PROVENANCE_MEMBER, Record};
use crate::{Image, Provenance, Triplet, TripletError};

pub(super) struct TarContent {
    pub(super) parts: Vec<IndexedPart>,
}

/// A member of a tar.
struct Member {
    /// What stands before the first dot of its name, and after it.
    key: String,
    ending: String,
    /// Where it begins in the file.
    position: u64,
    data: Vec<u8>,
}

impl Content for TarContent {
    fn decode(&self, path: &Path, part: usize) -> Result<Vec<Triplet>, TripletError> {
        let span = self.parts[part].span;
        let bytes = read_span(path, span)?;
        let at =
            |error: io::Error| TripletError::broken(path, format!("from byte {} on", span.offset), error);
        let mut archive = Archive::new(bytes.as_slice());
        let mut triplets = Vec::new();
        let mut image: Option<Member> = None;
        for entry in archive.entries().map_err(at)? {
            let member = entry.and_then(|entry| read_member(entry, span.offset)).map_err(at)?;
            match member.ending.as_str() {
                "txt" => {}
                "json" => {
                    let image = image.take().filter(|image| image.key == member.key);
                    triplets.push(triplet(path, &member, image)?);
                }
                _ => image = Some(member),
            }
        }
        Ok(triplets)
    }
}

fn read_member(mut entry: Entry<'_, &[u8]>, offset: u64) -> io::Result<Member> {
    let path = entry.path()?.to_string_lossy().into_owned();
    let (key, ending) = path.split_once('.').ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{path:?} is no image, caption or JSON"))
    })?;
    let mut data = Vec::new();
    entry.read_to_end(&mut data)?;
    // The archive is in memory: the size that the header claims may be more than there is.
    if data.len() as u64 != entry.size() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{path:?} is cut off")));
    }
    let position = offset + entry.raw_header_position();
    Ok(Member { key: key.to_owned(), ending: ending.to_owned(), position, data })
}

fn triplet(path: &Path, member: &Member, image: Option<Member>) -> Result<Triplet, TripletError> {
    let position = || format!("{}.json at byte {}", member.key, member.position);
    let record: Record<'static> = serde_json::from_slice(&member.data)
        .map_err(|error| TripletError::broken(path, position(), error))?;
    let image = match (image, record.image_path, record.url) {
        (Some(Member { data, ending, .. }), None, None) => Image::Bytes { data, extension: ending },
        (None, Some(path), None) => Image::Path(path.into_owned()),
        (None, None, Some(url)) => Image::Url(url.into_owned()),
        _ => return Err(TripletError::broken(path, position(), "it has no image, or several")),
    };
    Ok(Triplet {
        image_id: record.image_id.into_owned(),
        image,
        captions: record.captions.into_owned(),
        caption_tags: record.caption_tags.into_owned(),
        image_tags: record.image_tags.into_owned(),
        width: record.width,
        height: record.height,
        split: record.split.map(Cow::into_owned),
    })
}

/// What a tar's first member says of where it comes from.
pub(super) fn provenance(path: &Path) -> Result<Provenance, TripletError> {
    let broken = |error: String| TripletError::broken(path, "first member", error);
    let file = File::open(path).map_err(TripletError::read(path))?;
    let mut archive = Archive::new(BufReader::new(file));
    let mut entries = archive.entries().map_err(|error| broken(error.to_string()))?;
    let first = entries.next().ok_or_else(|| broken("the tar is empty".to_owned()))?;
    let mut first = first.map_err(|error| broken(error.to_string()))?;
    if first.path_bytes() != PROVENANCE_MEMBER.as_bytes() {
        return Err(broken(format!(
            "it is not {PROVENANCE_MEMBER}: `mine-tags triplets` did not write this"
        )));
    }
    let mut json = String::new();
    first.read_to_string(&mut json).map_err(|error| broken(error.to_string()))?;
    serde_json::from_str(&json).map_err(|error| broken(error.to_string()))
}
