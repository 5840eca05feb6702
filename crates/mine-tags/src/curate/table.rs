//! The vocabulary as a Parquet file.

use std::sync::Arc;

use anyhow::Result;
use arrow::array::{
    ArrayRef, BooleanArray, ListBuilder, RecordBatch, StringArray, StringBuilder, UInt32Array, UInt64Array,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use tag_vocabulary::{Entry, Vocabulary};

/// The bytes of a file with a row a tag in the order of the ids: `id`, `name`, `kind`, `muted`,
/// `merged` (a list of name/kind), `mentions`, `captions`, `images`.
pub fn to_parquet(vocabulary: &Vocabulary) -> Result<Vec<u8>> {
    let batch = rows(vocabulary)?;
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut file = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
    file.write(&batch)?;
    Ok(file.into_inner()?)
}

fn rows(vocabulary: &Vocabulary) -> Result<RecordBatch> {
    let entries = vocabulary.entries();
    let count = |of: fn(&Entry) -> u64| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(entries.iter().map(of)))
    };
    let text = |of: fn(&Entry) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(entries.iter().map(of)))
    };
    let ids = UInt32Array::from_iter_values((0..).zip(entries).map(|(id, _)| id));
    let muted = BooleanArray::from_iter(entries.iter().map(|entry| Some(entry.muted)));
    let mut merged = ListBuilder::new(StringBuilder::new());
    for entry in entries {
        entry.merged.iter().for_each(|tag| merged.values().append_value(tag.to_string()));
        merged.append(true);
    }
    let columns: [(&str, ArrayRef); 8] = [
        ("id", Arc::new(ids)),
        ("name", text(|entry| &entry.tag.name)),
        ("kind", text(|entry| entry.tag.kind.as_str())),
        ("muted", Arc::new(muted)),
        ("merged", Arc::new(merged.finish())),
        ("mentions", count(|entry| entry.mentions)),
        ("captions", count(|entry| entry.captions)),
        ("images", count(|entry| entry.images)),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}
