//! The bytes of a row in a temporary file.
//!
//! Numbers are LEB128; a text is its length and its UTF-8. Whatever a file holds, reading it
//! gives a row or nothing, and takes no more memory than a few times the row's bytes.

use super::draft::DraftCaption;
use super::record::{Position, Record, Reference};

const NO_IMAGE: u8 = 0;
const PATH: u8 = 1;
const URL: u8 = 2;
const EMBEDDED: u8 = 3;

/// How a row begins: what it is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub position: Position,
    pub key: &'a str,
}

/// A row, read back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub header: Header<'a>,
    pub image: Option<Reference<&'a str>>,
    pub split: Option<&'a str>,
    pub captions: Vec<DraftCaption>,
}

/// Appends a row's bytes.
pub(super) fn encode(record: &Record<'_>, out: &mut Vec<u8>) {
    put_number(out, record.position.file.into());
    put_number(out, record.position.row);
    put_text(out, record.key);
    match &record.image {
        None => out.push(NO_IMAGE),
        Some(Reference::Path(path)) => put_kind(out, PATH, path),
        Some(Reference::Url(url)) => put_kind(out, URL, url),
        Some(Reference::Embedded) => out.push(EMBEDDED),
    }
    match record.split {
        None => out.push(0),
        Some(split) => put_kind(out, 1, split),
    }
    put_number(out, record.captions.len() as u64);
    for caption in record.captions {
        put_text(out, caption.text);
        put_number(out, caption.tags.len() as u64);
        caption.tags.iter().for_each(|&tag| put_number(out, tag.into()));
    }
}

/// The beginning of a row.
pub(super) fn header(bytes: &[u8]) -> Option<Header<'_>> {
    Fields { rest: bytes }.header()
}

/// The whole row; nothing if the bytes are not exactly a row's.
pub(super) fn decode(bytes: &[u8]) -> Option<Row<'_>> {
    let mut fields = Fields { rest: bytes };
    let row = Row {
        header: fields.header()?,
        image: fields.image()?,
        split: fields.optional(Fields::text)?,
        captions: fields.list(Fields::caption)?,
    };
    fields.rest.is_empty().then_some(row)
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn put_kind(out: &mut Vec<u8>, kind: u8, text: &str) {
    out.push(kind);
    put_text(out, text);
}

/// What is left to read.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn header(&mut self) -> Option<Header<'a>> {
        let position = Position { file: self.small()?, row: self.number()? };
        Some(Header { position, key: self.text()? })
    }

    fn image(&mut self) -> Option<Option<Reference<&'a str>>> {
        Some(match self.byte()? {
            NO_IMAGE => None,
            PATH => Some(Reference::Path(self.text()?)),
            URL => Some(Reference::Url(self.text()?)),
            EMBEDDED => Some(Reference::Embedded),
            _ => return None,
        })
    }

    fn caption(&mut self) -> Option<DraftCaption> {
        let text = self.text()?.to_owned();
        let mut tags = self.list(Self::small)?;
        tags.sort_unstable();
        tags.dedup();
        Some(DraftCaption { text, tags })
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = usize::try_from(self.number()?).ok()?;
        // Every element takes a byte at least: a wrong length must not take all memory.
        if length > self.rest.len() {
            return None;
        }
        (0..length).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::record::TaggedCaption;
    use super::*;

    fn captions() -> impl Strategy<Value = Vec<(String, Vec<u32>)>> {
        prop::collection::vec((".{0,9}", prop::collection::btree_set(any::<u32>(), 0..5)), 0..4).prop_map(
            |captions| captions.into_iter().map(|(text, tags)| (text, tags.into_iter().collect())).collect(),
        )
    }

    fn image() -> impl Strategy<Value = Option<Reference>> {
        prop_oneof![
            Just(None),
            ".*".prop_map(|path| Some(Reference::Path(path))),
            ".*".prop_map(|url| Some(Reference::Url(url))),
            Just(Some(Reference::Embedded)),
        ]
    }

    proptest! {
        #[test]
        fn rows_come_back_and_damaged_ones_never_panic(
            (key, image, captions) in (".*", image(), captions()),
            split in any::<Option<String>>(),
            (file, row) in (any::<u32>(), any::<u64>()),
            (damaged, value) in (any::<prop::sample::Index>(), any::<u8>()),
        ) {
            let tagged: Vec<TaggedCaption<'_>> =
                captions.iter().map(|(text, tags)| TaggedCaption { text, tags }).collect();
            let image = image.as_ref().map(Reference::as_deref);
            let position = Position { file, row };
            let split = split.as_deref();
            let record = Record { key: &key, image: image.clone(), captions: &tagged, split, position };
            let mut bytes = Vec::new();
            encode(&record, &mut bytes);

            let header = Header { position, key: &key };
            prop_assert_eq!(super::header(&bytes), Some(header));
            let captions: Vec<DraftCaption> =
                captions.iter().cloned().map(|(text, tags)| DraftCaption { text, tags }).collect();
            prop_assert_eq!(decode(&bytes), Some(Row { header, image, split, captions }));

            let cut = damaged.index(bytes.len());
            prop_assert_eq!(decode(&bytes[..cut]), None);
            bytes[cut] = value;
            _ = decode(&bytes);
        }
    }
}
