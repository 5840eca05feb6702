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
use parquet::basic::{Compression, Encoding, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::schema::types::SchemaDescriptor;
use parquet_file::ParquetFile;

use crate::batch::{BatchBuilder, RowWriter};
use crate::columns::{self, Chosen, Column, ColumnNames, Wanted};
use crate::error::Problem;
use crate::samples::{BYTES_FIELD, PATH_FIELD, Pictures, Reference, Shows};
use crate::shard::{Opened, Source};
use crate::{SkipReason, format, parquet_schema};

/// Rows decoded at once, at most: little enough that even captions of 100 kB, repeated through a
/// dictionary page, stay within some tens of megabytes.
const READ_ROWS: usize = 512;
/// Bytes decoded at once, about.
const READ_BYTES: i64 = 1 << 20;
/// Bytes decoded at once, at most, where a dictionary repeats values nobody knows how often.
const REPEATED_BYTES: i64 = 1 << 26;
/// So many of those values are decoded at once in any case: fewer would be slow.
const REPEATED_VALUES: i64 = 32;

struct Parquet {
    reader: ParquetRecordBatchReader,
    names: ColumnNames,
    reference: Option<Reference>,
    /// What was decoded and not yet given.
    pending: Option<Pending>,
    rows_read: u64,
    total_rows: u64,
}

/// Decoded rows, and the next one among them.
struct Pending {
    captions: Captions,
    images: Option<Keys>,
    pictures: Option<Pictures>,
    splits: Option<Keys>,
    next: usize,
    len: usize,
}

/// Opens a Parquet file.
pub(crate) fn open(path: &Path, wanted: Wanted<'_>) -> Result<Opened, Problem> {
    let mut file = File::open(path)?;
    check_magic(path, &mut file)?;
    let file = ParquetFile::new(file)?;
    let metadata = file.metadata().map_err(|error| Problem::Parquet(error.to_string()))?;
    let columns = parquet_schema::columns(&metadata)?;
    let chosen = columns::choose(&columns, wanted)?;
    let names = ColumnNames::of(&chosen, |index| columns[index].info.name.clone());

    let bytes = Arc::new(parquet_schema::with_text_as_bytes(&metadata)?);
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let schema = bytes.file_metadata().schema_descr_ptr();
    let leaves = leaves(&schema, &columns, &chosen, wanted.wants_bytes());
    check_compression(&bytes, &leaves)?;
    let read_rows = read_rows(&bytes, &leaves);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(
        file,
        ArrowReaderMetadata::try_new(bytes, options)?,
    )
    .with_projection(ProjectionMask::leaves(&schema, leaves))
    .with_batch_size(read_rows)
    .build()?;
    let total_rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let reference = chosen.reference;
    let source = Parquet { reader, names: names.clone(), reference, pending: None, rows_read: 0, total_rows };
    Ok(Opened { columns: names, source: Box::new(source) })
}

/// The leaves that are to be read. Images' bytes are not among them unless they are wanted.
fn leaves(schema: &SchemaDescriptor, columns: &[Column], chosen: &Chosen, wants_bytes: bool) -> Vec<usize> {
    let name = |index: usize| columns[index].info.name.as_str();
    let whole = [Some(chosen.caption), chosen.image, chosen.split].into_iter().flatten();
    let mut leaves: Vec<usize> =
        whole.flat_map(|index| parquet_schema::leaves(schema, name(index), |_| true)).collect();
    if let Some(Reference { column, shows, .. }) = chosen.reference {
        let image = parquet_schema::leaves(schema, name(column), |field| {
            field == PATH_FIELD || (field == BYTES_FIELD && wants_bytes)
        });
        leaves.extend(image.filter(|_| wants_bytes || shows != Shows::Bytes));
    }
    leaves
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
fn check_compression(metadata: &ParquetMetaData, leaves: &[usize]) -> Result<(), Problem> {
    let mut chunks = metadata.row_groups().iter().flat_map(|group| chunks(group, leaves));
    if chunks.any(|chunk| chunk.compression() == Compression::LZO) { Err(Problem::Lzo) } else { Ok(()) }
}

/// These leaves in a row group.
fn chunks<'g>(
    group: &'g RowGroupMetaData,
    leaves: &'g [usize],
) -> impl Iterator<Item = &'g ColumnChunkMetaData> {
    (0..group.num_columns()).filter(|leaf| leaves.contains(leaf)).map(|leaf| group.column(leaf))
}

/// How many rows to decode at once so that they are about [`READ_BYTES`].
fn read_rows(metadata: &ParquetMetaData, leaves: &[usize]) -> usize {
    let fewest = metadata.row_groups().iter().map(|group| {
        let rows = group.num_rows().max(1);
        let bytes = chunks(group, leaves).map(decoded_bytes).fold(0, i64::saturating_add);
        let repeated = chunks(group, leaves).filter(|chunk| repeats(chunk));
        let most = repeated.map(|chunk| rows_of_repeated(chunk, rows)).min();
        (READ_BYTES / (bytes / rows).max(1)).min(most.unwrap_or(i64::MAX))
    });
    fewest.min().and_then(|rows| usize::try_from(rows).ok()).unwrap_or(0).clamp(1, READ_ROWS)
}

/// What values take without a dictionary, as far as the file tells.
fn decoded_bytes(chunk: &ColumnChunkMetaData) -> i64 {
    chunk.uncompressed_size().max(chunk.unencoded_byte_array_data_bytes().unwrap_or(0)).max(0)
}

/// Whether a dictionary may make a few bytes in the file many in memory.
fn repeats(chunk: &ColumnChunkMetaData) -> bool {
    let is_dictionary = |encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    let has_dictionary = chunk.dictionary_page_offset().is_some() || chunk.encodings().any(is_dictionary);
    let decoded = chunk.unencoded_byte_array_data_bytes();
    let is_small = decoded.is_some_and(|decoded| decoded / 2 <= chunk.uncompressed_size());
    chunk.column_type() == PhysicalType::BYTE_ARRAY && has_dictionary && !is_small
}

/// As many rows as fit even if each value is the dictionary's longest, which nothing tells.
fn rows_of_repeated(chunk: &ColumnChunkMetaData, rows: i64) -> i64 {
    let values = (REPEATED_BYTES / chunk.uncompressed_size().max(1)).max(REPEATED_VALUES);
    values / (chunk.num_values() / rows).max(1)
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
            if let Some(image) = pending.images.as_mut().and_then(|images| images.get(pending.next)) {
                row.image(image);
            }
            if let Some(pictures) = &pending.pictures {
                pictures.write(pending.next, &mut row);
            }
            if let Some(split) = pending.splits.as_mut().and_then(|splits| splits.get(pending.next)) {
                row.split(split);
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
        let column = |name: &Option<String>| {
            let name = name.as_deref().unwrap_or_default();
            decoded
                .column_by_name(name)
                .ok_or_else(|| Problem::Parquet(format!("column {name} was not decoded")))
        };
        let keys = |name: &Option<String>| {
            name.as_ref()
                .map(|_| column(name).map(|array| Keys { array: array.clone(), key: String::new() }))
                .transpose()
        };
        let pictures =
            self.reference.map(|reference| Pictures::of(column(&self.names.reference).ok(), reference));
        Ok(Pending {
            captions: Captions::of(column(&self.names.caption)?)?,
            images: keys(&self.names.image)?,
            pictures: pictures.transpose()?,
            splits: keys(&self.names.split)?,
            next: 0,
            len: decoded.num_rows(),
        })
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

/// A decoded column of ids or splits: text as bytes, or numbers.
struct Keys {
    array: ArrayRef,
    key: String,
}

impl Keys {
    fn get(&mut self, index: usize) -> Option<&str> {
        if self.array.is_null(index) {
            return None;
        }
        if let Some(names) = self.array.as_binary_opt::<i32>() {
            return std::str::from_utf8(names.value(index)).ok();
        }
        let options = FormatOptions::new();
        let formatter = ArrayFormatter::try_new(&self.array, &options).ok()?;
        self.key.clear();
        write!(self.key, "{}", formatter.value(index)).ok()?;
        // pandas turns whole numbers into floats as soon as one of them is missing.
        let is_float = matches!(self.array.data_type(), DataType::Float32 | DataType::Float64);
        Some(if is_float { self.key.strip_suffix(".0").unwrap_or(&self.key) } else { &self.key })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ListBuilder, StringArray, StringBuilder};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::{EnabledStatistics, WriterProperties};

    use super::*;

    /// How many rows of one column are decoded at once, with what the file tells of sizes and without.
    fn rows_at_once(captions: ArrayRef) -> [usize; 2] {
        let batch = RecordBatch::try_from_iter([("caption", captions)]).unwrap();
        let properties = WriterProperties::builder()
            .set_dictionary_page_size_limit(1 << 30)
            // Pages would have the longest captions in their headers, too.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        let metadata = writer.finish().unwrap();
        let group = metadata.row_group(0).clone();
        let untold =
            group.column(0).clone().into_builder().set_unencoded_byte_array_data_bytes(None).build().unwrap();
        let untold = group.into_builder().set_column_metadata(vec![untold]).build().unwrap();
        let untold = ParquetMetaData::new(metadata.file_metadata().clone(), vec![untold]);
        [&metadata, &untold].map(|metadata| read_rows(metadata, &[0]))
    }

    /// Found in review: 512 rows that share one caption of 2 MiB took a gigabyte.
    #[test]
    fn captions_that_a_dictionary_repeats_are_decoded_in_few_rows() {
        let of = |texts: Vec<&str>| rows_at_once(Arc::new(StringArray::from(texts)));
        let huge = "x".repeat(2 << 20);
        let [told, untold] = of(vec![&huge; 40]);
        assert!(told == 1 && (8..32).contains(&untold), "{told} {untold}");
        let long = "x".repeat(20_000);
        assert_eq!(of(vec![&long; 600]), [52, READ_ROWS]);
        assert_eq!(of(vec!["a dog"; 600]), [READ_ROWS; 2]);
        let different: Vec<String> = (0..3000).map(|number| format!("caption {number}")).collect();
        assert_eq!(of(different.iter().map(String::as_str).collect()), [READ_ROWS; 2]);
    }

    #[test]
    fn lists_that_a_dictionary_fills_are_decoded_in_few_rows() {
        let mut lists = ListBuilder::new(StringBuilder::new());
        let long = "x".repeat(1 << 20);
        for _ in 0..4 {
            lists.append_value([Some(&long); 8]);
        }
        let [told, untold] = rows_at_once(Arc::new(lists.finish()));
        assert!(told == 1 && (2..8).contains(&untold), "{told} {untold}");
    }
}
