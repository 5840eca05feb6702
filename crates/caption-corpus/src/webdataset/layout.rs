//! What is taken from where in a tar's samples.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::members::{IMAGE_SUFFIXES, MemberReader, Members, is_image};
use super::{RECORD, captions};
use crate::SkipReason;
use crate::columns::{self, Column, ColumnNames, Wanted};
use crate::error::{Problem, Role};
use crate::json::{self, Learned};
use crate::samples::{ImageKind, Shows};

/// How many samples are looked at to learn what they have.
const SAMPLE: usize = 20;

/// What is taken from where.
#[derive(Debug)]
pub(super) struct Layout {
    pub captions: Captions,
    /// `None`: the key.
    pub id: Option<Place>,
    pub image: Image,
    pub split: Option<Place>,
    wants_bytes: bool,
}

/// A place for a text.
#[derive(Debug)]
pub(super) enum Place {
    /// The member of this suffix.
    Member(String),
    /// The field of this name of the sample's record.
    Field(String),
}

#[derive(Debug)]
pub(super) enum Captions {
    /// The usual members and fields.
    Anywhere,
    At(Place),
}

#[derive(Debug)]
pub(super) enum Image {
    /// Captions alone are read.
    Unwanted,
    /// The first member of an image's suffix.
    AnyMember,
    /// The member of this suffix, which is an image.
    Member(String),
    /// A name or an address.
    At { place: Place, is_url: bool },
}

impl Place {
    fn reads(&self, suffix: &str) -> bool {
        match self {
            Self::Member(member) => member == suffix,
            Self::Field(_) => suffix == RECORD,
        }
    }

    /// The text at this place, for which the buffer may be used.
    pub fn text<'v>(
        &self,
        members: &'v Members,
        record: Option<&'v Map<String, Value>>,
        buffer: &'v mut String,
    ) -> Result<&'v str, SkipReason> {
        match self {
            Self::Member(suffix) => {
                let bytes = members.part(suffix).ok_or(SkipReason::Null)?.bytes()?;
                std::str::from_utf8(bytes).map(str::trim).map_err(|_| SkipReason::NotUtf8)
            }
            Self::Field(name) => {
                json::key(record.and_then(|record| record.get(name)).unwrap_or(&Value::Null), buffer)
            }
        }
    }
}

impl Layout {
    /// Whether the members of this suffix are read.
    pub fn reads(&self, suffix: &str) -> bool {
        let reads = |place: &Option<Place>| place.as_ref().is_some_and(|place| place.reads(suffix));
        let captions = match &self.captions {
            Captions::Anywhere => suffix == captions::TEXT || suffix == RECORD,
            Captions::At(place) => place.reads(suffix),
        };
        let image = match &self.image {
            Image::Unwanted => false,
            Image::AnyMember => self.wants_bytes && is_image(suffix),
            Image::Member(member) => self.wants_bytes && member == suffix,
            Image::At { place, .. } => place.reads(suffix),
        };
        captions || image || reads(&self.id) || reads(&self.split)
    }
}

/// Looks at the first samples and chooses. A column is a member's suffix or a record's field.
pub(super) fn learn(reader: &mut MemberReader, wanted: Wanted<'_>) -> Result<(Layout, ColumnNames), Problem> {
    let seen = Seen::of(reader)?;
    let place = |role, name: &Option<String>| name.as_ref().map(|name| seen.place(role, name)).transpose();
    let (id_role, id) = match wanted.samples {
        None => (Role::Image, &wanted.columns.image),
        Some(samples) => (Role::ImageId, &samples.image_id),
    };
    let captions = match place(Role::Caption, &wanted.columns.caption)? {
        Some(place) => Captions::At(place),
        None if seen.has_captions() => Captions::Anywhere,
        None => {
            return Err(Problem::NoCaptionColumn {
                columns: columns::infos(&seen.columns),
                no_header: false,
            });
        }
    };
    let layout = Layout {
        captions,
        id: place(id_role, id)?,
        image: seen.image(wanted)?,
        split: place(Role::Split, &wanted.samples.and_then(|samples| samples.split.clone()))?,
        wants_bytes: wanted.wants_bytes(),
    };
    let names = layout.names(&seen);
    Ok((layout, names))
}

impl Layout {
    fn names(&self, seen: &Seen) -> ColumnNames {
        let name = |place: &Place| match place {
            Place::Member(name) | Place::Field(name) => name.clone(),
        };
        let (reference, images) = match &self.image {
            Image::Unwanted => (None, ImageKind::Absent),
            Image::AnyMember => (Some(seen.images()), ImageKind::Embedded),
            Image::Member(suffix) => (Some(suffix.clone()), ImageKind::Embedded),
            Image::At { place, .. } => (Some(name(place)), ImageKind::Referenced),
        };
        ColumnNames {
            caption: Some(match &self.captions {
                Captions::Anywhere => seen.captions(),
                Captions::At(place) => name(place),
            }),
            image: Some(self.id.as_ref().map_or("key".to_owned(), name)),
            reference,
            split: self.split.as_ref().map(name),
            images,
        }
    }
}

/// What the first samples have: members first, then fields of their records.
struct Seen {
    columns: Vec<Column>,
    members: usize,
}

impl Seen {
    fn of(reader: &mut MemberReader) -> Result<Self, Problem> {
        let (mut members, mut fields) = (Suffixes::default(), Learned::default());
        for looked_at in 0..SAMPLE {
            let sample = match reader.next(|suffix| suffix == RECORD) {
                Ok(Some(sample)) => sample,
                Ok(None) if looked_at == 0 => return Err(Problem::Empty),
                Ok(None) => break,
                // What stands before the break is read, and the break reported then.
                Err(_) if looked_at > 0 => break,
                Err(problem) => return Err(problem),
            };
            learn_sample(&sample, &mut members, &mut fields);
        }
        let Suffixes { mut columns, met } = members;
        let count = columns.len();
        columns.extend(fields.columns.into_iter().filter(|field| !met.contains(&field.info.name)));
        Ok(Self { columns, members: count })
    }

    fn place(&self, role: Role, name: &str) -> Result<Place, Problem> {
        columns::named(&self.columns, role, name).map(|index| self.place_of(index))
    }

    fn place_of(&self, index: usize) -> Place {
        let name = self.columns[index].info.name.clone();
        if index < self.members { Place::Member(name) } else { Place::Field(name) }
    }

    fn image(&self, wanted: Wanted<'_>) -> Result<Image, Problem> {
        let Some(samples) = wanted.samples else { return Ok(Image::Unwanted) };
        let (role, name, is_url) = match (&samples.image, &samples.url) {
            (Some(_), Some(_)) => return Err(Problem::TwoImageColumns),
            (Some(image), None) => (Role::ImageSource, image, false),
            (None, Some(url)) => (Role::Url, url, true),
            (None, None) if samples.needs_image && self.images().is_empty() => {
                return Err(Problem::NoImageColumn { columns: columns::infos(&self.columns) });
            }
            (None, None) => return Ok(Image::AnyMember),
        };
        let index = columns::named(&self.columns, role, name)?;
        match self.place_of(index) {
            Place::Member(suffix) if self.columns[index].shows == Some(Shows::Bytes) => {
                Ok(Image::Member(suffix))
            }
            place => Ok(Image::At { place, is_url }),
        }
    }

    /// The places of captions, for people.
    fn captions(&self) -> String {
        let (members, fields) = self.columns.split_at(self.members);
        let has = |columns: &[Column], name: &str| columns.iter().any(|column| column.info.name == name);
        let text = [captions::TEXT].into_iter().filter(|name| has(members, name));
        text.chain(captions::FIELDS.into_iter().filter(|name| has(fields, name)))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn has_captions(&self) -> bool {
        !self.captions().is_empty()
    }

    /// The suffixes of images, for people.
    fn images(&self) -> String {
        let members = &self.columns[..self.members];
        let is_there = |name: &&str| members.iter().any(|column| column.info.name == *name);
        IMAGE_SUFFIXES.into_iter().filter(is_there).collect::<Vec<_>>().join(", ")
    }
}

/// The suffixes of the members that were looked at, in the order in which they were met.
#[derive(Default)]
struct Suffixes {
    columns: Vec<Column>,
    met: HashSet<String>,
}

fn learn_sample(sample: &Members, members: &mut Suffixes, fields: &mut Learned) {
    for part in &sample.parts {
        if part.suffix == RECORD {
            if let Ok(record) = part.bytes().and_then(json::record)
                && !fields.is_full()
            {
                fields.learn(&record);
            }
        } else if members.met.insert(part.suffix.clone()) {
            members.columns.push(if is_image(&part.suffix) {
                let column = Column::new(&part.suffix, "image");
                Column { holds_captions: false, names_images: false, shows: Some(Shows::Bytes), ..column }
            } else {
                Column::new(&part.suffix, "member")
            });
        }
    }
}
