//! Folders that are broken, or of another model: a clear error, never a panic or much memory.

use std::fs::{self, File};
use std::path::Path;

use proptest::prelude::*;
use sentence_embeddings::{EncoderError, SentenceEncoder};
use serde_json::{Value, json};

use crate::tiny::{self, Folder};

/// The message of a folder that cannot be opened.
fn refusal(folder: &Path) -> String {
    SentenceEncoder::open(folder).err().expect("the folder is broken").to_string()
}

#[track_caller]
fn assert_refused(change: impl FnOnce(&mut Folder), file: &str, reason: &str) {
    let mut files = Folder::new();
    change(&mut files);
    let folder = tempfile::tempdir().unwrap();
    files.write(folder.path());
    let message = refusal(folder.path());
    assert!(message.contains(file) && message.contains(reason), "{message}");
}

#[test]
fn files_that_are_missing_are_named_with_what_to_do() {
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let folder = tiny::folder();
        fs::remove_file(folder.path().join(name)).unwrap();
        let message = refusal(folder.path());
        assert!(message.contains(name) && message.contains("all-MiniLM-L6-v2"), "{message}");
        fs::create_dir(folder.path().join(name)).unwrap();
        assert!(matches!(SentenceEncoder::open(folder.path()), Err(EncoderError::Read { .. })));
    }
}

#[test]
fn configurations_of_other_models_are_refused() {
    let cases = [
        ("model_type", json!("roberta"), "roberta"),
        ("position_embedding_type", json!("relative_key"), "relative_key"),
        ("hidden_act", json!("swish"), "swish"),
        ("hidden_size", json!(0), "hidden_size"),
        ("hidden_size", json!(-1), "invalid value"),
        ("num_attention_heads", json!(5), "num_attention_heads"),
        ("layer_norm_eps", json!(-1.0), "layer_norm_eps"),
        ("max_position_embeddings", json!(2), "max_position_embeddings"),
    ];
    for (field, value, reason) in cases {
        assert_refused(|files| files.config[field] = value, "config.json", reason);
    }
    assert_refused(
        |files| _ = files.config.as_object_mut().unwrap().remove("vocab_size"),
        "config.json",
        "vocab_size",
    );
}

#[test]
fn sizes_that_the_weights_do_not_have_cost_no_memory() {
    for field in
        ["hidden_size", "intermediate_size", "max_position_embeddings", "type_vocab_size", "vocab_size"]
    {
        for size in [32, 1 << 40, u64::MAX - 3] {
            assert_refused(|files| files.config[field] = json!(size), "model.safetensors", "by config.json");
        }
    }
    let layers = |files: &mut Folder| files.config["num_hidden_layers"] = json!(u64::MAX);
    assert_refused(layers, "model.safetensors", "no tensor encoder.layer.2.");
    assert_refused(|files| files.config["vocab_size"] = json!(20), "tokenizer.json", "20 word embeddings");
}

#[test]
fn weights_that_are_none_are_refused() {
    let query = "encoder.layer.1.attention.self.query.weight";
    assert_refused(|files| files.weights.get_mut(query).unwrap().1[7] = f32::NAN, query, "not finite");
    assert_refused(|files| files.weights.get_mut(query).unwrap().1[7] = f32::INFINITY, query, "not finite");
    assert_refused(|files| _ = files.weights.remove(query), "model.safetensors", query);
    let folder = tiny::folder();
    let path = folder.path().join("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    let texts: [&[u8]; 5] = [b"", b"no weights", &bytes[..bytes.len() - 1], &bytes[..100], &[255; 64]];
    for broken in texts {
        fs::write(&path, broken).unwrap();
        let message = refusal(folder.path());
        assert!(message.contains("model.safetensors") && message.contains("damaged"), "{message}");
    }
    // A hole of 1 TB, where the file system has such; nothing of it is read.
    if File::create(&path).unwrap().set_len(1 << 40).is_ok() {
        assert!(refusal(folder.path()).contains("more than"));
    }
}

#[test]
fn tokenizers_of_other_models_are_refused() {
    let change = |pointer: &'static str, value: Value| {
        move |files: &mut Folder| *files.tokenizer.pointer_mut(pointer).unwrap() = value
    };
    let growing = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "a".repeat(1000)});
    assert_refused(change("/normalizer", growing), "tokenizer.json", "no tokenizer of BERT's");
    assert_refused(change("/pre_tokenizer", json!({"type": "Whitespace"})), "tokenizer.json", "BERT");
    assert_refused(change("/model/unk_token", json!("<unk>")), "tokenizer.json", "<unk>");
    assert_refused(change("/model/vocab/dog", json!(1_000_000)), "tokenizer.json", "1000000");
    assert_refused(|files| files.tokenizer = json!({"a": 1}), "tokenizer.json", "cannot be used");
    let folder = tiny::folder();
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    for (list, reason) in
        [("a\n\nb", "line 2"), ("a\nb\na", "line 3"), ("", "no [CLS]"), ("[CLS]\n[SEP]", "no [UNK]")]
    {
        fs::write(folder.path().join("vocab.txt"), list).unwrap();
        let message = refusal(folder.path());
        assert!(message.contains("vocab.txt") && message.contains(reason), "{message}");
    }
}

#[test]
fn models_with_more_than_a_mean_are_refused() {
    let folder = tiny::folder();
    let modules = folder.path().join("modules.json");
    let module = |name: &str| json!([{"idx": 0, "name": "0", "path": "", "type": format!("sentence_transformers.models.{name}")}]);
    fs::write(&modules, module("Pooling").to_string()).unwrap();
    assert!(SentenceEncoder::open(folder.path()).is_ok());
    fs::write(&modules, module("Dense").to_string()).unwrap();
    assert!(refusal(folder.path()).contains("Dense"));
    fs::remove_file(&modules).unwrap();
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    let pooling = json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false});
    fs::write(folder.path().join("1_Pooling/config.json"), pooling.to_string()).unwrap();
    assert!(refusal(folder.path()).contains("mean"));
    let folder = tiny::folder();
    fs::write(folder.path().join("sentence_bert_config.json"), r#"{"max_seq_length": 13}"#).unwrap();
    assert!(refusal(folder.path()).contains("max_seq_length is 13"));
}

#[test]
fn weights_saved_inside_another_model_are_found() {
    let (plain, inside) = (tiny::folder(), tempfile::tempdir().unwrap());
    let mut files = Folder::new();
    files.weights =
        files.weights.into_iter().map(|(name, weight)| (format!("bert.{name}"), weight)).collect();
    files.write(inside.path());
    let encode =
        |folder: &Path| SentenceEncoder::open(folder).unwrap().encode(&["red dog"], &|_| ()).unwrap();
    assert_eq!(encode(plain.path()), encode(inside.path()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever stands in the files, opening and encoding end in a result.
    #[test]
    fn no_content_brings_it_down(
        file in 0_usize..4,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        // Half of the changes fall to the first bytes, where the header of the weights is.
        early in any::<bool>(),
    ) {
        let folder = tiny::folder();
        let name = ["config.json", "tokenizer.json", "model.safetensors", "sentence_bert_config.json"][file];
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        let span = if early { bytes.len().min(300) } else { bytes.len() };
        for (place, byte) in changes {
            bytes[place.index(span)] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, &bytes).unwrap();
        if let Ok(encoder) = SentenceEncoder::open(folder.path()) {
            let texts = ["red dog", "", "zebra é [SEP] dogs", &"a big house ".repeat(30)];
            if let Ok(embeddings) = encoder.encode(&texts, &|_| ()) {
                let vectors = (0..texts.len()).map(|row| embeddings.get(row).unwrap());
                vectors.for_each(|vector| assert!(vector.iter().all(|value| value.is_finite())));
            }
        }
    }
}
