//! Gold scene graphs: FACTUAL's captions with the facts that people found in them.

use std::path::Path;

use anyhow::{Context, Result, bail};

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

/// Reads a file with the columns `caption` and `scene_graph`, others beside them or not.
///
/// # Errors
/// If a column is missing, a graph cannot be read, or there are no graphs.
pub fn read(path: &Path) -> Result<Vec<GoldGraph>> {
    let name = path.display();
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("cannot read {name}"))?;
    let header = reader.headers().with_context(|| format!("cannot read {name}"))?.clone();
    let column = |wanted: &str| {
        let place = header.iter().position(|found| found.trim() == wanted);
        place.with_context(|| format!("{name}: no column {wanted:?} in its first line"))
    };
    let (caption, graph) = (column("caption")?, column("scene_graph")?);
    let mut graphs = Vec::new();
    for (number, row) in reader.records().enumerate() {
        let at = || format!("{name}: row {} behind the header", number + 1);
        let row = row.with_context(at)?;
        let facts = facts(&row[graph]).with_context(at)?;
        graphs.push(GoldGraph { caption: row[caption].to_owned(), facts });
    }
    if graphs.is_empty() {
        bail!("{name}: no graphs to learn from");
    }
    Ok(graphs)
}

/// The facts of `( man , ride , horse ) , ( girl , is , young ) , ( wall )`.
fn facts(graph: &str) -> Result<Vec<Fact>> {
    let lower = graph.to_lowercase();
    let facts: Vec<Fact> = lower
        .split('(')
        .skip(1)
        .map(|body| fact(body.split(')').next().unwrap_or("")))
        .collect::<Result<_>>()?;
    if facts.is_empty() {
        bail!("{graph:?} is no graph: expected ( thing ), ( thing , is , attribute ) and so on");
    }
    Ok(facts)
}

fn fact(body: &str) -> Result<Fact> {
    let parts: Vec<&str> = body.split(',').map(str::trim).collect();
    if parts.iter().any(|part| part.is_empty()) {
        bail!("the fact ({body}) has an empty part");
    }
    match parts[..] {
        [name] => Ok(Fact::Thing(name.to_owned())),
        [thing, "is", attribute] => Ok(Fact::Attribute(thing.to_owned(), attribute.to_owned())),
        [subject, predicate, object] => {
            Ok(Fact::Relation(subject.to_owned(), predicate.to_owned(), object.to_owned()))
        }
        _ => bail!("the fact ({body}) has {} parts, not one or three", parts.len()),
    }
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
        let found = facts("( man , ride , horse ) , ( girl , is , young ) , ( brick wall )");
        assert_eq!(found.unwrap(), wanted);
        for broken in ["", "a man", "( )", "( man , ride )", "( man , , horse )"] {
            assert!(facts(broken).is_err(), "{broken:?}");
        }
    }
}
