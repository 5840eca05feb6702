//! Whatever tree a parser gives, the graph is sound.

use caption_parser::conllu;
use caption_parser::{DependencyRelation, Upos};
use proptest::prelude::*;
use scene_graph::{Extractor, SceneGraph};

const WORDS: [&str; 28] = [
    "dog",
    "group",
    "of",
    "in",
    "front",
    "the",
    "red",
    "dark",
    "brown",
    "sitting",
    "covered",
    "with",
    "by",
    "top",
    "on",
    "café",
    "İstanbul",
    "his",
    "who",
    "that",
    "no",
    "without",
    "and",
    "two",
    "slice",
    "left",
    "to",
    "parked",
];

/// CoNLL-U of a random tree: word `i` hangs under some word chosen before it in a random order.
fn tree() -> impl Strategy<Value = String> {
    let token =
        (0..WORDS.len(), 0..Upos::ALL.len(), 0..DependencyRelation::ALL.len(), any::<prop::sample::Index>());
    prop::collection::vec(token, 1..24).prop_flat_map(|tokens| {
        let order = Just((0..tokens.len()).collect::<Vec<usize>>()).prop_shuffle();
        (Just(tokens), order).prop_map(|(tokens, order)| {
            let mut rows = vec![String::new(); tokens.len()];
            for (place, &index) in order.iter().enumerate() {
                let (word, upos, relation, head) = &tokens[index];
                let head = if place == 0 { 0 } else { order[head.index(place)] + 1 };
                let (word, upos) = (WORDS[*word], Upos::ALL[*upos]);
                let relation = DependencyRelation::ALL[*relation];
                rows[index] =
                    format!("{}\t{word}\t{word}\t{upos}\t_\t_\t{head}\t{relation}\t_\t_\n", index + 1);
            }
            rows.concat() + "\n"
        })
    })
}

proptest! {
    #[test]
    fn graphs_are_sound(text in tree()) {
        let block = conllu::read(text.as_bytes()).next().unwrap().unwrap();
        let document = block.to_document().unwrap();
        let mut graph = SceneGraph::of(&document);
        let count = graph.entities.len();
        for entity in &graph.entities {
            prop_assert!(document.text().get(entity.span.clone()).is_some_and(|name| !name.is_empty()));
            prop_assert!(entity.span.start <= entity.head.start && entity.head.end <= entity.span.end);
        }
        for modifier in &graph.modifiers {
            prop_assert!(modifier.entity < count && document.text().get(modifier.span.clone()).is_some());
        }
        for relation in &graph.relations {
            prop_assert!(relation.subject.is_none_or(|entity| entity < count));
            prop_assert!(relation.object.is_none_or(|entity| entity < count));
            prop_assert!(document.text().get(relation.span.clone()).is_some());
            prop_assert!(!relation.predicate.label().is_empty());
        }
        let again = graph.clone();
        Extractor::new().extract(&document, &mut graph);
        prop_assert_eq!(again, graph);
    }
}

/// The voice of a participle is looked up along its conjuncts: a root that is called one, as trees
/// from elsewhere may have it, ends the search, and a row without end needs no stack.
#[test]
fn voices_are_looked_up_no_further_than_the_root() {
    let participle = |head| format!("parked\tpark\tVERB\t_\t_\t{head}\tconj\t_\t_\n");
    for count in [1, 10_000] {
        let rows: String = (0..count).map(|head| format!("{}\t{}", head + 1, participle(head))).collect();
        let block = conllu::read(format!("{rows}\n").as_bytes()).next().unwrap().unwrap();
        let graph = SceneGraph::of(&block.to_document().unwrap());
        assert_eq!(graph.relations.len(), count);
    }
}
