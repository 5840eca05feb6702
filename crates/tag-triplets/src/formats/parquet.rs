//! Parquet: a row an image, a row group a part.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, Int32Builder, ListBuilder, RecordBatch, StringBuilder, StructArray,
};
use arrow::datatypes::{DataType, Field, Fields, Schema};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde_json::{Value, json};

use super::Format;
use super::check::ImageKind;
use super::image_files::key;
use super::output::OutputFile;
use super::split_writer::{Finished, Shard, Split, Written};
use crate::{Image, Triplet, TripletError};

/// Keys of the file's metadata. The first holds [`Provenance`](crate::Provenance) as JSON.
pub(crate) const PROVENANCE_KEY: &str = "mine-tags.provenance";
pub(crate) const HASH_KEY: &str = "mine-tags.vocabulary_hash";
pub(crate) const SPLIT_KEY: &str = "mine-tags.split";

/// The column of images that are given in a way.
pub(crate) fn image_column(images: ImageKind) -> &'static str {
    match images {
        ImageKind::Path => "image_path",
        ImageKind::Bytes => "image",
        ImageKind::Url => "url",
    }
}

/// A Parquet file in the making.
pub(super) struct ParquetShard {
    writer: ArrowWriter<OutputFile>,
    schema: Arc<Schema>,
    rows: Rows,
}

impl Shard for ParquetShard {
    const FORMAT: Format = Format::Parquet;

    fn name(split: &Split, number: usize) -> String {
        format!("{}-{number:05}.parquet", split.name)
    }

    fn create(split: &Split, name: &str, images: ImageKind) -> Result<Self, TripletError> {
        let file = OutputFile::create(split.directory.join(name))?;
        let path = file.path().to_owned();
        let failed = |error: ParquetError| TripletError::write(&path)(error.into());
        let schema = Arc::new(schema(images));
        let properties = properties(split).map_err(failed)?;
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(failed)?;
        Ok(Self { writer, schema, rows: Rows::new(images) })
    }

    fn add(&mut self, triplet: &Triplet, before: Written) -> Result<(), TripletError> {
        self.rows.add(triplet, before.samples);
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), TripletError> {
        let written = self.rows.take(&self.schema).map_err(ParquetError::from).and_then(|batch| {
            self.writer.write(&batch)?;
            self.writer.flush()
        });
        written.map_err(|error| TripletError::write(self.writer.inner().path())(error.into()))
    }

    fn finish(self) -> Result<Finished, TripletError> {
        let path = self.writer.inner().path().to_owned();
        let file = self.writer.into_inner().map_err(|error| TripletError::write(&path)(error.into()))?;
        Ok(Finished { bytes: file.finish()?, parts: Vec::new(), annotations: Vec::new() })
    }
}

fn properties(split: &Split) -> Result<WriterProperties, ParquetError> {
    let provenance =
        serde_json::to_string(&split.provenance).map_err(|error| ParquetError::External(Box::new(error)))?;
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        // Parts alone say when a row group ends.
        .set_max_row_group_row_count(None)
        .set_key_value_metadata(Some(vec![
            KeyValue::new(PROVENANCE_KEY.to_owned(), provenance),
            KeyValue::new(HASH_KEY.to_owned(), split.provenance.vocabulary_hash.clone()),
            KeyValue::new(SPLIT_KEY.to_owned(), split.name.clone()),
        ]));
    // Image files are compressed already, and nobody asks for the smallest.
    let image = ColumnPath::from(vec!["image".to_owned(), "bytes".to_owned()]);
    builder = builder
        .set_column_compression(image.clone(), Compression::UNCOMPRESSED)
        .set_column_statistics_enabled(image.clone(), EnabledStatistics::None)
        .set_column_dictionary_enabled(image, false);
    // Hardly any value stands there twice.
    for column in ["image_id", "image_path", "url"] {
        builder = builder.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    Ok(builder.build())
}

fn list(item: DataType) -> DataType {
    DataType::List(element(item))
}

/// The item of a list, by the name that Parquet's standard gives it.
fn element(item: DataType) -> Arc<Field> {
    Arc::new(Field::new("element", item, false))
}

/// Nullable, though none is ever null: `datasets` takes no others for images.
fn image_fields() -> Fields {
    Fields::from(vec![Field::new("bytes", DataType::Binary, true), Field::new("path", DataType::Utf8, true)])
}

fn schema(images: ImageKind) -> Schema {
    let image = match images {
        ImageKind::Bytes => DataType::Struct(image_fields()),
        ImageKind::Path | ImageKind::Url => DataType::Utf8,
    };
    let fields = vec![
        Field::new("image_id", DataType::Utf8, false),
        Field::new(image_column(images), image, images == ImageKind::Bytes),
        Field::new("captions", list(DataType::Utf8), false),
        Field::new("caption_tags", list(list(DataType::Int32)), false),
        Field::new("image_tags", list(DataType::Int32), false),
        Field::new("width", DataType::Int32, true),
        Field::new("height", DataType::Int32, true),
        Field::new("split", DataType::Utf8, true),
    ];
    // pyarrow looks at the metadata of Arrow's schema alone, if a file has one.
    Schema::new_with_metadata(fields, [("huggingface".to_owned(), features(images).to_string())])
}

/// What `datasets` makes of the columns: images are shown as such. All its versions read
/// `Sequence`, the later ones as their `List`.
fn features(images: ImageKind) -> Value {
    let value = |kind: &str| json!({ "dtype": kind, "_type": "Value" });
    let sequence = |feature: Value| json!({ "feature": feature, "_type": "Sequence" });
    let image = match images {
        ImageKind::Bytes => json!({ "_type": "Image" }),
        ImageKind::Path | ImageKind::Url => value("string"),
    };
    let features = json!({
        "image_id": value("string"),
        image_column(images): image,
        "captions": sequence(value("string")),
        "caption_tags": sequence(sequence(value("int32"))),
        "image_tags": sequence(value("int32")),
        "width": value("int32"),
        "height": value("int32"),
        "split": value("string"),
    });
    json!({ "info": { "features": features } })
}

/// The rows of the part that is in the making.
struct Rows {
    image_id: StringBuilder,
    image: ImageRows,
    captions: ListBuilder<StringBuilder>,
    caption_tags: ListBuilder<ListBuilder<Int32Builder>>,
    image_tags: ListBuilder<Int32Builder>,
    width: Int32Builder,
    height: Int32Builder,
    split: StringBuilder,
}

enum ImageRows {
    Text(StringBuilder),
    Files { bytes: BinaryBuilder, path: StringBuilder },
}

impl Rows {
    fn new(images: ImageKind) -> Self {
        let tags = || ListBuilder::new(Int32Builder::new()).with_field(element(DataType::Int32));
        Self {
            image_id: StringBuilder::new(),
            image: match images {
                ImageKind::Bytes => {
                    ImageRows::Files { bytes: BinaryBuilder::new(), path: StringBuilder::new() }
                }
                ImageKind::Path | ImageKind::Url => ImageRows::Text(StringBuilder::new()),
            },
            captions: ListBuilder::new(StringBuilder::new()).with_field(element(DataType::Utf8)),
            caption_tags: ListBuilder::new(tags()).with_field(element(list(DataType::Int32))),
            image_tags: tags(),
            width: Int32Builder::new(),
            height: Int32Builder::new(),
            split: StringBuilder::new(),
        }
    }

    fn add(&mut self, triplet: &Triplet, number: u64) {
        self.image_id.append_value(&triplet.image_id);
        self.image.add(&triplet.image, number);
        triplet.captions.iter().for_each(|caption| self.captions.values().append_value(caption));
        self.captions.append(true);
        for tags in &triplet.caption_tags {
            append_tags(self.caption_tags.values(), tags);
        }
        self.caption_tags.append(true);
        append_tags(&mut self.image_tags, &triplet.image_tags);
        self.width.append_option(triplet.width.map(u32::cast_signed));
        self.height.append_option(triplet.height.map(u32::cast_signed));
        self.split.append_option(triplet.split.as_deref());
    }

    fn take(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.image_id.finish()),
            self.image.take()?,
            Arc::new(self.captions.finish()),
            Arc::new(self.caption_tags.finish()),
            Arc::new(self.image_tags.finish()),
            Arc::new(self.width.finish()),
            Arc::new(self.height.finish()),
            Arc::new(self.split.finish()),
        ];
        RecordBatch::try_new(schema.clone(), columns)
    }
}

impl ImageRows {
    fn add(&mut self, image: &Image, number: u64) {
        match (self, image) {
            (Self::Files { bytes, path }, Image::Bytes { data, extension }) => {
                bytes.append_value(data);
                path.append_value(format!("{}.{extension}", key(number)));
            }
            (Self::Text(rows), Image::Path(text) | Image::Url(text)) => rows.append_value(text),
            // A split's images are all of one kind. If they were not, the columns would differ in
            // length, which `take` reports.
            _ => {}
        }
    }

    fn take(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(rows) => Arc::new(rows.finish()),
            Self::Files { bytes, path } => {
                let columns: Vec<ArrayRef> = vec![Arc::new(bytes.finish()), Arc::new(path.finish())];
                Arc::new(StructArray::try_new(image_fields(), columns, None)?)
            }
        })
    }
}

/// Ids and pixels have been checked to be within 31 bits.
fn append_tags(column: &mut ListBuilder<Int32Builder>, tags: &[u32]) {
    tags.iter().for_each(|&tag| column.values().append_value(tag.cast_signed()));
    column.append(true);
}
