//! The finite-state maps of the model's vocabularies.

use std::collections::BTreeMap;

use anyhow::Result;
use fst::MapBuilder;

use crate::treebank::Example;

/// Lower-case forms seen at least `least` times, with rows from 1; row 0 is for all others.
pub fn forms(examples: &[Example], least: usize) -> Result<(Vec<u8>, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for form in examples.iter().flat_map(|example| &example.forms) {
        let lower: String = form.chars().flat_map(char::to_lowercase).collect();
        *counts.entry(lower).or_default() += 1;
    }
    let mut builder = MapBuilder::memory();
    let mut rows = 1;
    for (form, count) in counts {
        if count >= least {
            builder.insert(form, rows)?;
            rows += 1;
        }
    }
    Ok((builder.into_inner()?, rows as usize))
}

/// A WordPiece vocabulary as a map from pieces to rows.
pub fn pieces(vocabulary: &[String]) -> Result<Vec<u8>> {
    let sorted: BTreeMap<&str, u64> =
        vocabulary.iter().zip(0..).map(|(piece, row)| (piece.as_str(), row)).collect();
    let mut builder = MapBuilder::memory();
    builder.extend_iter(sorted)?;
    Ok(builder.into_inner()?)
}
