//! The commands one after the other, as a model is made.

use std::fs;

use crate::workplace::Workplace;

const TEACH: &str = "teach --treebanks treebanks --encoder encoder --epochs 1 --batch-words 100";
const TRAIN: &str = "train --treebanks treebanks --captions captions --encoder encoder --wordnet wordnet \
    --silver silver.safetensors --width 16 --head 16 --pieces 16 --layers 1 --batch-words 200";

#[test]
fn from_treebanks_to_a_model() {
    let place = Workplace::new();
    place.done(&format!("{TEACH} --captions captions --out teacher.safetensors"));
    place.done(&format!("{TEACH} --out unadapted.safetensors"));
    place
        .done(&format!("{TEACH} --captions captions --from unadapted.safetensors --out adapted.safetensors"));
    let read = |name: &str| fs::read(place.path(name)).unwrap();
    assert!(
        read("teacher.safetensors") == read("adapted.safetensors"),
        "to adapt later gives another teacher"
    );
    assert!(read("unadapted.safetensors") != read("adapted.safetensors"), "nothing was adapted");

    place.done("label --teacher teacher.safetensors --encoder encoder --out silver.safetensors captions.txt");
    place.done(&format!("{TRAIN} --epochs 15 --learning-rate 0.05 --out english.model"));
    place.done(&format!("{TRAIN} --epochs 15 --learning-rate 0.05 --out again.model"));
    assert!(read("english.model") == read("again.model"), "the same command gives another model");

    let learned = "treebanks/en_ewt-train.conllu.gz";
    let columns = |line: &str| {
        let printed = place.done(line).out;
        let row = printed.lines().last().unwrap();
        row.split('|').map(|column| column.trim().to_owned()).collect::<Vec<_>>()
    };
    let scores = columns(&format!("evaluate --model english.model {learned}"));
    let upos: f64 = scores[3].parse().unwrap();
    let unlabelled: f64 = scores[5].parse().unwrap();
    assert!(upos > 75.0 && unlabelled > 60.0, "it has not learned: {scores:?}");
    let scores = columns(&format!("evaluate --teacher teacher.safetensors --encoder encoder {learned}"));
    assert_eq!(scores[4], "–", "a teacher has no lemmas");
    place.done("agree --teacher teacher.safetensors --encoder encoder --model english.model captions.txt");
}

/// One treebank that cannot be read must not cost the scores of the others.
#[test]
fn scores_come_one_by_one() {
    let place = Workplace::new();
    fs::write(place.path("empty.conllu"), "# a comment alone\n").unwrap();
    fs::write(place.path("wrong.conllu"), "1\tdog\tdog\tNOUN\t_\t_\t7\troot\t_\t_\n\n").unwrap();
    let printed = place.run("evaluate captions/captions-dev.conllu empty.conllu");
    assert!(!printed.success && printed.out.contains("| captions-dev.conllu |"), "{}", printed.out);
    assert!(printed.err.contains("no sentences in empty.conllu"), "{}", printed.err);
    place.refused("evaluate wrong.conllu", &["in wrong.conllu", "line 1"]);
    place.refused("evaluate none.conllu", &["cannot open none.conllu"]);
    let bare = "1\tdog\t_\tNOUN\t_\t_\t0\troot\t_\t_\n\n";
    fs::write(place.path("bare.conllu"), bare).unwrap();
    let printed = place.done("evaluate bare.conllu");
    assert!(printed.out.contains("| bare.conllu | 1 | 100.00 | – |"), "{}", printed.out);
}

/// The network for triples learns from gold graphs, and the same graphs give the same bytes.
#[test]
fn graphs_are_learned() {
    let place = Workplace::new();
    let mut gold = String::from("image_id,region_id,caption,scene_graph\n");
    for (row, (one, other)) in
        [("man", "horse"), ("dog", "sofa"), ("cup", "table"), ("bird", "tree")].iter().enumerate()
    {
        for (label, said) in [("on", "on"), ("near", "next to"), ("have", "with")] {
            gold += &format!(
                "{row},1,a red {one} {said} a {other},\"( {one} , {label} , {other} ) , ( {one} , is , red )\"\n"
            );
        }
    }
    fs::write(place.path("gold.csv"), gold).unwrap();
    for out in ["one.model", "two.model"] {
        let command =
            format!("graphs gold.csv --out {out} --epochs 2 --batch 4 --link 16 --relation 16 --layers 1");
        let printed = place.run(&command);
        assert!(printed.err.contains("24 facts of 12 captions; no words for 0"), "{}", printed.err);
    }
    assert!(fs::read(place.path("one.model")).unwrap() == fs::read(place.path("two.model")).unwrap());
}
