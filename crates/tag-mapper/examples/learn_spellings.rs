//! Finds names that are written as one word and as two, in the tags of a mined corpus, and writes
//! `lexicons/compound-spellings.txt`:
//!
//! ```text
//! mine-tags CORPUS --top 100000 --no-examples --keep-spellings --out mined
//! cargo run --release -p tag-mapper --example learn_spellings -- mined/candidates.csv
//! ```
//!
//! The way that more images have is kept. Read the changes before they are committed: two things
//! that only look alike go to `KEPT_APART`. The same tags give the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Names of two words that mean something else than the same letters together.
const KEPT_APART: [&str; 4] = ["black bird", "food co", "glass house", "green house"];

const HEADER: &str = "\
# Names that people write as one word and as two: the second column is the one in tags, for it is
# the more frequent in the captions of COCO, Visual Genome, Flickr30k and CC3M (validation).
# Written by examples/learn_spellings.
";

fn main() -> Result<()> {
    let Some(path) = std::env::args_os().nth(1) else { bail!("expected the path of candidates.csv") };
    let path = Path::new(&path);
    let images = images_by_name(path)?;
    let mut lines = String::from(HEADER);
    let mut count = 0;
    for (spaced, &in_two) in images.iter().filter(|(name, _)| name.split(' ').count() == 2) {
        let joined = spaced.replace(' ', "");
        let Some(&in_one) = images.get(joined.as_str()) else { continue };
        // "c hair" is a slip, and "u s" a name of its own.
        if KEPT_APART.contains(&spaced.as_str()) || spaced.split(' ').any(|word| word.len() < 2) {
            continue;
        }
        // One image may be a slip.
        if in_one.min(in_two) < 2 {
            continue;
        }
        let (variant, kept) = if in_one > in_two { (spaced, &joined) } else { (&joined, spaced) };
        lines.push_str(&format!("{variant}\t{kept}\n"));
        count += 1;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("lexicons/compound-spellings.txt");
    fs::write(&file, lines).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{count} names");
    Ok(())
}

/// Images of each name that is no action, all its kinds together.
fn images_by_name(path: &Path) -> Result<BTreeMap<String, u64>> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    let header = reader.headers()?.clone();
    let column = |name: &str| {
        header.iter().position(|found| found == name).with_context(|| format!("no column {name:?}"))
    };
    let (name, kind, images) = (column("name")?, column("kind")?, column("images")?);
    let mut by_name = BTreeMap::new();
    for row in reader.records() {
        let row = row.with_context(|| path.display().to_string())?;
        if &row[kind] != "action" {
            *by_name.entry(row[name].to_owned()).or_default() += row[images].parse::<u64>()?;
        }
    }
    Ok(by_name)
}
