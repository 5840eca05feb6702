//! Gold scene graphs: FACTUAL's captions with the facts that people found in them.

use std::path::Path;

use anyhow::{Context, Result};

/// One fact of a gold graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A thing that nothing is said about.
    Thing(String),
    /// A thing and what it is like.
    Attribute(String, String),
    /// Subject, predicate, object.
    Relation(String, String, String),
}

impl Fact {
    /// The things' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (one, other) = match self {
            Fact::Thing(name) | Fact::Attribute(name, _) => (name, None),
            Fact::Relation(subject, _, object) => (subject, Some(object)),
        };
        std::iter::once(one).chain(other).map(String::as_str)
    }
}

/// A caption and its graph.
#[derive(Clone, Debug)]
pub struct GoldGraph {
    pub caption: String,
    pub facts: Vec<Fact>,
}

/// Reads a file with the columns `image_id,region_id,caption,scene_graph`.
pub fn read(path: &Path) -> Result<Vec<GoldGraph>> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut graphs = Vec::new();
    for (number, row) in reader.records().enumerate() {
        let row = row.with_context(|| format!("{}: row {}", path.display(), number + 1))?;
        let (Some(caption), Some(graph)) = (row.get(2), row.get(3)) else {
            anyhow::bail!("{}: row {} has no caption or no graph", path.display(), number + 1);
        };
        graphs.push(GoldGraph { caption: caption.to_owned(), facts: facts(graph) });
    }
    Ok(graphs)
}

/// The facts of `( man , ride , horse ) , ( girl , is , young ) , ( wall )`.
fn facts(graph: &str) -> Vec<Fact> {
    let lower = graph.to_lowercase();
    let bodies = lower.split('(').skip(1).map(|body| body.split(')').next().unwrap_or(""));
    let fact = |body: &str| {
        let parts: Vec<&str> = body.split(',').map(str::trim).collect();
        match parts[..] {
            [name] if !name.is_empty() => Some(Fact::Thing(name.to_owned())),
            [thing, "is", attribute] => Some(Fact::Attribute(thing.to_owned(), attribute.to_owned())),
            [subject, predicate, object] => {
                Some(Fact::Relation(subject.to_owned(), predicate.to_owned(), object.to_owned()))
            }
            _ => None,
        }
    };
    bodies.filter_map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read() {
        let wanted = [
            Fact::Relation("man".into(), "ride".into(), "horse".into()),
            Fact::Attribute("girl".into(), "young".into()),
            Fact::Thing("brick wall".into()),
        ];
        assert_eq!(facts("( man , ride , horse ) , ( girl , is , young ) , ( brick wall )"), wanted);
    }
}
