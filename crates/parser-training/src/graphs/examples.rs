//! Gold graphs over parsed captions.

use caption_parser::{Parser, Scratch};
use scene_graph::factual::features::Features;
use scene_graph::{Extractor, SceneGraph};

use super::alignment::{AlignedGraph, align};
use super::gold::GoldGraph;
use super::substitutions::Substitutions;

/// A caption of one sentence: what the network is told, and what it should say.
pub struct Example {
    /// Words, tree and what the rules found.
    pub features: Features,
    /// The parser's vectors, `[words, width]`.
    pub vectors: Vec<f32>,
    /// The gold graph.
    pub graph: AlignedGraph,
}

/// The examples and what was learned on the way.
pub struct Examples {
    pub examples: Vec<Example>,
    pub substitutions: Substitutions,
    /// Facts of the gold graphs, and those that no words were found for.
    pub facts: usize,
    pub lost: usize,
    /// Captions that were left out, for they have several sentences or none.
    pub left_out: usize,
}

/// Parses the captions and aligns their graphs.
pub fn prepare(parser: &Parser, golds: &[GoldGraph]) -> Examples {
    let mut scratch = Scratch::default().keeping_vectors();
    let mut extractor = Extractor::new();
    let mut graph = SceneGraph::default();
    let mut parsed = Vec::new();
    for gold in golds {
        let document = parser.parse(&mut scratch, &gold.caption);
        if document.sentences().len() == 1 {
            extractor.extract(document, &mut graph);
            let features = document.sentences().map(|sentence| Features::new(&sentence, 0, &graph)).next();
            parsed.extend(features.map(|features| (features, document.vectors().to_vec(), gold)));
        }
    }
    let words = parsed.iter().map(|(features, _, gold)| (&features.words[..], *gold));
    let substitutions = Substitutions::learn(words);
    let examples: Vec<Example> = parsed
        .into_iter()
        .map(|(features, vectors, gold)| {
            let graph = align(&features.words, gold, &substitutions);
            Example { features, vectors, graph }
        })
        .collect();
    Examples {
        facts: golds.iter().map(|gold| gold.facts.len()).sum(),
        lost: examples.iter().map(|example| example.graph.lost).sum(),
        left_out: golds.len() - examples.len(),
        examples,
        substitutions,
    }
}

#[cfg(test)]
mod tests {
    use caption_parser::Parser;
    use scene_graph::factual::Link;

    use super::*;
    use crate::graphs::gold::Fact;

    fn gold(caption: &str, facts: &[&[&str]]) -> GoldGraph {
        let fact = |parts: &&[&str]| match parts[..] {
            [thing, "is", attribute] => Fact::Attribute(thing.into(), attribute.into()),
            [subject, predicate, object] => Fact::Relation(subject.into(), predicate.into(), object.into()),
            _ => Fact::Thing(parts[0].into()),
        };
        GoldGraph { caption: caption.into(), facts: facts.iter().map(fact).collect() }
    }

    #[test]
    fn facts_find_their_words() {
        let golds = [
            gold("a group of elephants", &[&["elephants", "is", "group of"]]),
            gold("two men on a surf board", &[&["men", "is", "2"], &["men", "on", "surfboard"]]),
            gold("a guy sits", &[&["person", "is", "sitting"]]),
            gold("the guy holding an umbrella", &[&["person", "hold", "umbrella"]]),
            gold("a guy with a hat", &[&["person", "with", "hat"]]),
            gold("a dog. it sleeps", &[&["dog"]]),
            gold("a dark blue car", &[&["car", "is", "dark blue"]]),
        ];
        let examples = prepare(Parser::embedded().unwrap(), &golds);
        assert_eq!((examples.left_out, examples.facts, examples.lost), (1, 8, 1), "\"sitting\" is not said");
        let graphs: Vec<&AlignedGraph> = examples.examples.iter().map(|example| &example.graph).collect();
        assert_eq!(graphs[0].links, [(3, 1, Link::AttributeStart)]);
        assert_eq!(graphs[1].links, [(1, 0, Link::Attribute), (5, 4, Link::Joined)]);
        assert_eq!(graphs[3].things, [(1, true), (4, false)]);
        assert_eq!(graphs[3].relations[0].label, "V");
        assert_eq!(graphs[4].relations[0].label, "with");
        assert_eq!(graphs[5].links, [(3, 2, Link::AttributeEnd)]);
    }
}
