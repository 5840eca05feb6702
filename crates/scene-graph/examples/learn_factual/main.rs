//! Learns FACTUAL's naming conventions from its training split, and writes the embedded table:
//!
//! ```text
//! cargo run --release -p scene-graph --example learn_factual -- train.csv
//! ```
//!
//! Every caption is parsed, its plain graph compared with the gold graph, and for each key of
//! each fact the outcome counted: kept, renamed, turned round or left out. Run it again whenever
//! the parser's model or the rules change. The same inputs give the same bytes.

mod gold;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use caption_parser::{Parser, Scratch};
use compact_str::CompactString;
use gold::Gold;
use scene_graph::factual::{Outcome, facts, name_key, surface};
use scene_graph::{Extractor, SceneGraph};

/// A key counts from this many facts on.
const SUPPORT: u32 = 3;
/// Share of the facts that must agree, and that must be left out for a key to leave facts out.
const MAJORITY: f64 = 0.5;
const DROP_MAJORITY: f64 = 0.6;

type Counts = BTreeMap<CompactString, BTreeMap<Outcome, u32>>;

fn main() -> Result<()> {
    let Some(path) = std::env::args_os().nth(1) else { bail!("expected the path of train.csv") };
    let path = Path::new(&path);
    let parser = Parser::embedded()?;
    let mut scratch = Scratch::default();
    let mut extractor = Extractor::new();
    let mut graph = SceneGraph::default();
    let mut counts = Counts::new();
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    for (number, row) in reader.records().enumerate() {
        let row = row.with_context(|| format!("{}: row {}", path.display(), number + 1))?;
        let (Some(caption), Some(gold)) = (row.get(2), row.get(3)) else { continue };
        extractor.extract(parser.parse(&mut scratch, caption), &mut graph);
        count(&graph, caption, &Gold::read(gold), &mut counts);
    }
    write(&counts)
}

fn count(graph: &SceneGraph, caption: &str, gold: &Gold, counts: &mut Counts) {
    let mut add = |key: &CompactString, outcome: &Outcome| {
        *counts.entry(key.clone()).or_default().entry(outcome.clone()).or_default() += 1;
    };
    let mut names = Vec::new();
    for (index, entity) in graph.entities.iter().enumerate() {
        let surface = surface(graph, index, caption);
        let found = gold.find(&surface);
        if let Some(outcome) = gold.name_outcome(&surface, found, caption) {
            add(&name_key(entity), &outcome);
        }
        names.push(found.or_else(|| gold.sole_stranger(caption)));
    }
    for fact in facts(graph, caption) {
        let Some(subject) = names[fact.subject] else { continue };
        let outcome = match fact.object {
            None => gold.attribute_outcome(subject, &fact.text, caption),
            Some(object) => gold.relation_outcome(subject, names[object], &fact.text),
        };
        for key in fact.keys.iter().flatten() {
            add(key, &outcome);
        }
    }
}

fn write(counts: &Counts) -> Result<()> {
    let mut chosen: BTreeMap<&CompactString, (&Outcome, u64)> = BTreeMap::new();
    for (key, outcomes) in counts {
        let total: u32 = outcomes.values().sum();
        let Some((outcome, &most)) = outcomes.iter().max_by_key(|(_, count)| **count) else { continue };
        let sure = f64::from(most) / f64::from(total);
        let needed = if *outcome == Outcome::Dropped { DROP_MAJORITY } else { MAJORITY };
        if total >= SUPPORT && sure > needed {
            // Few facts make less sure than many.
            let smoothed = (f64::from(most) + 0.5) / (f64::from(total) + 1.5);
            chosen.insert(key, (outcome, (smoothed * 100.0) as u64));
        }
    }
    let mut outcomes: Vec<&Outcome> = chosen.values().map(|(outcome, _)| *outcome).collect();
    outcomes.sort();
    outcomes.dedup();
    let table = fst::Map::from_iter(chosen.iter().map(|(key, (outcome, sure))| {
        let code = outcomes.binary_search(outcome).unwrap_or(0) as u64;
        (key.as_str(), code * 128 + sure)
    }))?;
    let lines: String = outcomes.iter().map(|outcome| format!("{}\n", outcome.encode())).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lexicons");
    fs::write(folder.join("factual.fst"), table.as_fst().as_bytes()).context("cannot write factual.fst")?;
    fs::write(folder.join("factual.txt"), lines).context("cannot write factual.txt")?;
    println!("{} keys, {} outcomes, {} bytes", chosen.len(), outcomes.len(), table.as_fst().as_bytes().len());
    Ok(())
}
