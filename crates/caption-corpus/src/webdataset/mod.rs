//! WebDataset's tars: a sample is an image, its captions and a record of what else is known.

mod archive;
mod captions;
mod layout;
mod members;

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Map, Value};

use crate::SkipReason;
use crate::batch::{BatchBuilder, RowWriter};
use crate::columns::Wanted;
use crate::error::Problem;
use crate::json;
use crate::shard::{Opened, Source};
use layout::{Captions, Image, Layout, Place};
use members::{Content, IMAGE_SUFFIXES, MemberReader, Members, Part};

/// The member that is a record of JSON.
const RECORD: &str = "json";

struct WebDataset {
    reader: MemberReader,
    layout: Layout,
    buffer: String,
}

/// Opens a tar, after a look at its first samples.
pub(crate) fn open(path: &Path, wanted: Wanted<'_>) -> Result<Opened, Problem> {
    let (layout, columns) = layout::learn(&mut MemberReader::open(path)?, wanted)?;
    let reader = MemberReader::open(path)?;
    Ok(Opened { columns, source: Box::new(WebDataset { reader, layout, buffer: String::new() }) })
}

impl Source for WebDataset {
    fn fill(&mut self, batch: &mut BatchBuilder) -> Result<bool, Problem> {
        while !batch.is_full() {
            let Some(members) = self.reader.next(|suffix| self.layout.reads(suffix))? else {
                return Ok(false);
            };
            if let Some(reason) = members.fault {
                batch.skip_row(members.number, reason);
                continue;
            }
            let mut row = batch.begin_row(members.number);
            self.layout.write(&members, &mut self.buffer, &mut row);
        }
        Ok(true)
    }

    fn progress(&self) -> f64 {
        self.reader.fraction()
    }
}

impl Layout {
    fn write(&self, members: &Members, buffer: &mut String, row: &mut RowWriter<'_>) {
        let record = record(members, row);
        let record = record.as_ref();
        match &self.id {
            None => row.image(&members.key),
            Some(place) => {
                if let Ok(id) = place.text(members, record, buffer) {
                    row.image(id);
                }
            }
        }
        self.write_image(members, record, buffer, row);
        if let Some(place) = &self.split
            && let Ok(split) = place.text(members, record, buffer)
        {
            row.split(split);
        }
        match &self.captions {
            Captions::Anywhere => captions::write(members, record, row),
            Captions::At(Place::Member(suffix)) => captions::lines(members, suffix, &HashSet::new(), row),
            Captions::At(Place::Field(name)) => {
                json::captions(record.and_then(|record| record.get(name)).unwrap_or(&Value::Null), row);
            }
        }
    }

    fn write_image(
        &self,
        members: &Members,
        record: Option<&Map<String, Value>>,
        buffer: &mut String,
        row: &mut RowWriter<'_>,
    ) {
        match &self.image {
            Image::Unwanted => {}
            Image::AnyMember => embed(IMAGE_SUFFIXES.iter().find_map(|suffix| members.part(suffix)), row),
            Image::Member(suffix) => embed(members.part(suffix), row),
            Image::At { place, is_url } => match place.text(members, record, buffer) {
                Ok(reference) => row.reference(reference.as_bytes(), *is_url),
                Err(reason) => row.no_image(reason),
            },
        }
    }
}

/// The sample's record, if it has a good one. A broken one is counted.
fn record(members: &Members, row: &mut RowWriter<'_>) -> Option<Map<String, Value>> {
    let part = members.part(RECORD).filter(|part| !matches!(part.content, Content::Unread))?;
    part.bytes().and_then(json::record).map_err(|reason| row.skip(reason)).ok()
}

fn embed(part: Option<&Part>, row: &mut RowWriter<'_>) {
    let Some(part) = part else { return row.no_image(SkipReason::Null) };
    let path = Some(part.name.as_bytes());
    match &part.content {
        Content::Read(bytes) => row.embedded(Some(bytes), path),
        Content::Unread => row.embedded(None, path),
        Content::TooLong => row.no_image(SkipReason::TooLong),
    }
}
