//! What columns a Parquet file has, and how they are to be read.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::{ConvertedType, Type as PhysicalType};
use parquet::errors::Result;
use parquet::file::metadata::{FileMetaData, ParquetMetaData};
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use crate::columns::Column;
use crate::samples::{BYTES_FIELD, PATH_FIELD, Shows};

/// The columns of a file, with the types that their writer gave them.
pub(crate) fn columns(metadata: &ParquetMetaData) -> Result<Vec<Column>> {
    let file = metadata.file_metadata();
    // The writer's own Arrow schema tells more, but may be unreadable where the columns are not.
    let schema: Schema = parquet_to_arrow_schema(file.schema_descr(), file.key_value_metadata())
        .or_else(|_| parquet_to_arrow_schema(file.schema_descr(), None))?;
    let columns = schema.fields().iter().map(|field| Column {
        holds_captions: holds_captions(field.data_type()),
        names_images: names_images(field.data_type()),
        shows: shows(field.data_type()),
        ..Column::new(field.name(), type_words(field.data_type()))
    });
    Ok(columns.collect())
}

/// The same file with every text column declared as bytes.
///
/// Read so, a single caption that is not UTF-8 is seen as such and skipped; read as text, it
/// would end the whole file. It also leaves one type where Arrow has six.
pub(crate) fn with_text_as_bytes(metadata: &ParquetMetaData) -> Result<ParquetMetaData> {
    let file = metadata.file_metadata();
    let schema = SchemaDescriptor::new(without_text(&file.schema_descr().root_schema_ptr())?);
    let file = FileMetaData::new(file.version(), file.num_rows(), None, None, Arc::new(schema), None);
    Ok(ParquetMetaData::new(file, metadata.row_groups().to_vec()))
}

/// The leaves of a column: of a struct only those fields that are to be kept.
pub(crate) fn leaves(
    schema: &SchemaDescriptor,
    column: &str,
    keeps: impl Fn(&str) -> bool,
) -> impl Iterator<Item = usize> {
    let root = schema.root_schema().get_fields().iter().position(|field| field.name() == column);
    (0..schema.num_columns()).filter(move |&leaf| {
        let parts = schema.column(leaf).path().parts().to_vec();
        root == Some(schema.get_column_root_idx(leaf)) && parts.get(1).is_none_or(|field| keeps(field))
    })
}

fn without_text(node: &TypePtr) -> Result<TypePtr> {
    let info = node.get_basic_info();
    let id = info.has_id().then(|| info.id());
    if node.is_group() {
        let fields = node.get_fields().iter().map(without_text).collect::<Result<Vec<_>>>()?;
        let mut group = Type::group_type_builder(node.name())
            .with_converted_type(info.converted_type())
            .with_logical_type(info.logical_type_ref().cloned())
            .with_fields(fields)
            .with_id(id);
        if info.has_repetition() {
            group = group.with_repetition(info.repetition());
        }
        return Ok(Arc::new(group.build()?));
    }
    let is_text =
        matches!(info.converted_type(), ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON);
    if node.get_physical_type() != PhysicalType::BYTE_ARRAY || !is_text {
        return Ok(node.clone());
    }
    let bytes = Type::primitive_type_builder(node.name(), PhysicalType::BYTE_ARRAY)
        .with_repetition(info.repetition())
        .with_id(id);
    Ok(Arc::new(bytes.build()?))
}

fn holds_captions(data_type: &DataType) -> bool {
    let element = list_element(data_type).unwrap_or(data_type);
    is_text(element) || is_bytes(element)
}

fn names_images(data_type: &DataType) -> bool {
    is_text(data_type) || data_type.is_integer() || matches!(data_type, DataType::Float32 | DataType::Float64)
}

fn shows(data_type: &DataType) -> Option<Shows> {
    let DataType::Struct(fields) = data_type else {
        let bytes = is_bytes(data_type).then_some(Shows::Bytes);
        return if is_text(data_type) { Some(Shows::Reference) } else { bytes };
    };
    let field = |name: &str| fields.iter().find(|field| field.name() == name).map(|field| field.data_type());
    let has_bytes = field(BYTES_FIELD).is_some_and(is_bytes);
    (has_bytes && field(PATH_FIELD).is_none_or(is_text)).then_some(Shows::BytesAndPath)
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

fn is_bytes(data_type: &DataType) -> bool {
    match data_type {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => true,
        DataType::Dictionary(_, value) => is_bytes(value),
        _ => false,
    }
}

fn list_element(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::ListView(field)
        | DataType::LargeListView(field) => Some(field.data_type()),
        _ => None,
    }
}

fn type_words(data_type: &DataType) -> String {
    if let Some(element) = list_element(data_type) {
        return format!("list of {}", plural(&type_words(element)));
    }
    match data_type {
        other if is_text(other) => "string".to_owned(),
        other if is_bytes(other) => "bytes".to_owned(),
        DataType::Null => "null".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        other if other.is_integer() => "integer".to_owned(),
        other if other.is_numeric() => "number".to_owned(),
        DataType::Struct(fields) => {
            let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            format!("struct of {}", names.join(", "))
        }
        other => other.to_string().to_lowercase(),
    }
}

fn plural(words: &str) -> String {
    match words.split_once(' ') {
        Some((noun, rest)) => format!("{noun}s {rest}"),
        None if words.ends_with('s') => words.to_owned(),
        None => format!("{words}s"),
    }
}
