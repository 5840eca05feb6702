//! Results for reading: the caption, its tags by kind, what its scene graph says, and its trees.

use std::io::{self, Write};

use scene_graph::{Relation, SceneGraph};
use tag_vocabulary::TagKind;

use super::json::distinct_tags;
use super::{explain, harmless, tree};
use crate::tagging::Analysis;

/// Writes a caption's result over several lines, and an empty one; why it has the tag to
/// `explain`, if there is one.
pub fn write(analysis: &Analysis<'_>, explain: Option<&str>, output: &mut impl Write) -> io::Result<()> {
    writeln!(output, "{}", harmless(analysis.document.text()))?;
    for kind in TagKind::ALL {
        let names: Vec<&str> =
            distinct_tags(analysis).filter(|(_, found)| *found == kind).map(|(name, _)| name).collect();
        if !names.is_empty() {
            writeln!(output, "  {:<10} {}", kind.as_str(), names.join(", "))?;
        }
    }
    let graph = analysis.graph;
    for (index, entity) in graph.entities.iter().enumerate() {
        let texts: Vec<&str> = graph.modifiers_of(index).map(|modifier| modifier.text.as_str()).collect();
        if entity.absent {
            writeln!(output, "  graph      {} is absent", harmless(&entity.name))?;
        }
        if !texts.is_empty() {
            writeln!(output, "  graph      {}: {}", harmless(&entity.name), harmless(&texts.join(", ")))?;
        }
    }
    for relation in &graph.relations {
        writeln!(output, "  graph      {}", harmless(&arrow(graph, relation)))?;
    }
    for sentence in analysis.document.sentences() {
        tree::write(&sentence, output)?;
    }
    if let Some(tag) = explain {
        explain::write(tag, analysis, output)?;
    }
    writeln!(output)
}

/// "man ─ride→ horse"; what is not named is a dot.
fn arrow(graph: &SceneGraph, relation: &Relation) -> String {
    let name = |entity: Option<usize>| entity.map_or("·", |index| graph.entities[index].name.as_str());
    let label = relation.predicate.label();
    match relation.object {
        Some(_) => format!("{} ─{label}→ {}", name(relation.subject), name(relation.object)),
        None => format!("{} ─{label}", name(relation.subject)),
    }
}
