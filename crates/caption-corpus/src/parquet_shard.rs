//! Parquet: row group by row group, the caption and image columns alone.

use std::fmt::Write;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, ListArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};

use crate::batch::{BatchBuilder, RowWriter};
use crate::error::Problem;
use crate::shard::{Opened, Source};
use crate::{ColumnChoice, SkipReason, columns, format, parquet_schema};

/// Rows decoded at once, at most: little enough that even captions of 100 kB, repeated through a
/// dictionary page, stay within some tens of megabytes.
const READ_ROWS: usize = 512;
/// Bytes decoded at once, about.
const READ_BYTES: i64 = 1 << 20;

struct Parquet {
    reader: ParquetRecordBatchReader,
    caption: String,
    image: Option<String>,
    /// What was decoded and not yet given.
    pending: Option<Pending>,
    rows_read: u64,
    total_rows: u64,
}

/// Decoded rows, and the next one among them.
struct Pending {
    captions: Captions,
    images: Option<Images>,
    next: usize,
    len: usize,
}

/// Opens a Parquet file.
pub(crate) fn open(path: &Path, choice: &ColumnChoice) -> Result<Opened, Problem> {
    let mut file = File::open(path)?;
    check_magic(path, &mut file)?;
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file)?;
    let columns = parquet_schema::columns(&metadata)?;
    let chosen = columns::choose(&columns, choice)?;
    let caption = columns[chosen.caption].info.name.clone();
    let image = chosen.image.map(|index| columns[index].info.name.clone());

    let bytes = Arc::new(parquet_schema::with_text_as_bytes(&metadata)?);
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let roots = [Some(&caption), image.as_ref()].into_iter().flatten();
    let schema = bytes.file_metadata().schema_descr_ptr();
    let roots: Vec<usize> = roots
        .filter_map(|name| schema.root_schema().get_fields().iter().position(|field| field.name() == name))
        .collect();
    check_compression(&bytes, &roots)?;
    let read_rows = read_rows(&bytes, &roots);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
        file,
        ArrowReaderMetadata::try_new(bytes, options)?,
    )
    .with_projection(ProjectionMask::roots(&schema, roots))
    .with_batch_size(read_rows)
    .build()?;
    let total_rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    Ok(Opened {
        caption_column: Some(caption.clone()),
        image_column: image.clone(),
        source: Box::new(Parquet { reader, caption, image, pending: None, rows_read: 0, total_rows }),
    })
}

fn check_magic(path: &Path, file: &mut File) -> Result<(), Problem> {
    let mut magic = [0; 4];
    if file.read_exact(&mut magic).is_err() || magic != *b"PAR1" {
        return Err(Problem::NotParquet { hint: format::not_parquet_hint(path) });
    }
    // The shortest file has both marks, a length and some metadata.
    let has_end = file.seek(SeekFrom::End(-4)).is_ok_and(|at| at >= 8) && file.read_exact(&mut magic).is_ok();
    if !has_end || magic != *b"PAR1" {
        return Err(Problem::TruncatedParquet);
    }
    Ok(())
}

/// LZO is what the library cannot read. Its own error would only come with the first rows.
fn check_compression(metadata: &ParquetMetaData, roots: &[usize]) -> Result<(), Problem> {
    let mut chunks = metadata.row_groups().iter().flat_map(|group| chunks(group, roots));
    if chunks.any(|chunk| chunk.compression() == Compression::LZO) { Err(Problem::Lzo) } else { Ok(()) }
}

/// The leaves of these columns in a row group.
fn chunks<'g>(
    group: &'g RowGroupMetaData,
    roots: &'g [usize],
) -> impl Iterator<Item = &'g ColumnChunkMetaData> {
    let schema = group.schema_descr();
    let is_chosen = move |leaf: &usize| roots.contains(&schema.get_column_root_idx(*leaf));
    (0..group.num_columns()).filter(is_chosen).map(|leaf| group.column(leaf))
}

/// How many rows to decode at once so that they are about [`READ_BYTES`].
fn read_rows(metadata: &ParquetMetaData, roots: &[usize]) -> usize {
    let widest = metadata
        .row_groups()
        .iter()
        .map(|group| {
            let sizes = chunks(group, roots).map(|chunk| chunk.uncompressed_size().max(0));
            sizes.fold(0, i64::saturating_add) / group.num_rows().max(1)
        })
        .max()
        .unwrap_or(0);
    usize::try_from(READ_BYTES / widest.max(1)).unwrap_or(0).clamp(1, READ_ROWS)
}

impl From<ParquetError> for Problem {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error.to_string())
    }
}

impl Source for Parquet {
    fn fill(&mut self, batch: &mut BatchBuilder) -> Result<bool, Problem> {
        while !batch.is_full() {
            let Some(pending) = self.pending.as_mut().filter(|pending| pending.next < pending.len) else {
                match self.reader.next().transpose().map_err(|error| Problem::Parquet(error.to_string()))? {
                    Some(decoded) => self.pending = Some(self.pending_rows(&decoded)?),
                    None => return Ok(false),
                }
                continue;
            };
            self.rows_read += 1;
            let mut row = batch.begin_row(self.rows_read);
            if let Some(images) = &mut pending.images {
                images.write(pending.next, &mut row);
            }
            pending.captions.write(pending.next, &mut row);
            pending.next += 1;
        }
        Ok(true)
    }

    fn progress(&self) -> f64 {
        if self.total_rows == 0 { 1.0 } else { self.rows_read as f64 / self.total_rows as f64 }
    }
}

impl Parquet {
    fn pending_rows(&self, decoded: &RecordBatch) -> Result<Pending, Problem> {
        let column = |name: &str| {
            decoded
                .column_by_name(name)
                .ok_or_else(|| Problem::Parquet(format!("column {name} was not decoded")))
        };
        let captions = Captions::of(column(&self.caption)?)?;
        let images = match &self.image {
            Some(name) => Some(Images { array: column(name)?.clone(), key: String::new() }),
            None => None,
        };
        Ok(Pending { captions, images, next: 0, len: decoded.num_rows() })
    }
}

/// A decoded caption column.
enum Captions {
    Single(BinaryArray),
    Lists(ListArray, BinaryArray),
}

impl Captions {
    fn of(array: &ArrayRef) -> Result<Self, Problem> {
        let unexpected = || {
            Problem::Parquet(format!("the captions decode as {}, which cannot be read", array.data_type()))
        };
        if let Some(single) = array.as_binary_opt::<i32>() {
            return Ok(Self::Single(single.clone()));
        }
        let lists = array.as_list_opt::<i32>().ok_or_else(unexpected)?;
        let elements = lists.values().as_binary_opt::<i32>().ok_or_else(unexpected)?;
        Ok(Self::Lists(lists.clone(), elements.clone()))
    }

    fn write(&self, index: usize, row: &mut RowWriter<'_>) {
        match self {
            Self::Single(captions) => write_caption(captions, index, row),
            Self::Lists(lists, _) if lists.is_null(index) => row.skip(SkipReason::Null),
            Self::Lists(lists, elements) => {
                let offsets = lists.value_offsets();
                let (start, end) = (offsets[index] as usize, offsets[index + 1] as usize);
                if start == end {
                    row.skip(SkipReason::Empty);
                }
                (start..end).for_each(|element| write_caption(elements, element, row));
            }
        }
    }
}

fn write_caption(captions: &BinaryArray, index: usize, row: &mut RowWriter<'_>) {
    if captions.is_null(index) {
        row.skip(SkipReason::Null);
    } else {
        row.caption(captions.value(index));
    }
}

/// A decoded image column: text as bytes, or numbers.
struct Images {
    array: ArrayRef,
    key: String,
}

impl Images {
    fn write(&mut self, index: usize, row: &mut RowWriter<'_>) {
        if self.array.is_null(index) {
            return;
        }
        if let Some(names) = self.array.as_binary_opt::<i32>() {
            if let Ok(name) = std::str::from_utf8(names.value(index)) {
                row.image(name);
            }
            return;
        }
        let options = FormatOptions::new();
        let Ok(formatter) = ArrayFormatter::try_new(&self.array, &options) else { return };
        self.key.clear();
        if write!(self.key, "{}", formatter.value(index)).is_err() {
            return;
        }
        // pandas turns whole numbers into floats as soon as one of them is missing.
        let is_float = matches!(self.array.data_type(), DataType::Float32 | DataType::Float64);
        let key = if is_float { self.key.strip_suffix(".0").unwrap_or(&self.key) } else { &self.key };
        row.image(key);
    }
}
