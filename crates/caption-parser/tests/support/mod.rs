//! What tests and benches share.

use std::path::Path;

/// The captions of `corpora/demo.jsonl`.
pub fn demo_captions() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/demo.jsonl");
    let text = std::fs::read_to_string(path).expect("the demo corpus is there");
    let caption = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("the demo corpus is JSON");
        row["caption"].as_str().map(str::to_owned)
    };
    text.lines().filter_map(caption).collect()
}
