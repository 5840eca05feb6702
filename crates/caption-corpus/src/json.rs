//! JSON lines, lists of objects and COCO's caption files.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Map, Value};

use crate::batch::{BatchBuilder, RowWriter};
use crate::columns::{self, Column};
use crate::error::Problem;
use crate::input::Lines;
use crate::json_array::{JsonArray, Numbered};
use crate::shard::{Opened, Source};
use crate::{ColumnChoice, Format, SkipReason};

/// How many records are looked at to learn the fields.
const SAMPLE: usize = 100;

/// Where the records come from.
enum Records {
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
    caption: String,
    image: Option<String>,
    image_key: String,
}

/// Opens a JSON file, after a look at its first records for the fields.
pub(crate) fn open(path: &Path, format: Format, choice: &ColumnChoice) -> Result<Opened, Problem> {
    let columns = sample_columns(&mut Records::open(path, format)?)?;
    let chosen = columns::choose(&columns, choice)?;
    let caption = columns[chosen.caption].info.name.clone();
    let image = chosen.image.map(|index| columns[index].info.name.clone());
    let records = Records::open(path, format)?;
    Ok(Opened {
        caption_column: Some(caption.clone()),
        image_column: image.clone(),
        source: Box::new(Json { records, caption, image, image_key: String::new() }),
    })
}

impl Source for Json {
    fn fill(&mut self, batch: &mut BatchBuilder) -> Result<bool, Problem> {
        while !batch.is_full() {
            let Some((number, bytes)) = self.records.next()? else { return Ok(false) };
            match bytes.ok_or(SkipReason::TooLong).and_then(record) {
                Ok(record) => {
                    let mut row = batch.begin_row(number);
                    let image = self.image.as_ref().and_then(|field| record.get(field));
                    if image.is_some_and(|value| image_key(value, &mut self.image_key)) {
                        row.image(&self.image_key);
                    }
                    captions(record.get(&self.caption).unwrap_or(&Value::Null), &mut row);
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

fn record(bytes: &[u8]) -> Result<Map<String, Value>, SkipReason> {
    let text = std::str::from_utf8(bytes).map_err(|_| SkipReason::NotUtf8)?;
    serde_json::from_str(text).map_err(|_| SkipReason::Malformed)
}

fn captions(value: &Value, row: &mut RowWriter<'_>) {
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

/// Writes an image's name or number; false if the value is neither.
fn image_key(value: &Value, key: &mut String) -> bool {
    key.clear();
    match value {
        Value::String(text) => key.push_str(text),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => _ = write!(key, "{float:.0}"),
            _ => _ = write!(key, "{number}"),
        },
        _ => return false,
    }
    true
}

/// The fields of the first records, with what kinds of values they hold.
fn sample_columns(records: &mut Records) -> Result<Vec<Column>, Problem> {
    let mut columns: Vec<Column> = Vec::new();
    let mut looked_at = 0;
    while looked_at < SAMPLE {
        let next = match records.next() {
            Ok(next) => next,
            // What stands before the break is read, and the break reported then.
            Err(_) if !columns.is_empty() => break,
            Err(problem) => return Err(problem),
        };
        let Some((_, bytes)) = next else { break };
        looked_at += 1;
        let Ok(record) = bytes.ok_or(SkipReason::TooLong).and_then(record) else { continue };
        for (name, value) in &record {
            learn(&mut columns, name, value);
        }
    }
    match (columns.is_empty(), looked_at) {
        (true, 0) => Err(Problem::Empty),
        (true, _) => Err(Problem::NoRecords { looked_at }),
        (false, _) => Ok(columns),
    }
}

/// A field serves for captions or images as soon as one of its values would; a field that has
/// been null so far may still turn out to be anything.
fn learn(columns: &mut Vec<Column>, name: &str, value: &Value) {
    let type_name = type_name(value);
    let position = columns.iter().position(|column| column.info.name == name).unwrap_or_else(|| {
        columns.push(Column::new(name, "null"));
        columns.len() - 1
    });
    let column = &mut columns[position];
    if column.info.type_name == "null" {
        column.info.type_name = type_name.to_owned();
        column.holds_captions = holds_captions(value);
        column.names_images = names_images(value);
    } else if !value.is_null() {
        column.holds_captions |= holds_captions(value);
        column.names_images |= names_images(value);
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
