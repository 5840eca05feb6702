//! What is refused at once, before an hour of training, and how.

use std::fs;

use crate::workplace::{ENCODER, Encoder, Workplace};

const TEACH: &str = "teach --treebanks treebanks --encoder encoder --out teacher.safetensors";
const TRAIN: &str = "train --treebanks treebanks --encoder encoder --wordnet wordnet --out english.model";

#[test]
fn arguments_out_of_range() {
    let place = Workplace::new();
    for option in ["--epochs 0", "--batch-words 0", "--caption-like 1.5", "--learning-rate 0"] {
        for command in [TEACH, TRAIN] {
            let name = option.split(' ').next().unwrap();
            place.refused(&format!("{command} {option}"), &[name]);
        }
    }
    for option in ["--dropout 1", "--word-dropout -0.1", "--word-dropout NaN", "--learning-rate inf"] {
        let (name, value) = option.split_once(' ').unwrap();
        place.refused(&format!("{TRAIN} {name}={value}"), &[name, "it must be a number from"]);
    }
    for option in ["--width 100", "--head 0", "--layers 65", "--pieces 8"] {
        place.refused(&format!("{TRAIN} {option}"), &[option, "is no multiple of"]);
    }
    place.refused(&format!("{TRAIN} --pieces 32"), &["--pieces is 32", "a width of 16"]);
    place.refused(&format!("{TEACH} --from teacher.safetensors"), &["--captions"]);
    place.refused("evaluate --encoder encoder captions/captions-dev.conllu", &["--teacher"]);
    place.refused("evaluate --model none.model captions/captions-dev.conllu", &["none.model"]);
    place
        .refused("evaluate --model captions.txt captions/captions-dev.conllu", &["captions.txt", "MTPARSER"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let place = Workplace::new();
    let label = "label --teacher none --encoder encoder captions.txt";
    for command in [
        "teach --treebanks treebanks --encoder encoder",
        "train --treebanks treebanks --encoder encoder",
        label,
    ] {
        place.refused(&format!("{command} --out captions"), &["--out captions is a folder"]);
        place.refused(&format!("{command} --out none/file"), &["none is no folder"]);
    }
}

#[test]
fn training_data_that_is_missing() {
    let place = Workplace::new();
    fs::remove_file(place.path("captions/captions-train.conllu")).unwrap();
    for command in [TEACH, TRAIN] {
        let command = format!("{command} --captions captions");
        let printed = place.run(&command);
        assert!(printed.err.contains("captions-train.conllu"), "{}", printed.err);
        assert!(!printed.err.contains("epoch"), "found out after the training: {}", printed.err);
    }
}

#[test]
fn weights_that_are_no_numbers() {
    let place = Workplace::new();
    let file = place.path("encoder/model.safetensors");
    let mut tensors = candle_core::safetensors::load(&file, &candle_core::Device::Cpu).unwrap();
    let words = tensors.get_mut("embeddings.word_embeddings.weight").unwrap();
    *words = (&*words * f64::NAN).unwrap();
    candle_core::safetensors::save(&tensors, &file).unwrap();
    let small = "--pieces 16 --width 16 --layers 1";
    place.refused(&format!("{TRAIN} {small}"), &["nothing was trained", "not 1 finite values"]);
    place.refused(TEACH, &["the loss is NaN"]);
    assert!(!place.path("teacher.safetensors").exists());
}

/// A head further than a byte reaches once became another, silently.
#[test]
fn sentences_that_are_too_long() {
    let place = Workplace::new();
    let row = |id: usize| format!("{id}\tdog\tdog\tNOUN\t_\t_\t{}\tdep\t_\t_\n", id - 1);
    let mut sentence = String::from("1\tbig\tbig\tADJ\t_\t_\t0\troot\t_\t_\n");
    sentence.extend((2..=256).map(row));
    fs::write(place.path("captions/captions-train.conllu"), sentence + "\n").unwrap();
    let problem = "begins with \"big dog dog dog dog dog dog dog\" has 256 words";
    place.refused(&format!("{TRAIN} --captions captions --pieces 16"), &[problem]);
}

#[test]
fn encoders_that_do_not_fit_together() {
    let place = Workplace::new();
    let config = fs::read_to_string(place.path("encoder/config.json")).unwrap();
    let changes = [
        (r#""num_attention_heads": 4"#, r#""num_attention_heads": 0"#, "num_attention_heads is 0"),
        (r#""num_attention_heads": 4"#, r#""num_attention_heads": 3"#, "hidden_size is 16"),
        (
            r#""hidden_size": 16"#,
            r#""hidden_size": 32"#,
            "embeddings.position_embeddings.weight has the shape",
        ),
        (r#""hidden_size": 16, "#, "", "missing field `hidden_size`"),
        (r#""num_hidden_layers": 2"#, r#""num_hidden_layers": 3"#, "no tensor encoder.layer.2."),
        (
            r#""max_position_embeddings": 256"#,
            r#""max_position_embeddings": 2"#,
            "max_position_embeddings is 2",
        ),
        ("{", "", "config.json"),
    ];
    for (from, to, problem) in changes {
        assert!(config.contains(from), "{from}");
        fs::write(place.path("encoder/config.json"), config.replacen(from, to, 1)).unwrap();
        place.refused(TEACH, &["encoder/", problem]);
    }
    fs::write(place.path("encoder/config.json"), config).unwrap();

    let vocabulary = fs::read_to_string(place.path("encoder/vocab.txt")).unwrap();
    for (text, problem) in [
        (format!("{vocabulary}dog\n"), "has 57 pieces, but embeddings.word_embeddings.weight"),
        (vocabulary.replace("[UNK]", "dog"), "no [UNK] in encoder/vocab.txt"),
    ] {
        fs::write(place.path("encoder/vocab.txt"), text).unwrap();
        [TEACH, TRAIN].iter().for_each(|command| place.refused(command, &[problem]));
    }
    fs::write(place.path("encoder/vocab.txt"), vocabulary).unwrap();
    fs::write(place.path("encoder/model.safetensors"), "no tensors").unwrap();
    [TEACH, TRAIN]
        .iter()
        .for_each(|command| place.refused(command, &["cannot read encoder/model.safetensors"]));
}

#[test]
fn teachers_of_other_encoders() {
    let place = Workplace::new();
    place.done(&format!("{TEACH} --epochs 1"));
    for (name, encoder, problem) in [
        (
            "shorter",
            Encoder { longest: 128, ..ENCODER },
            "encoder.positions has the shape [256, 16], not [128, 16]",
        ),
        ("lower", Encoder { layers: 1, ..ENCODER }, "a tensor encoder.1."),
        ("higher", Encoder { layers: 3, ..ENCODER }, "no tensor encoder.2."),
    ] {
        place.write_encoder(name, encoder);
        let line =
            format!("evaluate --teacher teacher.safetensors --encoder {name} captions/captions-dev.conllu");
        place.refused(&line, &["teacher.safetensors", name, problem]);
    }
}

#[test]
fn gold_graphs_that_cannot_be_read() {
    let place = Workplace::new();
    let graphs = "graphs gold.csv --out graphs.model";
    place.refused(graphs, &["gold.csv"]);
    for (text, said) in [
        ("man on horse,x\n", "no column \"caption\""),
        ("caption,scene_graph\n", "no graphs to learn from"),
        ("caption,scene_graph\na dog,\"( dog )\"\na man,nonsense\n", "row 2 behind the header"),
        ("scene_graph,caption\n\"( man , ride )\",a man\n", "has 2 parts"),
    ] {
        fs::write(place.path("gold.csv"), text).unwrap();
        place.refused(graphs, &["gold.csv", said]);
    }
    for option in ["--layers 17", "--link 17", "--relation 0"] {
        place.refused(&format!("{graphs} {option}"), &[option.split(' ').next().unwrap()]);
    }
}
