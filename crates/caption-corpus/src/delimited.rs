//! CSV and TSV, with a header or as CC3M and CC12M come.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::ByteRecord;

use crate::batch::BatchBuilder;
use crate::beginning::TextReader;
use crate::columns::{self, Chosen, Column};
use crate::error::Problem;
use crate::input::{Input, Lines, MAX_RECORD_BYTES, Meter};
use crate::shard::{Opened, Source};
use crate::{ColumnChoice, Format, SkipReason};

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
pub(crate) fn open(path: &Path, format: Format, choice: &ColumnChoice) -> Result<Opened, Problem> {
    let layout = layout(&sample(path)?, format, choice)?;
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
        caption_column: Some(layout.names[layout.chosen.caption].clone()),
        image_column: layout.chosen.image.map(|index| layout.names[index].clone()),
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
        let image = self.layout.chosen.image.and_then(|index| self.record.get(index));
        if let Some(Ok(image)) = image.map(std::str::from_utf8) {
            row.image(image.trim());
        }
        row.caption(self.record.get(self.layout.chosen.caption).unwrap_or_default());
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

fn layout(sample: &[u8], format: Format, choice: &ColumnChoice) -> Result<Layout, Problem> {
    let usual: &[u8] = if format == Format::Tsv { b"\t" } else { b",\t;|" };
    let mut problem = None;
    for &delimiter in usual {
        let named = with_header(&rows(sample, delimiter, true), delimiter, choice);
        let plain = rows(sample, delimiter, is_quoted(delimiter, false));
        match named.or_else(|problem| without_header(&plain, delimiter, choice).ok_or(problem)) {
            Ok(layout) => return Ok(layout),
            Err(found) => {
                problem = problem.or((plain.first().is_some_and(|row| row.len() > 1)).then_some(found))
            }
        }
    }
    // By no delimiter is there more than one column.
    problem.map_or_else(|| with_header(&rows(sample, usual[0], true), usual[0], choice), Err)
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
fn with_header(rows: &[Vec<String>], delimiter: u8, choice: &ColumnChoice) -> Result<Layout, Problem> {
    let names = rows.first().cloned().unwrap_or_default();
    let columns: Vec<Column> = names.iter().map(|name| Column::new(name, "text")).collect();
    match columns::choose(&columns, choice) {
        Ok(chosen) => Ok(Layout { delimiter, has_header: true, names, chosen }),
        Err(Problem::NoCaptionColumn { columns, .. }) => {
            Err(Problem::NoCaptionColumn { columns, no_header: true })
        }
        Err(problem) => Err(problem),
    }
}

/// The layout if the first row is data: the columns are given by number, or they are a caption
/// and a web address in either order, as in CC3M and CC12M.
fn without_header(rows: &[Vec<String>], delimiter: u8, choice: &ColumnChoice) -> Option<Layout> {
    let width = rows.first()?.len();
    let number = |name: &String| {
        name.parse::<usize>().ok().filter(|number| (1..=width).contains(number)).map(|number| number - 1)
    };
    let chosen = match (&choice.caption, &choice.image) {
        (Some(caption), None) => Chosen { caption: number(caption)?, image: None },
        (Some(caption), Some(image)) => Chosen { caption: number(caption)?, image: Some(number(image)?) },
        (None, _) if width != 2 => return None,
        (None, None) if is_addresses(rows, 1) && !is_addresses(rows, 0) => {
            Chosen { caption: 0, image: Some(1) }
        }
        (None, None) if is_addresses(rows, 0) && !is_addresses(rows, 1) => {
            Chosen { caption: 1, image: Some(0) }
        }
        (None, _) => return None,
    };
    let names = (1..=width).map(|number| format!("column {number}")).collect();
    Some(Layout { delimiter, has_header: false, names, chosen })
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
