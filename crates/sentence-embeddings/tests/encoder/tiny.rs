//! The folder of a tiny encoder, its weights made by the formula of `record_goldens.py`.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

pub const PIECES: &str =
    "[PAD] [UNK] [CLS] [SEP] [MASK] a the red big dog house cafe run ##s ##n ##ing in near ! , ##r";

/// The files that an encoder cannot do without.
pub struct Folder {
    pub config: Value,
    pub tokenizer: Value,
    pub weights: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Folder {
    pub fn new() -> Self {
        let pieces: Vec<&str> = PIECES.split(' ').collect();
        let config = json!({
            "model_type": "bert", "hidden_act": "gelu", "layer_norm_eps": 1e-12,
            "vocab_size": pieces.len(), "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
            "intermediate_size": 24, "max_position_embeddings": 12, "type_vocab_size": 2,
        });
        let mut names: Vec<_> = shapes(pieces.len());
        names.sort_unstable();
        let weights = names.into_iter().enumerate().map(|(tensor, (name, shape))| {
            let numbers = (0..shape.iter().product()).map(|place| scaled(&name, number(tensor, place)));
            let numbers = numbers.collect();
            (name, (shape, numbers))
        });
        Self { config, tokenizer: tokenizer(&pieces), weights: weights.collect() }
    }

    /// Writes what sentence-transformers writes.
    pub fn write(&self, folder: &Path) {
        let write = |name: &str, value: &Value| std::fs::write(folder.join(name), value.to_string()).unwrap();
        write("config.json", &self.config);
        write("tokenizer.json", &self.tokenizer);
        write("sentence_bert_config.json", &json!({"max_seq_length": 10, "do_lower_case": false}));
        std::fs::write(folder.join("model.safetensors"), self.safetensors()).unwrap();
    }

    pub fn safetensors(&self) -> Vec<u8> {
        let bytes = |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let tensors: Vec<(&String, &Vec<usize>, Vec<u8>)> =
            self.weights.iter().map(|(name, (shape, numbers))| (name, shape, bytes(numbers))).collect();
        let views = tensors
            .iter()
            .map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()));
        safetensors::serialize(views, None).unwrap()
    }
}

/// A folder with the tiny encoder.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Folder::new().write(folder.path());
    folder
}

/// From -1 to 1 in steps of a thousandth.
pub fn number(tensor: usize, place: usize) -> f32 {
    let state = (tensor as u64 * 1_000_003 + place as u64)
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (((state >> 33) % 2001) as f32 - 1000.0) / 1000.0
}

fn scaled(name: &str, number: f32) -> f32 {
    match name {
        _ if name.ends_with("LayerNorm.weight") => 1.0 + number / 4.0,
        _ if name.ends_with("bias") => number / 4.0,
        _ => number,
    }
}

fn shapes(pieces: usize) -> Vec<(String, Vec<usize>)> {
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![pieces, 16]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![12, 16]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, 16]),
    ];
    let mut pair = |name: String, shape: Vec<usize>| {
        shapes.push((format!("{name}.bias"), vec![shape[0]]));
        shapes.push((format!("{name}.weight"), shape));
    };
    pair("embeddings.LayerNorm".to_owned(), vec![16]);
    for layer in 0..2 {
        let mut pair = |name: &str, shape: &[usize]| {
            pair(format!("encoder.layer.{layer}.{name}"), shape.to_vec());
        };
        for name in ["query", "key", "value"] {
            pair(&format!("attention.self.{name}"), &[16, 16]);
        }
        pair("attention.output.dense", &[16, 16]);
        pair("attention.output.LayerNorm", &[16]);
        pair("intermediate.dense", &[24, 16]);
        pair("output.dense", &[16, 24]);
        pair("output.LayerNorm", &[16]);
    }
    shapes
}

/// As published: with a cut and padding, which are not the model's.
fn tokenizer(pieces: &[&str]) -> Value {
    let special = |id: usize| {
        json!({"id": id, "content": pieces[id], "special": true, "single_word": false, "lstrip": false,
               "rstrip": false, "normalized": false})
    };
    let vocabulary: BTreeMap<&str, usize> =
        pieces.iter().enumerate().map(|(id, &piece)| (piece, id)).collect();
    json!({
        "version": "1.0",
        "truncation": {"max_length": 5, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": (0..5).map(special).collect::<Vec<_>>(),
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}
