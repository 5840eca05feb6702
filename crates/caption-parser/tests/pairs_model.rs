//! Files of pair networks that are not what they should be.

#[path = "support/networks.rs"]
mod networks;

use caption_parser::pairs::{MOST_TABLES, Pair, PairMemory, PairNetwork, probabilities, seal};
use caption_parser::{ModelError, Parser, model};
use networks::Shape;
use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn tensors(payload: &[u8]) -> Vec<Tensor> {
    let tensor = |(name, view): (&str, TensorView<'_>)| {
        (name.to_owned(), view.dtype(), view.shape().to_vec(), view.data().to_vec())
    };
    let mut all: Vec<Tensor> = SafeTensors::deserialize(payload).unwrap().iter().map(tensor).collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

fn serialize(tensors: &[Tensor]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn read(payload: &[u8]) -> Result<PairNetwork, ModelError> {
    PairNetwork::from_bytes(&seal(payload), Parser::embedded().unwrap())
}

/// Reads a payload as if it were sound. It must be refused, or score whatever comes.
fn check(payload: &[u8]) {
    let Ok(network) = read(payload) else { return };
    let vectors: Vec<f32> = (0..3 * network.width()).map(|at| (at as f32).sin() * 2.0).collect();
    let (mut memory, mut shares) = (PairMemory::default(), Vec::new());
    network.encode(&mut memory, &vectors, &vec![3; 3 * network.word_tables()]);
    let mut check_shares = |logits: &[f32]| {
        probabilities(logits, &mut shares);
        let sum: f32 = shares.iter().sum();
        assert!((sum - 1.0).abs() < 1e-3, "{logits:?}");
    };
    (0..3).for_each(|word| check_shares(memory.word_logits(word)));
    for name in ["link", "relation"] {
        if let Some(head) = network.head(name) {
            network.score(&mut memory, head, &[Pair { first: 2, second: 0, rows: [2; MOST_TABLES] }]);
            check_shares(memory.pair_logits(0));
        }
    }
}

/// The error of a payload with one tensor changed.
fn refusal(name: &str, change: impl FnOnce(&mut Tensor)) -> String {
    let mut all = tensors(&Shape::default().payload(1));
    change(all.iter_mut().find(|tensor| tensor.0 == name).unwrap());
    read(&serialize(&all)).err().expect("it is refused").to_string()
}

fn number() -> impl Strategy<Value = f32> {
    prop::sample::select(vec![f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e30, -1e30, 0.0, -0.0, f32::NAN])
}

proptest! {
    /// Damage that the checksum does not tell of: bytes changed anywhere, then sealed anew.
    #[test]
    fn a_damaged_payload_never_panics(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        in_description in any::<bool>(),
    ) {
        let mut payload = Shape::default().payload(1);
        let description = 8 + u64::from_le_bytes(payload[..8].try_into().unwrap()) as usize;
        let length = if in_description { description } else { payload.len() };
        places.iter().for_each(|(index, byte)| payload[index.index(length)] = *byte);
        check(&payload);
    }

    #[test]
    fn a_cut_payload_never_panics(length in 0.0f64..1.0) {
        let payload = Shape::default().payload(1);
        check(&payload[..(payload.len() as f64 * length.powi(4)) as usize]);
    }

    /// Extreme numbers in every value of some tensors.
    #[test]
    fn huge_weights_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), number()), 1..4),
    ) {
        let mut all = tensors(&Shape::default().payload(1));
        for (index, value) in changes {
            let at = index.index(all.len());
            if all[at].1 == Dtype::F32 {
                all[at].3.as_chunks_mut().0.iter_mut().for_each(|bytes| *bytes = value.to_le_bytes());
            }
        }
        check(&serialize(&all));
    }

    /// Whatever the lines say, also of sizes that would not fit memory.
    #[test]
    fn strange_heads_never_panic(
        lines in prop::collection::vec("(link|relation|word|) ?(16|0|8|32|512|99999999999) ?[0-9]{0,20} [0-9]", 0..5),
    ) {
        let mut all = tensors(&Shape::default().payload(1));
        let heads = all.iter_mut().find(|tensor| tensor.0 == "heads").unwrap();
        heads.3 = lines.join("\n").into_bytes();
        heads.2 = vec![heads.3.len()];
        check(&serialize(&all));
    }

    /// A tensor left out, or of another shape.
    #[test]
    fn every_tensor_is_needed_in_its_shape(index in any::<prop::sample::Index>(), left_out in any::<bool>()) {
        let mut all = tensors(&Shape::default().payload(1));
        all.retain(|tensor| tensor.0 != "blob");
        let tensor = all.remove(index.index(all.len()));
        let name = tensor.0.clone();
        if !left_out {
            let (_, dtype, shape, bytes) = tensor;
            let size = bytes.len() / shape.iter().product::<usize>();
            let mut longer = bytes.clone();
            longer.extend_from_slice(&bytes[..bytes.len() / shape[0]]);
            let shape = [&[longer.len() / size / shape[1..].iter().product::<usize>()], &shape[1..]].concat();
            all.push((name.clone(), dtype, shape, longer));
        }
        let error = read(&serialize(&all)).err().expect("it is refused").to_string();
        // A table's rows are counted by its scales.
        let culprit = if left_out { name.as_str() } else { name.trim_end_matches(".scale") };
        prop_assert!(error.contains(culprit), "{} {}", culprit, error);
    }
}

#[test]
fn other_files_are_refused() {
    let parser = Parser::embedded().unwrap();
    let refused = |file: &[u8]| PairNetwork::from_bytes(file, parser).err().unwrap().to_string();
    assert!(refused(Parser::embedded_model()).contains("no pair network"));
    let file = Shape::default().file(1);
    assert!(Parser::from_bytes(&file).err().unwrap().to_string().contains("no parser model"));
    for length in [0, 7, 44, 1000, file.len() - 1] {
        refused(&file[..length]);
    }
    let mut flipped = file.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&flipped), "the pair network is damaged: its checksum does not match");
}

#[test]
fn another_parser_is_refused() {
    let mut payload = Parser::embedded_model()[44..].to_vec();
    let start = 8 + u64::from_le_bytes(payload[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&payload[8..start]).unwrap();
    let weight = start + json["forms"]["data_offsets"][0].as_u64().unwrap() as usize;
    payload[weight] = u8::from(payload[weight] == 0);
    let other = Parser::from_bytes(&model::seal(&payload)).unwrap();
    let error = PairNetwork::from_bytes(&Shape::default().file(1), &other).err().unwrap();
    let (own, embedded) = (other.model_hash(), Parser::embedded().unwrap().model_hash());
    assert!(
        matches!(&error, ModelError::OtherParser { wanted, found } if wanted == embedded && found == own)
    );
    assert!(error.to_string().contains(own) && error.to_string().contains(embedded), "{error}");
    let error = refusal("parser", |tensor| tensor.3[5] = b'x');
    assert!(error.contains("parser: ") && error.contains("no hexadecimal hash"), "{error}");
}

#[test]
fn what_is_wrong_is_named() {
    let sizes = |at: usize| refusal("sizes", move |tensor| tensor.3[at] += 16);
    assert!(sizes(0).contains("sizes: vectors of 112, but the parser's have 96"), "{}", sizes(0));
    assert!(sizes(4).contains("layer2"), "{}", sizes(4));
    assert!(sizes(8).contains("word.2"), "{}", sizes(8));
    let minus = refusal("link.first", |tensor| tensor.3[7] = i8::MIN as u8);
    assert!(minus.ends_with("link.first: a weight of -128"), "{minus}");
    let scale = refusal("relation.second.input_scale", |tensor| tensor.3 = 1.0f32.to_le_bytes().to_vec());
    assert!(scale.ends_with("relation.second: another input scale than its siblings"), "{scale}");
    let text = refusal("heads", |tensor| tensor.3[0] = 0xff);
    assert!(text.contains("heads: invalid utf-8"), "{text}");
    // No bytes at all, but a width that no memory holds.
    let wide = refusal("word.head", |tensor| (tensor.2, tensor.3) = (vec![0, 1 << 60], Vec::new()));
    assert!(wide.contains("word.head: 1152921504606846976 classes"), "{wide}");
    let heads =
        |lines: &str| refusal("heads", |tensor| (tensor.2, tensor.3) = (vec![lines.len()], lines.into()));
    let cases = [
        ("link 16 3 1\nlink 16 3 1", "\"link 16 3 1\" is one too many"),
        ("link 16 3", "\"link 16 3\": wanted a name, its hidden size, its classes and its tables"),
        ("link 24 3 1", "24 is no multiple of 16 from 16 to 512"),
        ("link 16 0 1", "link: 0 classes"),
        ("link 16 3 8", "8 tables, more than 7"),
        ("word 16 3 1", "the name is empty or that of the words' own tensors"),
        ("kite 16 3 0", "kite.head: "),
    ];
    for (lines, wanted) in cases {
        assert!(heads(lines).contains(wanted), "{}", heads(lines));
    }
}

/// Scales that are numbers, but whose quotient is none.
#[test]
fn scales_too_far_apart_are_refused() {
    let mut all = tensors(&Shape::default().payload(1));
    for (name, _, _, bytes) in &mut all {
        let value = if name == "link.head.input_scale" { 1e-30f32 } else { f32::MAX };
        if matches!(name.as_str(), "link.head.input_scale" | "link.head.scale") {
            bytes.as_chunks_mut().0.iter_mut().for_each(|bytes| *bytes = value.to_le_bytes());
        }
    }
    let error = read(&serialize(&all)).err().unwrap().to_string();
    assert!(error.contains("link.head.scale: a scale too large"), "{error}");
}
