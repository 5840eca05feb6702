//! A folder with little of everything that the commands read.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use candle_core::{Device, Tensor};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// Sizes of an encoder that is made up.
#[derive(Clone, Copy)]
pub struct Encoder {
    pub layers: usize,
    pub longest: usize,
}

pub const ENCODER: Encoder = Encoder { layers: 2, longest: 256 };
const WIDTH: usize = 16;
const INNER: usize = 32;

/// What a command printed.
pub struct Printed {
    pub success: bool,
    pub out: String,
    pub err: String,
}

/// Treebanks, captions, an encoder and a WordNet of a few lines, in a folder of their own.
pub struct Workplace {
    folder: TempDir,
}

impl Workplace {
    pub fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora");
        let treebank = fs::read_to_string(corpora.join("treebank/captions-train.conllu")).unwrap();
        let sentences: Vec<&str> = treebank.split_inclusive("\n\n").collect();
        for folder in ["treebanks", "captions", "wordnet"] {
            fs::create_dir(place.path(folder)).unwrap();
        }
        for (index, name) in
            ["en_ewt-train", "en_atis-train", "en_eslspok-train", "en_ewt-dev"].iter().enumerate()
        {
            let file = File::create(place.path(&format!("treebanks/{name}.conllu.gz"))).unwrap();
            let mut file = GzEncoder::new(file, Compression::fast());
            file.write_all(sentences[index * 8..][..8].concat().as_bytes()).unwrap();
            file.finish().unwrap();
        }
        for (index, name) in ["captions-train", "captions-dev"].iter().enumerate() {
            let text = sentences[32 + index * 4..][..4].concat();
            fs::write(place.path(&format!("captions/{name}.conllu")), text).unwrap();
        }
        for (name, text) in [
            ("noun.exc", "men man\n"),
            ("verb.exc", "rode ride\n"),
            ("adj.exc", "better good\n"),
            ("index.noun", "dog n 1\nman n 1\n"),
            ("index.verb", "ride v 1\n"),
        ] {
            fs::write(place.path("wordnet").join(name), text).unwrap();
        }
        fs::write(place.path("captions.txt"), "A dog on a bench.\ntwo men riding horses\n").unwrap();
        place.write_encoder("encoder", ENCODER);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the binary in the folder, with the words of `line` for arguments.
    pub fn run(&self, line: &str) -> Printed {
        let output = Command::new(env!("CARGO_BIN_EXE_parser-training"))
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env("RAYON_NUM_THREADS", "1")
            .env_remove("RUST_BACKTRACE")
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let printed =
            Printed { success: output.status.success(), out: text(output.stdout), err: text(output.stderr) };
        assert!(!printed.err.contains("panicked"), "{line}: {}", printed.err);
        printed
    }

    /// Runs a command that must succeed.
    pub fn done(&self, line: &str) -> Printed {
        let printed = self.run(line);
        assert!(printed.success, "{line}: {}", printed.err);
        printed
    }

    /// Runs a command that must not, and checks that its message has all these parts.
    pub fn refused(&self, line: &str, parts: &[&str]) {
        let printed = self.run(line);
        assert!(!printed.success, "{line} was not refused: {}", printed.err);
        for part in parts {
            assert!(printed.err.contains(part), "no {part:?} in the answer to {line}: {}", printed.err);
        }
    }

    /// Writes the folder of a BERT encoder whose weights are waves.
    pub fn write_encoder(&self, name: &str, sizes: Encoder) {
        let folder = self.path(name);
        fs::create_dir(&folder).unwrap();
        let vocabulary = vocabulary();
        fs::write(folder.join("vocab.txt"), vocabulary.join("\n") + "\n").unwrap();
        let Encoder { layers, longest } = sizes;
        let config = format!(
            r#"{{"hidden_size": {WIDTH}, "intermediate_size": {INNER}, "num_hidden_layers": {layers},
            "num_attention_heads": 4, "max_position_embeddings": {longest}, "type_vocab_size": 2}}"#
        );
        fs::write(folder.join("config.json"), config).unwrap();
        let mut tensors = HashMap::new();
        let mut add = |name: String, shape: &[usize]| {
            let count: usize = shape.iter().product();
            let start = tensors.len() * 1000;
            let values: Vec<f32> = (start..start + count).map(|at| (at as f32 * 1.7).sin() * 0.2).collect();
            tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap());
        };
        add("embeddings.word_embeddings.weight".into(), &[vocabulary.len(), WIDTH]);
        add("embeddings.position_embeddings.weight".into(), &[longest, WIDTH]);
        add("embeddings.token_type_embeddings.weight".into(), &[2, WIDTH]);
        let mut norms = vec!["embeddings.LayerNorm".to_owned()];
        for layer in 0..layers {
            let of_layer = |part: &str| format!("encoder.layer.{layer}.{part}");
            norms.extend(["attention.output.LayerNorm", "output.LayerNorm"].map(of_layer));
            for (part, from, to) in [
                ("attention.self.query", WIDTH, WIDTH),
                ("attention.self.key", WIDTH, WIDTH),
                ("attention.self.value", WIDTH, WIDTH),
                ("attention.output.dense", WIDTH, WIDTH),
                ("intermediate.dense", WIDTH, INNER),
                ("output.dense", INNER, WIDTH),
            ] {
                add(of_layer(part) + ".weight", &[to, from]);
                add(of_layer(part) + ".bias", &[to]);
            }
        }
        for norm in norms {
            add(format!("{norm}.weight"), &[WIDTH]);
            add(format!("{norm}.bias"), &[WIDTH]);
        }
        candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
    }
}

/// Letters as word pieces: every English word can be spelled.
fn vocabulary() -> Vec<String> {
    let mut pieces = ["[UNK]", "[CLS]", "[SEP]", "."].map(str::to_owned).to_vec();
    for letter in 'a'..='z' {
        pieces.extend([letter.to_string(), format!("##{letter}")]);
    }
    pieces
}
