//! Object or scene: the hard cases of `places.txt`, through parser, graph and mapper.

use caption_parser::{Parser, Scratch};
use scene_graph::SceneGraph;
use tag_mapper::TagMapper;

#[test]
fn hard_cases_are_what_they_are() {
    let parser = Parser::embedded().unwrap();
    let (mut scratch, mut mentions) = (Scratch::default(), Vec::new());
    let mut wrong = Vec::new();
    let cases = include_str!("places.txt").lines().filter(|line| !line.starts_with('#'));
    for case in cases.clone() {
        let [caption, noun, kind] = case.split(" | ").collect::<Vec<_>>()[..] else { panic!("{case}") };
        TagMapper::new().tags(&SceneGraph::of(parser.parse(&mut scratch, caption)), &mut mentions);
        let found = mentions.iter().find(|mention| mention.name == noun);
        if found.is_none_or(|mention| mention.kind.as_str() != kind) {
            wrong.push(format!("{case}, not {:?}", found.map(|mention| mention.kind)));
        }
    }
    assert!(cases.count() > 50 && wrong.is_empty(), "{wrong:#?}");
}
