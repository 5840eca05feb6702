//! CSV and TSV, with a header or as CC3M and CC12M come.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::ByteRecord;

use crate::batch::BatchBuilder;
use crate::beginning::TextReader;
use crate::columns::{self, Chosen, Column, ColumnNames, Wanted};
use crate::error::Problem;
use crate::input::{Input, Lines, MAX_RECORD_BYTES, Meter};
use crate::samples::{Reference, Shows};
use crate::shard::{Opened, Source};
use crate::{Format, SampleChoice, SkipReason};

/// Lines that are looked at to learn the layout.
const SAMPLE_LINES: usize = 20;

/// How a file is cut into fields, and which of them matter.
#[derive(Debug, PartialEq, Eq)]
struct Layout {
    delimiter: u8,
    has_header: bool,
    names: Vec<String>,
    chosen: Chosen,
}

struct Delimited {
    reader: csv::Reader<Bounded>,
    record: ByteRecord,
    layout: Layout,
    meter: Meter,
    allowance: Arc<AtomicU64>,
    /// Where the last record began if it is malformed and goes over several lines. If the file
    /// ends with it, its quote was never closed and it has swallowed what followed.
    open_quote: Option<u64>,
    /// Where the last record began if it is well-formed but its last field goes over several
    /// lines. The same holds if the file ends with it and not with a quote.
    long_field: Option<u64>,
}

/// Opens a CSV or TSV file, after a look at its first lines for delimiter and header.
pub(crate) fn open(path: &Path, format: Format, wanted: Wanted<'_>) -> Result<Opened, Problem> {
    let layout = layout(&sample(path)?, format, wanted)?;
    let input = Input::open(path)?;
    let meter = input.meter();
    let allowance = Arc::new(AtomicU64::new(MAX_RECORD_BYTES as u64));
    let reader = csv::ReaderBuilder::new()
        .delimiter(layout.delimiter)
        .has_headers(layout.has_header)
        .quoting(is_quoted(layout.delimiter, layout.has_header))
        .flexible(true)
        .from_reader(Bounded { inner: input.into_reader(), allowance: allowance.clone(), last_byte: 0 });
    Ok(Opened {
        columns: ColumnNames::of(&layout.chosen, |index| layout.names[index].clone()),
        source: Box::new(Delimited {
            reader,
            record: ByteRecord::new(),
            layout,
            meter,
            allowance,
            open_quote: None,
            long_field: None,
        }),
    })
}

/// Refuses to read on when one record has used up its allowance: after a quote that is never
/// closed the rest of the file would be a single field in memory.
struct Bounded {
    inner: TextReader,
    allowance: Arc<AtomicU64>,
    /// The last byte that was read, line ends apart.
    last_byte: u8,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.allowance.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::other("a record without an end"));
        }
        let count = self.inner.read(buffer)?;
        self.allowance.store(left.saturating_sub(count as u64), Ordering::Relaxed);
        let last = buffer[..count].iter().rev().find(|byte| !matches!(byte, b'\n' | b'\r'));
        self.last_byte = last.copied().unwrap_or(self.last_byte);
        Ok(count)
    }
}

impl Source for Delimited {
    fn fill(&mut self, batch: &mut BatchBuilder) -> Result<bool, Problem> {
        while !batch.is_full() {
            self.allowance.store(MAX_RECORD_BYTES as u64, Ordering::Relaxed);
            let read = self.reader.read_byte_record(&mut self.record);
            let line = self.record.position().map_or(0, csv::Position::line);
            match read {
                Ok(true) => self.row(line, batch),
                Ok(false) => {
                    let long_field = self.long_field.filter(|_| self.reader.get_ref().last_byte != b'"');
                    return self
                        .open_quote
                        .or(long_field)
                        .map_or(Ok(false), |line| Err(Problem::OpenQuote { line }));
                }
                Err(_) if self.allowance.load(Ordering::Relaxed) == 0 => {
                    return Err(Problem::OpenQuote { line: self.reader.position().line() });
                }
                Err(error) => return Err(Problem::Io(error.into())),
            }
        }
        Ok(true)
    }

    fn progress(&self) -> f64 {
        self.meter.fraction()
    }
}

impl Delimited {
    fn row(&mut self, line: u64, batch: &mut BatchBuilder) {
        let is_malformed = self.record.len() != self.layout.names.len();
        let goes_on = |text: &[u8]| text.contains(&b'\n').then_some(line);
        self.open_quote = if is_malformed { goes_on(self.record.as_slice()) } else { None };
        self.long_field = self.record.iter().next_back().and_then(goes_on);
        if is_malformed {
            return batch.skip_row(line, SkipReason::Malformed);
        }
        let mut row = batch.begin_row(line);
        let Chosen { caption, image, reference, split } = self.layout.chosen;
        let text = |column: Option<usize>| {
            column.and_then(|index| std::str::from_utf8(self.record.get(index)?).ok()).map(str::trim)
        };
        text(image).into_iter().for_each(|image| row.image(image));
        text(split).into_iter().for_each(|split| row.split(split));
        if let Some(Reference { column, is_url, .. }) = reference {
            row.reference(self.record.get(column).unwrap_or_default(), is_url);
        }
        row.caption(self.record.get(caption).unwrap_or_default());
    }
}

/// The first lines of a file that have something in them.
fn sample(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut lines = Lines::open(path)?;
    let mut sample = Vec::new();
    for _ in 0..SAMPLE_LINES {
        lines.skip_white_space()?;
        let Some(line) = lines.next()? else { break };
        sample.extend_from_slice(line.bytes.unwrap_or_default());
        sample.push(b'\n');
    }
    if sample.is_empty() { Err(Problem::Empty) } else { Ok(sample) }
}

fn layout(sample: &[u8], format: Format, wanted: Wanted<'_>) -> Result<Layout, Problem> {
    let usual: &[u8] = if format == Format::Tsv { b"\t" } else { b",\t;|" };
    let mut problem = None;
    for &delimiter in usual {
        let named = with_header(&rows(sample, delimiter, true), delimiter, wanted);
        let plain = rows(sample, delimiter, is_quoted(delimiter, false));
        match named.or_else(|problem| without_header(&plain, delimiter, wanted).ok_or(problem)) {
            Ok(layout) => return Ok(layout),
            Err(found) => {
                problem = problem.or((plain.first().is_some_and(|row| row.len() > 1)).then_some(found))
            }
        }
    }
    // By no delimiter is there more than one column.
    problem.map_or_else(|| with_header(&rows(sample, usual[0], true), usual[0], wanted), Err)
}

/// CC3M and CC12M, tables of tabs without a header, were written without quoting: a quote there
/// is a character like any other.
fn is_quoted(delimiter: u8, has_header: bool) -> bool {
    has_header || delimiter != b'\t'
}

fn rows(sample: &[u8], delimiter: u8, quoting: bool) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(quoting)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample)
        .byte_records()
        .map_while(Result::ok)
        .map(|record| record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect())
        .collect()
}

/// The layout if the first row holds the columns' names.
fn with_header(rows: &[Vec<String>], delimiter: u8, wanted: Wanted<'_>) -> Result<Layout, Problem> {
    let names = rows.first().cloned().unwrap_or_default();
    let columns: Vec<Column> = names.iter().map(|name| Column::new(name, "text")).collect();
    match columns::choose(&columns, wanted) {
        Ok(chosen) => Ok(Layout { delimiter, has_header: true, names, chosen }),
        Err(Problem::NoCaptionColumn { columns, .. }) => {
            Err(Problem::NoCaptionColumn { columns, no_header: true })
        }
        Err(problem) => Err(problem),
    }
}

/// The layout if the first row is data: the columns are given by number, or they are a caption
/// and a web address in either order, as in CC3M and CC12M.
fn without_header(rows: &[Vec<String>], delimiter: u8, wanted: Wanted<'_>) -> Option<Layout> {
    let width = rows.first()?.len();
    let chosen = match &wanted.columns.caption {
        Some(caption) => by_number(width, caption, wanted)?,
        None => caption_and_address(rows, wanted)?,
    };
    let names = (1..=width).map(|number| format!("column {number}")).collect();
    Some(Layout { delimiter, has_header: false, names, chosen })
}

/// The columns if all that are named are named by numbers.
fn by_number(width: usize, caption: &str, wanted: Wanted<'_>) -> Option<Chosen> {
    let number = |name: &str| {
        name.parse::<usize>().ok().filter(|number| (1..=width).contains(number)).map(|number| number - 1)
    };
    // None: named by something else.
    let named = |name: &Option<String>| name.as_ref().map_or(Some(None), |name| number(name).map(Some));
    let caption = number(caption)?;
    let Some(samples) = wanted.samples else {
        let image = named(&wanted.columns.image)?;
        return Some(Chosen { caption, image, reference: None, split: None });
    };
    let reference = |column, is_url| Reference { column, shows: Shows::Reference, is_url };
    let reference = match (named(&samples.image)?, named(&samples.url)?) {
        (Some(column), None) => Some(reference(column, false)),
        (None, Some(column)) => Some(reference(column, true)),
        (None, None) if !samples.needs_image => None,
        _ => return None,
    };
    Some(Chosen { caption, image: named(&samples.image_id)?, reference, split: named(&samples.split)? })
}

/// The columns of a table of captions and addresses, if none is named.
fn caption_and_address(rows: &[Vec<String>], wanted: Wanted<'_>) -> Option<Chosen> {
    let (caption, address) = match (is_addresses(rows, 0), is_addresses(rows, 1)) {
        _ if rows.first()?.len() != 2 => return None,
        (false, true) => (0, 1),
        (true, false) => (1, 0),
        _ => return None,
    };
    match wanted.samples {
        None if wanted.columns.image.is_some() => None,
        None => Some(Chosen { caption, image: Some(address), reference: None, split: None }),
        Some(SampleChoice { image_id: None, image: None, url: None, split: None, .. }) => {
            let reference = Reference { column: address, shows: Shows::Reference, is_url: true };
            Some(Chosen { caption, image: None, reference: Some(reference), split: None })
        }
        Some(_) => None,
    }
}

/// Whether a column holds web addresses: in the first row, and in most others.
fn is_addresses(rows: &[Vec<String>], column: usize) -> bool {
    let is_address = |row: &Vec<String>| {
        row.get(column).is_some_and(|field| {
            let field = field.to_ascii_lowercase();
            (field.starts_with("http://") || field.starts_with("https://"))
                && !field.contains(char::is_whitespace)
        })
    };
    rows.first().is_some_and(is_address) && rows.iter().filter(|row| is_address(row)).count() * 2 > rows.len()
}
