//! The files of a table, read back with other libraries than wrote them.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, UInt32Type, UInt64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tag_frequency::{FrequencyClass, KindCounts, RankPoint, RankedTag, TagTable};
use tag_vocabulary::{Tag, TagKind};

fn tag(rank: u32, name: &str, kind: TagKind, images: u64, examples: &[&str]) -> RankedTag {
    RankedTag {
        rank,
        tag: Tag::new(name, kind).unwrap(),
        mentions: 3 * images,
        captions: 2 * images,
        images,
        examples: examples.iter().map(|&text| Arc::from(text)).collect(),
    }
}

fn tags() -> Vec<RankedTag> {
    vec![
        tag(1, "man", TagKind::Object, 1200, &["a man", "\"quoted\", with comma", "naïve 犬 🐕"]),
        tag(2, "orange", TagKind::Attribute, 40, &["line\nbreak", "carriage\rreturn", ""]),
        tag(3, "orange", TagKind::Object, 5, &["=1+1", " spaces "]),
        tag(4, "sit on", TagKind::Action, 1, &[]),
    ]
}

fn read(path: &Path) -> RecordBatch {
    let file = File::open(path).unwrap();
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert!(reader.next().is_none());
    batch
}

fn strings(column: &dyn Array) -> Vec<String> {
    let column = arrow::compute::cast(column, &DataType::Utf8).unwrap();
    column.as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect()
}

#[test]
fn parquet_reads_back_with_the_arrow_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tags.parquet");
    let tags = tags();
    TagTable::new(&tags).unwrap().write_parquet(&path).unwrap();

    let batch = read(&path);
    let column = |name: &str| batch.column_by_name(name).unwrap_or_else(|| panic!("no {name}"));
    let counts = |name: &str| column(name).as_primitive::<UInt64Type>().values().to_vec();
    let of = |count: fn(&RankedTag) -> u64| tags.iter().map(count).collect::<Vec<_>>();
    let names: Vec<_> = tags.iter().map(|tag| tag.tag.name.clone()).collect();
    let kinds: Vec<_> = tags.iter().map(|tag| tag.tag.kind.to_string()).collect();
    assert_eq!(strings(column("name")), names);
    assert_eq!(strings(column("kind")), kinds);
    assert_eq!(counts("mentions"), of(|tag| tag.mentions));
    assert_eq!(counts("captions"), of(|tag| tag.captions));
    assert_eq!(counts("images"), of(|tag| tag.images));
    assert_eq!(column("rank").as_primitive::<UInt32Type>().values().to_vec(), [1, 2, 3, 4]);
    // No string views: pandas cannot take lists of them.
    assert_eq!(*column("name").data_type(), DataType::LargeUtf8);
    let examples = column("examples").as_list::<i64>();
    assert_eq!(examples.value_type(), DataType::LargeUtf8);
    for (tag, list) in tags.iter().zip(examples.iter()) {
        let expected: Vec<&str> = tag.examples.iter().map(AsRef::as_ref).collect();
        assert_eq!(strings(&list.unwrap()), expected);
    }
}

#[test]
fn csv_reads_back_field_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    TagTable::new(&tags()).unwrap().top(3).write_csv(&path).unwrap();

    let mut reader = csv::Reader::from_path(&path).unwrap();
    let header = ["name", "kind", "mentions", "captions", "images", "rank", "examples"];
    assert_eq!(reader.headers().unwrap(), &header[..]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().collect()).collect();
    let man = "a man | \"quoted\", with comma | naïve 犬 🐕";
    assert_eq!(rows[0], ["man", "object", "3600", "2400", "1200", "1", man]);
    let orange = "line\nbreak | carriage\rreturn | ";
    assert_eq!(rows[1], ["orange", "attribute", "120", "80", "40", "2", orange]);
    assert_eq!(rows[2], ["orange", "object", "15", "10", "5", "3", "=1+1 |  spaces "]);
    assert_eq!(rows.len(), 3);
}

#[test]
fn equal_tables_give_equal_files_and_an_empty_table_is_a_file_too() {
    let folder = tempfile::tempdir().unwrap();
    for tags in [tags(), Vec::new()] {
        let paths = ["a.parquet", "b.parquet"].map(|name| folder.path().join(name));
        for path in &paths {
            TagTable::new(&tags).unwrap().write_parquet(path).unwrap();
        }
        assert_eq!(fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
    }
    let path = folder.path().join("empty.csv");
    TagTable::new(&[]).unwrap().write_csv(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "name,kind,mentions,captions,images,rank,examples\n");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent").join("tags.parquet");
    let error = TagTable::new(&tags()).unwrap().write_parquet(&path).unwrap_err();
    assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
}

#[test]
fn statistics_of_a_small_table() {
    let table = TagTable::new(&tags()).unwrap();
    let kinds = table.counts_by_kind().unwrap();
    assert_eq!(kinds[0], KindCounts { kind: TagKind::Object, tags: 2, mentions: 3615 });
    assert_eq!(kinds[1], KindCounts { kind: TagKind::Scene, tags: 0, mentions: 0 });
    assert_eq!(kinds[2], KindCounts { kind: TagKind::Action, tags: 1, mentions: 3 });
    assert_eq!(kinds[3], KindCounts { kind: TagKind::Attribute, tags: 1, mentions: 120 });

    let classes = table.frequency_classes().unwrap();
    let expected = [(1, 4), (2, 3), (5, 3), (10, 2), (100, 1), (1000, 1)];
    assert_eq!(classes, expected.map(|(images, tags)| FrequencyClass { images, tags }));

    let points = table.rank_frequency(TagKind::Object).unwrap();
    assert_eq!(points, [(1, 1200), (2, 5)].map(|(rank, images)| RankPoint { rank, images }));
}

#[test]
fn rank_frequency_thins_out_but_keeps_both_ends() {
    let tag_of = |rank: u32| tag(rank, &format!("tag {rank}"), TagKind::Scene, 9000 / rank as u64, &[]);
    let tags: Vec<RankedTag> = (1..=5000).map(tag_of).collect();
    let points = TagTable::new(&tags).unwrap().rank_frequency(TagKind::Scene).unwrap();
    assert!(points.len() < 200, "{}", points.len());
    assert_eq!(points.first(), Some(&RankPoint { rank: 1, images: 9000 }));
    assert_eq!(points.last(), Some(&RankPoint { rank: 5000, images: 1 }));
    assert!((1..=16).all(|rank| points[rank as usize - 1].rank == rank));
}
