//! COCO's list `images`, joined to its annotations.

use std::path::Path;

use crate::columns::Column;
use crate::error::Problem;
use crate::json::{self, Records};
use crate::json_array::JsonArray;

/// The field of an annotation that says which image it is of.
pub(crate) const IMAGE_ID: &str = "image_id";
/// The field of an image that says the same.
const ID: &str = "id";

/// How many fields of an image can be asked for: id, reference, split.
const FIELDS: usize = 3;
const MISSING: u32 = u32::MAX;

/// The images of a document by their ids: some tens of bytes each.
pub(crate) struct ImageList {
    text: String,
    /// Sorted by id.
    images: Vec<Listed>,
}

/// Lengths of an image's id and of its fields, which stand one after the other in the text.
#[derive(Clone, Copy)]
struct Listed {
    start: usize,
    id: u32,
    fields: [u32; FIELDS],
}

/// One image of the list.
#[derive(Clone, Copy)]
pub(crate) struct Joined<'l> {
    text: &'l str,
    fields: [u32; FIELDS],
}

impl<'l> Joined<'l> {
    /// The field that was asked for at this position, if the image has it.
    pub fn field(&self, position: usize) -> Option<&'l str> {
        let length = self.fields.get(position).copied().filter(|&length| length != MISSING)?;
        let before = self.fields[..position].iter().filter(|&&length| length != MISSING);
        let start = before.map(|&length| length as usize).sum::<usize>();
        self.text.get(start..start + length as usize)
    }
}

impl ImageList {
    /// The fields that images have and that can be joined; none if the document has no such list.
    pub fn columns(path: &Path) -> Result<Vec<Column>, Problem> {
        let Some(images) = JsonArray::open_images(path)? else { return Ok(Vec::new()) };
        let mut columns = match json::sample_columns(&mut Records::Array(images)) {
            Err(Problem::Empty | Problem::NoRecords { .. }) => return Ok(Vec::new()),
            columns => columns?,
        };
        columns.retain(|column| column.info.name != ID);
        for column in &mut columns {
            column.holds_captions = false;
        }
        Ok(columns)
    }

    /// Reads these fields of all images, at most [`FIELDS`]. What is malformed is left out, and
    /// so without an image for its captions.
    pub fn read(path: &Path, fields: &[String]) -> Result<Self, Problem> {
        let mut list = Self { text: String::new(), images: Vec::new() };
        if let Some(mut images) = JsonArray::open_images(path)? {
            let mut value = String::new();
            while let Some((_, bytes)) = images.next()? {
                let Some(Ok(record)) = bytes.map(json::record) else { continue };
                let texts: Vec<Option<String>> = [ID]
                    .into_iter()
                    .chain(fields.iter().map(String::as_str))
                    .map(|name| json::key(record.get(name)?, &mut value).ok().map(str::to_owned))
                    .collect();
                list.push(&texts);
            }
        }
        list.sort()?;
        Ok(list)
    }

    /// The image of this id.
    pub fn get(&self, id: &str) -> Option<Joined<'_>> {
        let position = self.images.binary_search_by(|image| self.id(image).cmp(id)).ok()?;
        Some(self.joined(&self.images[position]))
    }

    fn push(&mut self, texts: &[Option<String>]) {
        let [Some(id), fields @ ..] = texts else { return };
        let start = self.text.len();
        self.text.push_str(id);
        let mut lengths = [MISSING; FIELDS];
        for (length, field) in lengths.iter_mut().zip(fields) {
            if let Some(field) = field {
                self.text.push_str(field);
                // A record is not over sixteen megabytes.
                *length = field.len() as u32;
            }
        }
        self.images.push(Listed { start, id: id.len() as u32, fields: lengths });
    }

    /// Sorts by id. Images that are listed twice must be the same.
    fn sort(&mut self) -> Result<(), Problem> {
        let mut images = std::mem::take(&mut self.images);
        images.sort_by(|a, b| self.id(a).cmp(self.id(b)));
        for pair in images.windows(2) {
            let values = |image: &Listed| {
                let joined = self.joined(image);
                [0, 1, 2].map(|position| joined.field(position))
            };
            if self.id(&pair[0]) == self.id(&pair[1]) && values(&pair[0]) != values(&pair[1]) {
                return Err(Problem::ImageListedTwice { id: self.id(&pair[0]).to_owned() });
            }
        }
        self.images = images;
        Ok(())
    }

    fn id(&self, image: &Listed) -> &str {
        &self.text[image.start..image.start + image.id as usize]
    }

    fn joined(&self, image: &Listed) -> Joined<'_> {
        Joined { text: &self.text[image.start + image.id as usize..], fields: image.fields }
    }
}
