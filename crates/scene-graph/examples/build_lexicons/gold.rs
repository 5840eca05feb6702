//! Captions with the graphs that people made of them.

use std::path::Path;

use anyhow::{Context, Result};

/// Calls `each` with every caption of a CSV and the parts of the facts of its graph:
/// `["ball", "is", "red"]`, `["man", "throw", "ball"]`, `["man"]`.
pub fn for_each(graphs: &Path, mut each: impl FnMut(&str, &[Vec<&str>])) -> Result<()> {
    let mut reader =
        csv::Reader::from_path(graphs).with_context(|| format!("cannot read {}", graphs.display()))?;
    for (number, row) in reader.records().enumerate() {
        let row = row.with_context(|| format!("{}: row {}", graphs.display(), number + 1))?;
        let (Some(caption), Some(graph)) = (row.get(2), row.get(3)) else { continue };
        let bodies = graph.split('(').skip(1).map(|body| body.split(')').next().unwrap_or(""));
        let facts: Vec<Vec<&str>> = bodies.map(|body| body.split(',').map(str::trim).collect()).collect();
        each(caption, &facts);
    }
    Ok(())
}
