//! JSON lines, lists of objects and COCO's caption files.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

use serde_json::{Map, Value};

use crate::batch::{BatchBuilder, RowWriter};
use crate::columns::{self, Column, ColumnNames, Wanted};
use crate::error::Problem;
use crate::input::Lines;
use crate::json_array::{JsonArray, Numbered};
use crate::samples::{IMAGE_ID, ImageList, Joined, Shows};
use crate::shard::{Opened, Source};
use crate::{Format, SkipReason};

/// How many records are looked at to learn the fields.
const SAMPLE: usize = 100;
/// No further record is looked at once so many different fields were met: records whose every key
/// is a new one would fill the memory.
const MAX_FIELDS: usize = 100_000;

/// Where the records come from.
pub(crate) enum Records {
    Lines(Lines),
    Array(JsonArray),
}

impl Records {
    fn open(path: &Path, format: Format) -> Result<Self, Problem> {
        match format {
            Format::JsonLines => Ok(Self::Lines(Lines::open(path)?)),
            _ => Ok(Self::Array(JsonArray::open(path)?)),
        }
    }

    /// The next record that is not a blank line.
    fn next(&mut self) -> Result<Option<Numbered<'_>>, Problem> {
        match self {
            Self::Array(array) => array.next(),
            Self::Lines(lines) => {
                lines.skip_white_space()?;
                Ok(lines.next()?.map(|line| (line.number, line.bytes)))
            }
        }
    }
}

struct Json {
    records: Records,
    fields: Fields,
    /// COCO's, if anything is taken from there.
    images: Option<ImageList>,
    buffer: String,
}

struct Fields {
    caption: String,
    image: Option<Field>,
    /// And whether it holds addresses.
    reference: Option<(Field, bool)>,
    split: Option<Field>,
}

/// Where a value stands.
enum Field {
    /// In the record, under this name.
    Own(String),
    /// With the record's image: the position among the fields that were asked for.
    Joined(usize),
}

/// Opens a JSON file, after a look at its first records for the fields.
pub(crate) fn open(path: &Path, format: Format, wanted: Wanted<'_>) -> Result<Opened, Problem> {
    let mut columns = sample_columns(&mut Records::open(path, format)?)?;
    let own = columns.len();
    if wanted.samples.is_some() && format == Format::Json {
        let listed = ImageList::columns(path)?;
        let taken: HashSet<&str> = columns.iter().map(|own| own.info.name.as_str()).collect();
        let is_new = |column: &Column| !taken.contains(column.info.name.as_str());
        let listed: Vec<Column> = listed.into_iter().filter(is_new).collect();
        columns.extend(listed);
    }
    let chosen = columns::choose(&columns, wanted)?;
    let names = ColumnNames::of(&chosen, |index| columns[index].info.name.clone());
    let mut joined = Vec::new();
    let mut field = |index: usize| {
        let name = columns[index].info.name.clone();
        if index < own {
            return Field::Own(name);
        }
        joined.push(name);
        Field::Joined(joined.len() - 1)
    };
    let fields = Fields {
        caption: columns[chosen.caption].info.name.clone(),
        image: chosen.image.map(&mut field),
        reference: chosen.reference.map(|reference| (field(reference.column), reference.is_url)),
        split: chosen.split.map(&mut field),
    };
    let images = if joined.is_empty() { None } else { Some(ImageList::read(path, &joined)?) };
    let records = Records::open(path, format)?;
    Ok(Opened { columns: names, source: Box::new(Json { records, fields, images, buffer: String::new() }) })
}

impl Source for Json {
    fn fill(&mut self, batch: &mut BatchBuilder) -> Result<bool, Problem> {
        while !batch.is_full() {
            let Some((number, bytes)) = self.records.next()? else { return Ok(false) };
            match bytes.ok_or(SkipReason::TooLong).and_then(record) {
                Ok(record) => {
                    let mut row = batch.begin_row(number);
                    let joined = self
                        .images
                        .as_ref()
                        .and_then(|images| images.get(key(record.get(IMAGE_ID)?, &mut self.buffer).ok()?));
                    self.fields.write(&record, joined, &mut self.buffer, &mut row);
                }
                Err(reason) => batch.skip_row(number, reason),
            }
        }
        Ok(true)
    }

    fn progress(&self) -> f64 {
        match &self.records {
            Records::Lines(lines) => lines.fraction(),
            Records::Array(array) => array.fraction(),
        }
    }
}

impl Fields {
    fn write(
        &self,
        record: &Map<String, Value>,
        joined: Option<Joined<'_>>,
        buffer: &mut String,
        row: &mut RowWriter<'_>,
    ) {
        if let Some(field) = &self.image
            && let Ok(image) = field.text(record, joined, buffer)
        {
            row.image(image);
        }
        if let Some((field, is_url)) = &self.reference {
            match field.text(record, joined, buffer) {
                Ok(reference) => row.reference(reference.as_bytes(), *is_url),
                Err(reason) => row.no_image(reason),
            }
        }
        if let Some(field) = &self.split
            && let Ok(split) = field.text(record, joined, buffer)
        {
            row.split(split);
        }
        captions(record.get(&self.caption).unwrap_or(&Value::Null), row);
    }
}

impl Field {
    /// The value as text, for which the buffer may be used.
    fn text<'v>(
        &self,
        record: &'v Map<String, Value>,
        joined: Option<Joined<'v>>,
        buffer: &'v mut String,
    ) -> Result<&'v str, SkipReason> {
        match self {
            Self::Own(name) => key(record.get(name).unwrap_or(&Value::Null), buffer),
            Self::Joined(position) => joined.and_then(|image| image.field(*position)).ok_or(SkipReason::Null),
        }
    }
}

pub(crate) fn record(bytes: &[u8]) -> Result<Map<String, Value>, SkipReason> {
    let text = std::str::from_utf8(bytes).map_err(|_| SkipReason::NotUtf8)?;
    serde_json::from_str(text).map_err(|_| SkipReason::Malformed)
}

pub(crate) fn captions(value: &Value, row: &mut RowWriter<'_>) {
    match value {
        Value::Array(list) if list.is_empty() => row.skip(SkipReason::Empty),
        Value::Array(list) => list.iter().for_each(|element| caption(element, row)),
        other => caption(other, row),
    }
}

fn caption(value: &Value, row: &mut RowWriter<'_>) {
    match value {
        Value::String(text) => row.caption(text.as_bytes()),
        Value::Null => row.skip(SkipReason::Null),
        _ => row.skip(SkipReason::NotText),
    }
}

/// An image's name or number as text, for which the buffer may be used.
pub(crate) fn key<'v>(value: &'v Value, buffer: &'v mut String) -> Result<&'v str, SkipReason> {
    buffer.clear();
    match value {
        Value::Null => return Err(SkipReason::Null),
        Value::String(text) => return Ok(text),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => _ = write!(buffer, "{float:.0}"),
            _ => _ = write!(buffer, "{number}"),
        },
        _ => return Err(SkipReason::NotText),
    }
    Ok(buffer)
}

/// The fields of the first records, with what kinds of values they hold.
pub(crate) fn sample_columns(records: &mut Records) -> Result<Vec<Column>, Problem> {
    let mut learned = Learned::default();
    let mut looked_at = 0;
    while looked_at < SAMPLE && !learned.is_full() {
        let next = match records.next() {
            Ok(next) => next,
            // What stands before the break is read, and the break reported then.
            Err(_) if !learned.columns.is_empty() => break,
            Err(problem) => return Err(problem),
        };
        let Some((_, bytes)) = next else { break };
        looked_at += 1;
        let Ok(record) = bytes.ok_or(SkipReason::TooLong).and_then(record) else { continue };
        learned.learn(&record);
    }
    match (learned.columns.is_empty(), looked_at) {
        (true, 0) => Err(Problem::Empty),
        (true, _) => Err(Problem::NoRecords { looked_at }),
        (false, _) => Ok(learned.columns),
    }
}

/// The fields of the records that were looked at, in the order in which they were met.
#[derive(Default)]
pub(crate) struct Learned {
    pub columns: Vec<Column>,
    positions: HashMap<String, usize>,
}

impl Learned {
    /// Whether the fields met are enough, whatever records follow.
    pub fn is_full(&self) -> bool {
        self.columns.len() >= MAX_FIELDS
    }

    pub fn learn(&mut self, record: &Map<String, Value>) {
        for (name, value) in record {
            let position = self.positions.get(name).copied().unwrap_or_else(|| {
                self.columns.push(Column::new(name, "null"));
                self.positions.insert(name.clone(), self.columns.len() - 1);
                self.columns.len() - 1
            });
            learn(&mut self.columns[position], value);
        }
    }
}

/// A field serves for captions or images as soon as one of its values would; a field that has
/// been null so far may still turn out to be anything.
fn learn(column: &mut Column, value: &Value) {
    if column.info.type_name == "null" {
        column.info.type_name = type_name(value).to_owned();
        column.holds_captions = holds_captions(value);
        column.names_images = names_images(value);
        column.shows = shows(value);
    } else if !value.is_null() {
        column.holds_captions |= holds_captions(value);
        column.names_images |= names_images(value);
        column.shows = column.shows.or(shows(value));
    }
}

fn holds_captions(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Null => true,
        Value::Array(list) => list.is_empty() || list.iter().any(Value::is_string),
        _ => false,
    }
}

fn names_images(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Null)
}

fn shows(value: &Value) -> Option<Shows> {
    matches!(value, Value::String(_) | Value::Null).then_some(Shows::Reference)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Object(_) => "object",
        Value::Array(list) => match list.first() {
            Some(Value::String(_)) => "list of strings",
            Some(Value::Object(_)) => "list of objects",
            Some(Value::Number(_)) => "list of numbers",
            _ => "list",
        },
    }
}
