//! A damaged model is refused, or parses whatever comes to trees.
//!
//! The input is taken as a list of changes to the embedded model's payload, which is sealed anew:
//! so the checksum does not hide the checks behind it. Each change is five bytes: where (a tensor
//! by its number, then a place in it; the first number is the description of the tensors) and what
//! to write there. A first byte that is odd takes the rest as the whole file instead.
//!
//!     cargo +nightly fuzz run model

#![no_main]

#[path = "../../tests/support/trees.rs"]
mod trees;

use std::ops::Range;
use std::sync::LazyLock;

use caption_parser::model::seal;
use caption_parser::{Parser, Scratch};
use libfuzzer_sys::fuzz_target;
use trees::check_trees;

/// Bytes before the sealed payload.
const HEADER: usize = 44;

static PAYLOAD: LazyLock<&[u8]> = LazyLock::new(|| &Parser::embedded_model()[HEADER..]);

/// The description of the tensors, then the values of each.
static PARTS: LazyLock<Vec<Range<usize>>> = LazyLock::new(|| {
    let length = u64::from_le_bytes(PAYLOAD[..8].try_into().expect("eight bytes")) as usize;
    let start = 8 + length;
    let json: serde_json::Value = serde_json::from_slice(&PAYLOAD[8..start]).expect("a description");
    let tensors = json.as_object().expect("an object").values();
    let offset = |tensor: &serde_json::Value, at: usize| tensor["data_offsets"][at].as_u64();
    let values = tensors
        .filter_map(|tensor| Some(start + offset(tensor, 0)? as usize..start + offset(tensor, 1)? as usize));
    std::iter::once(0..start).chain(values).collect()
});

fn changed(changes: &[u8]) -> Vec<u8> {
    let mut payload = PAYLOAD.to_vec();
    for change in changes.as_chunks::<5>().0 {
        let [part, place @ .., byte] = *change;
        let range = &PARTS[usize::from(part) % PARTS.len()];
        let place = u32::from_le_bytes([place[0], place[1], place[2], 0]) as usize;
        if !range.is_empty() {
            payload[range.start + place % range.len()] = byte;
        }
    }
    payload
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let model = match kind % 2 {
        0 => Parser::from_bytes(&seal(&changed(rest))),
        _ => Parser::from_bytes(&seal(rest)).or_else(|_| Parser::from_bytes(rest)),
    };
    let Ok(parser) = model else { return };
    let mut scratch = Scratch::default();
    for text in ["A man's dogs don't run.", "\u{1f600} x", "UNUSUALLY longwordthatnobodyknows 3D"] {
        check_trees(parser.parse(&mut scratch, text));
    }
});
