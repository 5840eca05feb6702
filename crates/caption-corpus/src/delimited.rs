//! CSV and TSV, with a header or as CC3M and CC12M come.

use std::path::Path;

use csv::ByteRecord;

use crate::batch::BatchBuilder;
use crate::bounded::Bounded;
use crate::columns::{self, Chosen, Column, ColumnNames, MAX_COLUMNS, Wanted};
use crate::error::Problem;
use crate::input::{Input, Lines, Meter};
use crate::samples::{Reference, Shows};
use crate::shard::{Opened, Source};
use crate::{Format, SampleChoice, SkipReason};

/// Lines that are looked at to learn the layout.
const SAMPLE_LINES: usize = 20;
/// The first line shows the columns and is looked at whatever its length; those behind it are if
/// they are not longer than this in all.
const SAMPLE_BYTES: usize = 1 << 20;

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
    let reader = csv::ReaderBuilder::new()
        .delimiter(layout.delimiter)
        .has_headers(layout.has_header)
        .quoting(is_quoted(layout.delimiter, layout.has_header))
        .flexible(true)
        .from_reader(Bounded::new(input.into_reader()));
    Ok(Opened {
        columns: ColumnNames::of(&layout.chosen, |index| layout.names[index].clone()),
        source: Box::new(Delimited {
            reader,
            record: ByteRecord::new(),
            layout,
            meter,
            open_quote: None,
            long_field: None,
        }),
    })
}

impl Source for Delimited {
    fn fill(&mut self, batch: &mut BatchBuilder) -> Result<bool, Problem> {
        while !batch.is_full() {
            self.reader.get_mut().begin_record();
            let passed = self.reader.get_ref().passed_lines();
            let read = self.reader.read_byte_record(&mut self.record);
            let (line, start) =
                self.record.position().map_or((1, 0), |position| (position.line() + passed, position.byte()));
            let bytes = self.reader.get_ref();
            match read {
                Ok(true) => self.row(line, batch),
                Ok(false) => {
                    let open_quote = self.open_quote.or(self.long_field.filter(|_| !bytes.ends_with_quote()));
                    return open_quote.map_or(Ok(false), |line| Err(Problem::OpenQuote { line }));
                }
                Err(_) if bytes.was_refused() => {
                    let is_quoted = is_quoted(self.layout.delimiter, self.layout.has_header);
                    let has_quote = is_quoted && bytes.has_quote_since(start);
                    return Err(if has_quote {
                        Problem::OpenQuote { line }
                    } else {
                        Problem::RecordTooLong { line }
                    });
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

/// The first lines of a file that have something in them, but for those that are too long.
fn sample(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut lines = Lines::open(path)?;
    let mut sample = Vec::new();
    let mut most = usize::MAX;
    for _ in 0..SAMPLE_LINES {
        lines.skip_white_space()?;
        let Some(line) = lines.next()? else { break };
        match line.bytes {
            Some(bytes) if bytes.len() < most - sample.len() => {
                sample.extend_from_slice(bytes);
                sample.push(b'\n');
            }
            None if sample.is_empty() => return Err(Problem::FirstLineTooLong),
            _ => {}
        }
        most = most.min(sample.len() + SAMPLE_BYTES);
    }
    if sample.is_empty() { Err(Problem::Empty) } else { Ok(sample) }
}

fn layout(sample: &[u8], format: Format, wanted: Wanted<'_>) -> Result<Layout, Problem> {
    let usual: &[u8] = if format == Format::Tsv { b"\t" } else { b",\t;|" };
    let headed = |delimiter| with_header(&rows(sample, delimiter, true)?, delimiter, wanted);
    let mut problem = None;
    for &delimiter in usual {
        let named = headed(delimiter);
        let plain = rows(sample, delimiter, is_quoted(delimiter, false));
        let is_table = plain.as_ref().map_or(true, |plain| plain.first().is_some_and(|row| row.len() > 1));
        let numbered = || without_header(plain.as_ref().ok()?, delimiter, wanted);
        match named.or_else(|problem| numbered().ok_or(problem)) {
            Ok(layout) => return Ok(layout),
            Err(found) => problem = problem.or(is_table.then_some(found)),
        }
    }
    // By no delimiter is there more than one column.
    problem.map_or_else(|| headed(usual.first().copied().unwrap_or(b',')), Err)
}

/// CC3M and CC12M, tables of tabs without a header, were written without quoting: a quote there
/// is a character like any other.
fn is_quoted(delimiter: u8, has_header: bool) -> bool {
    has_header || delimiter != b'\t'
}

/// The first records. As the fields of a wide line take far more than their bytes if each stands
/// alone, they stay in one piece.
fn rows(sample: &[u8], delimiter: u8, quoting: bool) -> Result<Vec<ByteRecord>, Problem> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(quoting)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample);
    let mut rows = Vec::new();
    let mut row = ByteRecord::new();
    while rows.len() < SAMPLE_LINES && reader.read_byte_record(&mut row).unwrap_or(false) {
        if rows.is_empty() && row.len() > MAX_COLUMNS {
            return Err(Problem::TooManyColumns { count: row.len() });
        }
        rows.push(std::mem::take(&mut row));
    }
    Ok(rows)
}

/// A field as text, without white space around it.
fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).trim().to_owned()
}

/// The layout if the first row holds the columns' names.
fn with_header(rows: &[ByteRecord], delimiter: u8, wanted: Wanted<'_>) -> Result<Layout, Problem> {
    let names: Vec<String> = rows.first().map_or(Vec::new(), |row| row.iter().map(text).collect());
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
fn without_header(rows: &[ByteRecord], delimiter: u8, wanted: Wanted<'_>) -> Option<Layout> {
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
fn caption_and_address(rows: &[ByteRecord], wanted: Wanted<'_>) -> Option<Chosen> {
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
fn is_addresses(rows: &[ByteRecord], column: usize) -> bool {
    let is_address = |row: &ByteRecord| {
        row.get(column).is_some_and(|field| {
            let field = text(field).to_ascii_lowercase();
            (field.starts_with("http://") || field.starts_with("https://"))
                && !field.contains(char::is_whitespace)
        })
    };
    rows.first().is_some_and(is_address) && rows.iter().filter(|row| is_address(row)).count() * 2 > rows.len()
}
