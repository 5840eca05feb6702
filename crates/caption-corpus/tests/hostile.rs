//! Files made to cost more than they should: found in review, each once ran for minutes or hours,
//! or filled the memory.

mod common;

use std::fmt::Write;

use common::{Folder, read};

/// 80,000 names, each compared with all before it, took minutes.
#[test]
fn records_of_many_fields_are_learned_in_one_go() {
    let folder = Folder::new();
    let mut line = "{\"caption\":\"a dog\"".to_owned();
    for number in 0..80_000 {
        write!(line, ",\"k{number}\":1").unwrap();
    }
    line.push_str("}\n{\"caption\":\"a cat\"}\n");
    assert_eq!(read(&folder.write("wide.jsonl", line)).texts(), ["a dog", "a cat"]);
}
