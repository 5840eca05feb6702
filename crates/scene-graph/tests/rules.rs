//! The rules by example: `rules/*.conllu` holds trees, each with the graph expected from it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use caption_parser::conllu::{self, Block};
use scene_graph::{Rule, SceneGraph};

fn blocks() -> Vec<(String, Block)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &Path| {
        conllu::read(fs::read(path).unwrap().as_slice()).map(Result::unwrap).collect::<Vec<_>>()
    };
    let named = |path: &Path| {
        read(path).into_iter().map(|block| (path.display().to_string(), block)).collect::<Vec<_>>()
    };
    paths.iter().flat_map(|path| named(path)).collect()
}

/// The graph as the comment lines of the files write it.
fn lines_of(graph: &SceneGraph) -> Vec<String> {
    let name = |entity: usize| graph.entities[entity].name.as_str();
    let either = |entity: Option<usize>| entity.map_or("-", name);
    let entities = graph.entities.iter().map(|entity| {
        let absent = if entity.absent { " (absent)" } else { "" };
        format!("# entity = {}{absent} | {}", entity.name, entity.rule)
    });
    let modifiers = graph.modifiers.iter().map(|modifier| {
        format!("# modifier = {} | {} | {}", name(modifier.entity), modifier.text, modifier.rule)
    });
    let relations = graph.relations.iter().map(|relation| {
        let (subject, object) = (either(relation.subject), either(relation.object));
        format!("# relation = {subject} | {} | {object} | {}", relation.predicate.label(), relation.rule)
    });
    entities.chain(modifiers).chain(relations).collect()
}

#[test]
fn trees_give_the_graphs_that_stand_beside_them() {
    let mut count = 0;
    for (file, block) in blocks() {
        let graph = SceneGraph::of(&block.to_document().unwrap());
        let (text, expected): (Vec<String>, Vec<String>) =
            block.comments.into_iter().partition(|line| line.starts_with("# text"));
        assert_eq!(lines_of(&graph), expected, "{file}: {text:?}");
        count += 1;
    }
    assert!(count >= Rule::ALL.len());
}

#[test]
fn every_rule_has_an_example_tree() {
    let all = blocks();
    let tried: BTreeSet<&str> = all
        .iter()
        .flat_map(|(_, block)| &block.comments)
        .filter_map(|line| line.rsplit(" | ").next())
        .collect();
    for rule in Rule::ALL {
        assert!(
            tried.contains(rule.name()),
            "no tree in tests/rules tries the rule {rule}: {}",
            rule.example()
        );
    }
}
