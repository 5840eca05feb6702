//! Reads Parquet, a row group at a time.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet_file::{MetadataError, ParquetFile};

use super::source::{Content, SourceFile};
use crate::formats::check::ImageKind;
use crate::formats::parquet::{PROVENANCE_KEY, SPLIT_KEY, image_column};
use crate::{Format, Image, Provenance, Triplet, TripletError};

/// Rows decoded at once.
const BATCH_ROWS: usize = 512;

struct ParquetContent {
    metadata: ArrowReaderMetadata,
}

/// Opens a file and reads what stands at its end.
pub(super) fn open(path: &Path) -> Result<SourceFile, TripletError> {
    let at_end = |reason: String| TripletError::broken(path, "metadata at the end", reason);
    let file = open_file(path)?;
    let read = || {
        ArrowReaderMetadata::try_new(Arc::new(file.metadata()?), ArrowReaderOptions::new())
            .map_err(MetadataError::from)
    };
    let metadata = panic_guard::catch(read).map_err(at_end)?.map_err(|error| at_end(error.to_string()))?;
    let value = |key: &str| {
        let pairs = metadata.metadata().file_metadata().key_value_metadata();
        let pair = pairs.into_iter().flatten().find(|pair| pair.key == key);
        pair.and_then(|pair| pair.value.clone()).ok_or_else(|| {
            at_end(format!("it does not give {key}: `mine-tags triplets` did not write this file"))
        })
    };
    let provenance: Provenance = serde_json::from_str(&value(PROVENANCE_KEY)?)
        .map_err(|error| at_end(format!("{PROVENANCE_KEY}: {error}")))?;
    let split = value(SPLIT_KEY)?;
    let groups = metadata.metadata().row_groups();
    let parts = groups.iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).collect();
    let content = Box::new(ParquetContent { metadata });
    Ok(SourceFile { path: path.to_owned(), format: Format::Parquet, split, provenance, parts, content })
}

fn open_file(path: &Path) -> Result<ParquetFile, TripletError> {
    File::open(path).and_then(ParquetFile::new).map_err(TripletError::read(path))
}

impl Content for ParquetContent {
    fn decode(&self, path: &Path, part: usize) -> Result<Vec<Triplet>, TripletError> {
        let file = open_file(path)?;
        self.read_group(file, part)
            .map_err(|error| TripletError::broken(path, format!("row group {part}"), error))
    }
}

impl ParquetContent {
    fn read_group(&self, file: ParquetFile, group: usize) -> Result<Vec<Triplet>, ParquetError> {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![group])
            .with_batch_size(BATCH_ROWS)
            .build()?;
        let mut triplets = Vec::new();
        for batch in reader {
            let columns = Columns::of(&batch?)?;
            for row in 0..columns.image_id.len() {
                triplets.push(columns.triplet(row)?);
            }
        }
        Ok(triplets)
    }
}

/// The columns of some rows.
struct Columns {
    image_id: StringArray,
    image: Images,
    captions: ListArray,
    caption_tags: ListArray,
    image_tags: ListArray,
    width: Int32Array,
    height: Int32Array,
    split: StringArray,
}

enum Images {
    Path(StringArray),
    Url(StringArray),
    Files(arrow::array::BinaryArray, StringArray),
}

impl Columns {
    fn of(batch: &RecordBatch) -> Result<Self, ParquetError> {
        Ok(Self {
            image_id: strings(batch, "image_id")?,
            image: Images::of(batch)?,
            captions: lists(batch, "captions")?,
            caption_tags: lists(batch, "caption_tags")?,
            image_tags: lists(batch, "image_tags")?,
            width: integers(batch, "width")?,
            height: integers(batch, "height")?,
            split: strings(batch, "split")?,
        })
    }

    fn triplet(&self, row: usize) -> Result<Triplet, ParquetError> {
        let captions = self.captions.value(row);
        let captions = captions.as_string_opt::<i32>().ok_or_else(|| wrong("captions"))?;
        let caption_tags = self.caption_tags.value(row);
        let caption_tags = caption_tags.as_list_opt::<i32>().ok_or_else(|| wrong("caption_tags"))?;
        Ok(Triplet {
            image_id: self.image_id.value(row).to_owned(),
            image: self.image.get(row)?,
            captions: captions.iter().flatten().map(str::to_owned).collect(),
            caption_tags: (0..caption_tags.len())
                .map(|caption| tags(&caption_tags.value(caption), "caption_tags"))
                .collect::<Result<_, _>>()?,
            image_tags: tags(&self.image_tags.value(row), "image_tags")?,
            width: pixels(&self.width, row),
            height: pixels(&self.height, row),
            split: self.split.is_valid(row).then(|| self.split.value(row).to_owned()),
        })
    }
}

impl Images {
    fn of(batch: &RecordBatch) -> Result<Self, ParquetError> {
        let has = |images| batch.column_by_name(image_column(images)).is_some();
        if has(ImageKind::Path) {
            return Ok(Self::Path(strings(batch, image_column(ImageKind::Path))?));
        }
        if has(ImageKind::Url) {
            return Ok(Self::Url(strings(batch, image_column(ImageKind::Url))?));
        }
        let name = image_column(ImageKind::Bytes);
        let files = column(batch, name)?.as_struct_opt().ok_or_else(|| wrong(name))?;
        let bytes = files.column_by_name("bytes").and_then(|column| column.as_binary_opt::<i32>());
        let paths = files.column_by_name("path").and_then(|column| column.as_string_opt::<i32>());
        let (bytes, paths) = bytes.zip(paths).ok_or_else(|| wrong(name))?;
        Ok(Self::Files(bytes.clone(), paths.clone()))
    }

    fn get(&self, row: usize) -> Result<Image, ParquetError> {
        Ok(match self {
            Self::Path(paths) => Image::Path(paths.value(row).to_owned()),
            Self::Url(urls) => Image::Url(urls.value(row).to_owned()),
            Self::Files(bytes, paths) => {
                let extension = paths.value(row).rsplit_once('.').ok_or_else(|| wrong("image"))?.1;
                Image::Bytes { data: bytes.value(row).to_owned(), extension: extension.to_owned() }
            }
        })
    }
}

fn wrong(column: &str) -> ParquetError {
    ParquetError::General(format!("column {column} is missing or not as `mine-tags triplets` writes it"))
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ParquetError> {
    batch.column_by_name(name).ok_or_else(|| wrong(name))
}

fn strings(batch: &RecordBatch, name: &str) -> Result<StringArray, ParquetError> {
    column(batch, name)?.as_string_opt::<i32>().cloned().ok_or_else(|| wrong(name))
}

fn integers(batch: &RecordBatch, name: &str) -> Result<Int32Array, ParquetError> {
    column(batch, name)?.as_primitive_opt::<Int32Type>().cloned().ok_or_else(|| wrong(name))
}

fn lists(batch: &RecordBatch, name: &str) -> Result<ListArray, ParquetError> {
    column(batch, name)?.as_list_opt::<i32>().cloned().ok_or_else(|| wrong(name))
}

/// Ids are never negative; one that is becomes too large, which the check of triplets reports.
fn tags(column: &ArrayRef, name: &str) -> Result<Vec<u32>, ParquetError> {
    let column = column.as_primitive_opt::<Int32Type>().ok_or_else(|| wrong(name))?;
    Ok(column.values().iter().map(|tag| tag.cast_unsigned()).collect())
}

fn pixels(column: &Int32Array, row: usize) -> Option<u32> {
    column.is_valid(row).then(|| column.value(row).cast_unsigned())
}
