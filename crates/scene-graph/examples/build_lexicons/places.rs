//! Which nouns name places: Places365's categories, and what WordNet holds for rooms, roads,
//! waters, grounds; buildings and mountains are places when the caption puts something in them.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::wordnet::WordNet;

/// Always a place.
const PLACE: u64 = 0;
/// A place if something is in it, else a thing.
const PLACE_IN_USE: u64 = 1;

/// Nouns (with the number of their sense) below which everything is a place.
const PLACES: [(&str, usize); 17] = [
    ("body of water", 1),
    ("room", 1),
    ("road", 1),
    ("way", 6),
    ("tract", 1),
    ("shore", 1),
    ("district", 1),
    ("urban area", 1),
    ("geographical region", 1),
    ("forest", 2),
    ("desert", 1),
    ("valley", 1),
    ("park", 2),
    ("yard", 2),
    ("field", 1),
    ("corridor", 1),
    ("country", 4),
];

/// Nouns below which everything is a place if something is in it.
const PLACES_IN_USE: [(&str, usize); 10] = [
    ("building", 1),
    ("bridge", 1),
    ("tower", 1),
    ("shelter", 1),
    ("geological formation", 1),
    ("facility", 1),
    ("place of business", 1),
    ("housing", 1),
    ("area", 5),
    ("land", 4),
];

/// Nouns below which nothing is a place: pipes and tubes, which WordNet holds for ways.
const NO_PLACES: [(&str, usize); 1] = [("conduit", 1)];

pub fn find(places365: &Path, wordnet: &WordNet) -> Result<BTreeMap<String, u64>> {
    let roots = |list: &[(&str, usize)]| -> Result<HashSet<u32>> {
        list.iter().map(|(lemma, sense)| wordnet.sense(lemma, *sense)).collect()
    };
    let (always, in_use) = (roots(&PLACES)?, roots(&PLACES_IN_USE)?);
    let never = roots(&NO_PLACES)?;
    let built = roots(&[("structure", 1)])?;
    let mut places = BTreeMap::new();
    for noun in wordnet.nouns().filter(|noun| !wordnet.is_below(noun, 1, &never)) {
        if wordnet.is_below(noun, 1, &always) {
            places.insert(noun.to_owned(), PLACE);
        } else if wordnet.is_below(noun, 1, &in_use) {
            places.insert(noun.to_owned(), PLACE_IN_USE);
        }
    }
    let text =
        fs::read_to_string(places365).with_context(|| format!("cannot read {}", places365.display()))?;
    for line in text.lines() {
        // "/a/airport_terminal 2", "/a/apartment_building/outdoor 8"
        let Some(name) = line.split(' ').next().and_then(|path| path.split('/').nth(2)) else { continue };
        let name = name.replace('_', " ");
        // A building of the list stays a place in use; a beach or a canyon is one always.
        if !wordnet.is_below(&name, 1, &built) {
            places.insert(name, PLACE);
        } else {
            places.entry(name).or_insert(PLACE);
        }
    }
    Ok(places)
}
