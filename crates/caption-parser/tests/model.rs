//! Model files that are not what they should be, and models that are used together.

#[path = "support/trees.rs"]
mod trees;

use std::path::Path;
use std::sync::LazyLock;

use caption_parser::model::seal;
use caption_parser::{Parser, Scratch};
use proptest::prelude::*;
use trees::check_trees;

/// Bytes before the sealed payload: the magic word, the version and the checksum.
const HEADER: usize = 44;

static PAYLOAD: LazyLock<&[u8]> = LazyLock::new(|| &Parser::embedded_model()[HEADER..]);

/// Reads a payload as if it were sound. It must be refused, or parse whatever comes to trees.
fn check(payload: &[u8]) {
    let Ok(parser) = Parser::from_bytes(&seal(payload)) else { return };
    let mut scratch = Scratch::default();
    for text in ["A man's dogs don't run.", "\u{1f600} x", "The UNUSUALLY longwordthatnobodyknowsofatall 3D"]
    {
        check_trees(parser.parse(&mut scratch, text));
    }
}

/// Bytes of the description of the tensors that the payload begins with.
fn description() -> usize {
    8 + u64::from_le_bytes(PAYLOAD[..8].try_into().unwrap()) as usize
}

/// Where the values of a tensor lie in the payload.
fn values_of(name: &str) -> std::ops::Range<usize> {
    let json: serde_json::Value = serde_json::from_slice(&PAYLOAD[8..description()]).unwrap();
    let offset = |index: usize| description() + json[name]["data_offsets"][index].as_u64().unwrap() as usize;
    offset(0)..offset(1)
}

fn tensors() -> Vec<String> {
    let json: serde_json::Value = serde_json::from_slice(&PAYLOAD[8..description()]).unwrap();
    let names = json.as_object().unwrap().keys().filter(|name| *name != "__metadata__");
    names.cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Damage that the checksum does not tell of: bytes changed anywhere, then sealed anew.
    #[test]
    fn a_damaged_payload_never_panics(
        tensor in prop::sample::select(tensors()),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        in_description in prop::bool::weighted(0.3),
    ) {
        let mut payload = PAYLOAD.to_vec();
        let range = if in_description { 0..description() } else { values_of(&tensor) };
        for (index, byte) in places {
            payload[range.start + index.index(range.len())] = byte;
        }
        check(&payload);
    }

    #[test]
    fn a_cut_payload_never_panics(length in 0.0f64..1.0) {
        check(&PAYLOAD[..(PAYLOAD.len() as f64 * length.powi(4)) as usize]);
    }

    /// The largest numbers that f32 has, and those whose products are larger, in every value of a
    /// tensor.
    #[test]
    fn huge_weights_never_panic(
        tensor in prop::sample::select(tensors()),
        value in prop::sample::select(vec![
            f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e30, -1e30, 0.0, -0.0, f32::NAN,
        ]),
    ) {
        let mut payload = PAYLOAD.to_vec();
        fill(&mut payload, &tensor, value);
        check(&payload);
    }
}

#[test]
fn damaged_files_are_refused() {
    let file = Parser::embedded_model();
    for length in [0, 7, 44, 1000, file.len() / 2, file.len() - 1] {
        assert!(Parser::from_bytes(&file[..length]).is_err(), "{length} bytes");
    }
    let mut flipped = file.to_vec();
    flipped[file.len() / 3] ^= 0x10;
    assert!(Parser::from_bytes(&flipped).is_err());
    let error = Parser::load(Path::new("no/such.model")).err().unwrap();
    assert!(error.to_string().contains("no/such.model"), "{error}");
}

#[test]
fn a_damaged_vocabulary_is_refused() {
    for name in ["pieces.fst", "forms.fst", "lemma.lexicon", "lemma.endings"] {
        let mut payload = PAYLOAD.to_vec();
        let range = values_of(name);
        payload[range.start + range.len() / 2] ^= 1;
        let error = Parser::from_bytes(&seal(&payload)).err().unwrap();
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
}

fn fill(payload: &mut [u8], tensor: &str, value: f32) {
    for bytes in payload[values_of(tensor)].as_chunks_mut().0 {
        *bytes = value.to_le_bytes();
    }
}

/// Scales that are numbers, but whose quotient is none.
#[test]
fn scales_too_far_apart_are_refused() {
    let fused = ["upos", "arc.dependent", "arc.head", "relation.dependent", "relation.head"];
    let maps: [(&str, &[&str]); 5] = [
        ("upos", &fused),
        ("relation.head", &fused),
        ("relation", &["relation"]),
        ("layer1", &["layer1"]),
        ("projection", &["projection"]),
    ];
    for (map, siblings) in maps {
        let mut payload = PAYLOAD.to_vec();
        siblings.iter().for_each(|name| fill(&mut payload, &format!("{name}.input_scale"), 1e-30));
        fill(&mut payload, &format!("{map}.scale"), f32::MAX);
        let error = Parser::from_bytes(&seal(&payload)).err().unwrap().to_string();
        assert!(error.contains(&format!("{map}.scale: ")), "{error}");
    }
}

/// The largest sums of a product would not fit an i32.
#[test]
fn a_weight_of_minus_128_is_refused() {
    for name in ["upos", "layer0", "arc.bilinear"] {
        let mut payload = PAYLOAD.to_vec();
        payload[values_of(name).end - 1] = i8::MIN as u8;
        let error = Parser::from_bytes(&seal(&payload)).err().unwrap().to_string();
        assert!(error.ends_with(&format!("{name}: a weight of -128")), "{error}");
    }
}

#[test]
fn scales_that_are_not_positive_are_refused() {
    for name in ["upos.input_scale", "layer0.input_scale", "arc.query_scale", "arc.key_scale"] {
        for value in [0.0, -1.0] {
            let mut payload = PAYLOAD.to_vec();
            fill(&mut payload, name, value);
            let error = Parser::from_bytes(&seal(&payload)).err().unwrap().to_string();
            assert!(error.contains(&format!("{name}: ")), "{error}");
        }
    }
}

/// What a scratch keeps of one model's words must not be used by another.
#[test]
fn one_scratch_serves_several_models() {
    let mut payload = PAYLOAD.to_vec();
    payload[values_of("forms")].fill(0);
    payload[values_of("affixes")].fill(0);
    payload[values_of("projection")].fill(0);
    let (one, other) = (Parser::embedded().unwrap(), Parser::from_bytes(&seal(&payload)).unwrap());
    let text = "a man riding a skateboard down the side of a ramp";
    let wanted = other.parse(&mut Scratch::default(), text).clone();
    assert_ne!(&wanted, one.parse(&mut Scratch::default(), text), "the models must differ");
    let mut scratch = Scratch::default();
    one.parse(&mut scratch, text);
    assert_eq!(other.parse(&mut scratch, text), &wanted);
}
