//! What comes out is good: no word of grammar is a tag, and the examples and gold graphs keep
//! their scores. The latter need the data beside the checkout and are skipped without it.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::Workplace;

/// Prepositions, determiners, pronouns, conjunctions, auxiliaries.
const GRAMMAR: &str = "a about above across after against all along among an and another any are around as at be \
    before behind being below beneath beside between beyond both but by could did do does down during each \
    either every except for from had has have he her hers herself him himself his how i if in inside into is it \
    its itself may me might mine must my near neither next nor of off on onto or our out outside over past she \
    should since so some such than that the their them themselves then there these they this those through to \
    toward towards under until up upon us was we were what when where which while who whom whose why will with \
    within without would you your";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the data beside the checkout; says so when it is not there.
fn shared(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn mined_names(place: &Workplace, arguments: &[&str]) -> Vec<String> {
    place.run(arguments).expect(0, &[]);
    let csv = place.text("mined/candidates.csv");
    csv.lines().skip(1).filter_map(|line| line.split(',').next()).map(str::to_owned).collect()
}

#[track_caller]
fn check_names(names: &[String]) {
    let grammar: BTreeSet<&str> = GRAMMAR.split_whitespace().collect();
    for name in names {
        assert!(!grammar.contains(name.as_str()), "{name:?} is a word of grammar");
        let is_plain = |c: char| !c.is_uppercase() && !c.is_ascii_digit() && c != '-' && !c.is_control();
        assert!(name.chars().all(is_plain) && !name.contains("  "), "{name:?}");
    }
}

#[test]
fn no_word_of_grammar_is_a_candidate() {
    let place = Workplace::new();
    let demo = root().join("corpora/demo.parquet");
    let names = mined_names(&place, &[demo.to_str().unwrap()]);
    assert!(names.len() > 1500, "{}", names.len());
    check_names(&names);
    for tag in ["man", "dog", "ride", "sit on", "red", "beach"] {
        assert!(names.iter().any(|name| name == tag), "{tag}");
    }
    if let Some(web) = shared("captions/cc3m-val.parquet") {
        let place = Workplace::new();
        check_names(&mined_names(&place, &[web.to_str().unwrap()]));
    }
}

#[test]
fn without_examples_no_caption_is_in_the_results() {
    let place = Workplace::new();
    place.write("captions.txt", "a yellow submarine beside an octopus\n");
    place.run(&["captions.txt", "--no-examples"]).expect(0, &[]);
    for name in place.list("mined") {
        let bytes = place.read(&format!("mined/{name}"));
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("yellow submarine"), "{name}");
    }
    assert!(place.text("mined/candidates.csv").contains("submarine,object,1,1,1"));
}

/// Parses each caption and gives the JSON objects that come out.
fn parsed(place: &Workplace, captions: &[&str]) -> Vec<Value> {
    place.write("captions.txt", captions.join("\n") + "\n");
    let ran = place.run(&["parse", "captions.txt", "--format", "json"]);
    ran.expect(0, &[]);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn examples_get_the_tags_a_person_expects() {
    let Some(path) = shared("examples/tags.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let examples: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let captions: Vec<&str> = examples.iter().map(|example| example["caption"].as_str().unwrap()).collect();
    let place = Workplace::new();
    let (mut found, mut expected, mut avoided, mut forbidden) = (0, 0, 0, 0);
    for (example, result) in examples.iter().zip(parsed(&place, &captions)) {
        let mut tags = BTreeSet::new();
        for tag in result["tags"].as_array().unwrap() {
            let (name, kind) = (tag["name"].as_str().unwrap(), tag["kind"].as_str().unwrap());
            tags.insert(format!("{name}/{kind}"));
            if kind == "object" || kind == "scene" {
                tags.insert(format!("{name}/thing"));
            }
        }
        let has = |tag: &&Value| tags.contains(tag.as_str().unwrap());
        let (must, must_not) = (example["must"].as_array().unwrap(), example["must_not"].as_array().unwrap());
        expected += must.len();
        found += must.iter().filter(has).count();
        forbidden += must_not.len();
        avoided += must_not.iter().filter(|tag| !has(tag)).count();
    }
    assert!(expected > 100 && forbidden > 40);
    assert!(found * 100 >= expected * 80, "{found} of {expected} found");
    assert!(avoided * 100 >= forbidden * 85, "{avoided} of {forbidden} avoided");
}

/// Scores the gold graphs with the evaluator beside them; synonyms yes, WordNet no, so that the
/// number does not depend on what the machine has installed.
#[test]
fn graphs_keep_their_scores() {
    let (Some(gold), Some(evaluator), Some(synonyms)) =
        (shared("scene-graphs/dev.csv"), shared("eval/score_graphs.py"), shared("scene-graphs/synonyms"))
    else {
        return;
    };
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: no python3 to run the evaluator");
        return;
    }
    let place = Workplace::new();
    let rows = std::fs::read_to_string(&gold).unwrap();
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let captions: Vec<String> = reader.records().map(|row| row.unwrap()[2].to_owned()).collect();
    place.write("captions.txt", captions.join("\n") + "\n");
    let ran = place.run(&["parse", "captions.txt", "--format", "triples"]);
    ran.expect(0, &[]);
    place.write("graphs.jsonl", &ran.stdout);
    let mut command = Command::new("python3");
    command.arg(evaluator).arg("--gold").arg(gold).arg("--synonyms").arg(synonyms);
    let scored = command.arg("--pred").arg(place.path("graphs.jsonl")).output().unwrap();
    let text = String::from_utf8(scored.stdout).unwrap();
    let number_after = |label: &str| -> f64 {
        let rest = text.split_once(label).unwrap_or_else(|| panic!("no {label} in {text}")).1;
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(number_after("SPICE F1") >= 76.0, "{text}");
    assert!(number_after("set match") >= 48.0, "{text}");
}
