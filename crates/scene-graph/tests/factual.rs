//! Triples as FACTUAL writes them, read off real parses.

use caption_parser::{Parser, Scratch};
use proptest::prelude::*;
use scene_graph::SceneGraph;
use scene_graph::factual::TripleReader;

fn triples(captions: &[&str]) -> Vec<Vec<Vec<String>>> {
    let parser = Parser::embedded().unwrap();
    let mut scratch = Scratch::default().keeping_vectors();
    let mut reader = TripleReader::embedded(parser).unwrap();
    let mut read = |caption: &&str| {
        let document = parser.parse(&mut scratch, caption);
        reader.triples(document, &SceneGraph::of(document))
    };
    captions.iter().map(&mut read).collect()
}

#[test]
fn graphs_follow_the_conventions() {
    let cases: [(&str, &[&[&str]]); 8] = [
        ("a man riding a brown horse", &[&["man", "ride", "horse"], &["horse", "is", "brown"]]),
        ("the leg of the man", &[&["man", "have", "leg"]]),
        ("a group of elephants", &[&["elephants", "is", "group of"]]),
        ("a house surrounded by tall trees", &[&["trees", "surround", "house"], &["trees", "is", "tall"]]),
        ("two dogs on a bench", &[&["dogs", "is", "2"], &["dogs", "on", "bench"]]),
        ("the sky is blue", &[&["sky", "is", "blue"]]),
        ("a dog in front of a brick wall", &[&["dog", "in front of", "wall"], &["wall", "is", "brick"]]),
        ("a cat.  A dog on grass.", &[&["cat"], &["dog", "on", "grass"]]),
    ];
    for ((caption, wanted), mut found) in cases.iter().zip(triples(&cases.map(|case| case.0))) {
        let mut wanted: Vec<Vec<String>> =
            wanted.iter().map(|fact| fact.iter().map(|part| (*part).to_owned()).collect()).collect();
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted, "{caption}");
    }
}

#[test]
fn what_is_not_there_is_not_in_the_graph() {
    let found = triples(&["a street without any cars", "a man with no shirt", "There is no car."]);
    assert_eq!(found[0], [["street"]]);
    assert_eq!(found[1], [["man"]]);
    assert!(found[2].is_empty(), "{found:?}");
}

/// "They are brown" once gave people that are brown.
#[test]
fn pronouns_stand_for_what_an_earlier_sentence_names() {
    let found = triples(&["Two dogs play. They are brown.", "A dog runs. It is brown and it has a ball."]);
    assert_eq!(found[0], [["dogs", "is", "2"], ["dogs", "is", "brown"]]);
    assert_eq!(found[1], [["dog", "is", "brown"], ["dog", "have", "ball"]]);
}

/// Each sentence once looked through the whole caption's graph.
#[test]
fn thousands_of_sentences_are_read() {
    let caption = "A man rides a horse. A dog sleeps. ".repeat(10_000);
    assert_eq!(triples(&[&caption])[0][0], ["man", "ride", "horse"]);
}

#[test]
fn without_vectors_there_is_nothing_to_read() {
    let parser = Parser::embedded().unwrap();
    let mut scratch = Scratch::default();
    let document = parser.parse(&mut scratch, "a man riding a horse");
    let mut reader = TripleReader::embedded(parser).unwrap();
    assert!(reader.triples(document, &SceneGraph::of(document)).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is said, however long: facts of one or three parts, each once.
    #[test]
    fn triples_are_sound(words in prop::collection::vec("man|riding|of|two|surf|board|-|a|\\PC{1,6}", 0..160)) {
        let found = triples(&[&words.join(" ")]).remove(0);
        for (index, fact) in found.iter().enumerate() {
            prop_assert!(matches!(fact.len(), 1 | 3) && fact.iter().all(|part| !part.is_empty()), "{fact:?}");
            prop_assert!(!found[..index].contains(fact), "{fact:?} twice");
        }
    }
}
