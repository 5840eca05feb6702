//! Rebuilds the embedded lexicons from their sources:
//!
//! ```text
//! cargo run --release -p scene-graph --example build_lexicons -- WORDNET PLACES365 GRAPHS
//! ```
//!
//! `WORDNET` is the folder with WordNet 3.0's `index.*`, `data.*` and `*.exc` (Debian's
//! `wordnet-base`), `PLACES365` the list `categories_places365.txt`, `GRAPHS` the training split
//! of FACTUAL's scene graphs as CSV. The same sources give the same bytes.

mod compounds;
mod gold;
mod meanings;
mod places;
mod seen;
mod wordnet;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use seen::Seen;
use wordnet::WordNet;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [wordnet, places, graphs] = arguments.as_slice() else {
        bail!("expected three paths: WORDNET PLACES365 GRAPHS");
    };
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let own = crates.join("scene-graph/lexicons");
    let database = wordnet;
    let wordnet = WordNet::read(database)?;
    let seen = Seen::count(graphs, &wordnet)?;
    write_map(&own.join("nouns.fst"), &wordnet.noun_classes(&seen.nouns))?;
    write_set(&own.join("verbs.fst"), &wordnet.verbs)?;
    write_set(&own.join("adjectives.fst"), &wordnet.adjectives)?;
    write_set(&own.join("exceptions.fst"), &wordnet.exceptions)?;
    write_map(&own.join("compounds.fst"), &compounds::learn(graphs, &wordnet)?)?;
    let tags = crates.join("tag-mapper/lexicons");
    let predicates = seen.predicates().into_iter().chain(wordnet.phrasal_verbs.iter().cloned()).collect();
    write_set(&tags.join("predicates.fst"), &predicates)?;
    write_map(&tags.join("places.fst"), &places::find(places, &wordnet)?)?;
    let review = crates.join("vocab-review/lexicons");
    write_map(&review.join("meanings.fst"), &meanings::find(database, &wordnet)?)
}

fn write_map(path: &Path, entries: &BTreeMap<String, u64>) -> Result<()> {
    let map = fst::Map::from_iter(entries.iter().map(|(key, &value)| (key, value)))?;
    write(path, map.as_fst().as_bytes(), entries.len())
}

fn write_set(path: &Path, entries: &BTreeSet<String>) -> Result<()> {
    let set = fst::Set::from_iter(entries)?;
    write(path, set.as_fst().as_bytes(), entries.len())
}

fn write(path: &Path, bytes: &[u8], entries: usize) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}: {entries} entries, {} bytes", path.display(), bytes.len());
    Ok(())
}
