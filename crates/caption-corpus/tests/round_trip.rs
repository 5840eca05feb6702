//! What is written in any format is read back the same.

mod common;

use arrow::array::StringArray;
use common::{Folder, array, read};
use proptest::prelude::*;

/// Captions as they are given back: not empty, and without white space around them.
fn captions() -> impl Strategy<Value = Vec<String>> {
    let caption = prop_oneof![any::<String>(), "[a-z ,;\"'\\t\n\\\\|]{1,30}", "\\PC{1,20}"]
        .prop_map(|text| text.trim().to_owned())
        .prop_filter("not empty", |text| !text.is_empty());
    prop::collection::vec(caption, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn captions_survive_every_format(texts in captions()) {
        let folder = Folder::new();
        let json: Vec<serde_json::Value> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| serde_json::json!({"caption": text, "image_id": number}))
            .collect();
        let lines: String = json.iter().map(|record| format!("{record}\n")).collect();
        let list = serde_json::to_string_pretty(&json).unwrap();
        let coco = serde_json::json!({"images": json, "annotations": json}).to_string();
        let table = |delimiter: u8| {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            writer.write_record(["image_id", "caption"]).unwrap();
            for (number, text) in texts.iter().enumerate() {
                writer.write_record([&number.to_string(), text]).unwrap();
            }
            writer.into_inner().unwrap()
        };
        let ids = array(StringArray::from_iter_values((0..texts.len()).map(|number| number.to_string())));
        let files = [
            folder.write("a.jsonl", lines),
            folder.write("a.json", list),
            folder.write("coco.json", coco),
            folder.write("a.csv", table(b',')),
            folder.write("a.tsv", table(b'\t')),
            folder.parquet("a.parquet", vec![("image_id", ids), ("caption", array(StringArray::from(texts.clone())))], 7),
        ];
        for path in files {
            let read = read(&path);
            prop_assert_eq!(read.texts(), texts.iter().map(String::as_str).collect::<Vec<_>>(), "{}", path.display());
            let images: Vec<String> = (0..texts.len()).map(|number| number.to_string()).collect();
            prop_assert_eq!(read.images(), images);
            prop_assert_eq!(read.skipped.total(), 0);
        }
    }
}
