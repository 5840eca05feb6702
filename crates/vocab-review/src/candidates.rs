//! What is up for review.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use tag_vocabulary::{CandidateRow, Entry, Tag, VocabularyError, read_candidates};

/// The file of a run's folder.
const FILE: &str = "candidates.csv";

/// A tag that may become one of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Name and kind, as the miner gives them.
    pub tag: Tag,
    /// How often captions say it.
    pub mentions: u64,
    /// Captions that mention it.
    pub captions: u64,
    /// Images that any caption mentions it for.
    pub images: u64,
    /// Captions that mention it, some words of each; none if they may not be passed on.
    pub examples: Vec<String>,
}

/// Candidates in the order of their frequency.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    list: Vec<Candidate>,
    places: HashMap<Tag, usize>,
}

impl Candidates {
    /// Reads the `candidates.csv` of a run: its folder, or the file itself.
    ///
    /// # Errors
    /// As [`read_candidates`].
    pub fn read(path: &Path) -> Result<Self, VocabularyError> {
        let file = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
        let candidate = |CandidateRow { entry, examples }| {
            let Entry { tag, mentions, captions, images, .. } = entry;
            Candidate { tag, mentions, captions, images, examples }
        };
        let rows = read_candidates(&file)?;
        Ok(Self::in_order(rows.into_iter().map(candidate).collect()))
    }

    /// Puts candidates in order: by images, then captions, then mentions, then tag.
    ///
    /// # Errors
    /// The tag that stands twice.
    pub fn new(list: Vec<Candidate>) -> Result<Self, Tag> {
        let mut tags = HashSet::with_capacity(list.len());
        match list.iter().find(|candidate| !tags.insert(&candidate.tag)) {
            Some(twice) => Err(twice.tag.clone()),
            None => Ok(Self::in_order(list)),
        }
    }

    fn in_order(mut list: Vec<Candidate>) -> Self {
        let order = |candidate: &Candidate| {
            let Candidate { images, captions, mentions, .. } = *candidate;
            std::cmp::Reverse((images, captions, mentions))
        };
        list.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.tag.cmp(&b.tag)));
        let places =
            list.iter().enumerate().map(|(place, candidate)| (candidate.tag.clone(), place)).collect();
        Self { list, places }
    }

    /// All of them, the most frequent first.
    pub fn all(&self) -> &[Candidate] {
        &self.list
    }

    /// The candidate of a tag, and its place in the order from 0.
    pub fn get(&self, tag: &Tag) -> Option<(usize, &Candidate)> {
        let place = *self.places.get(tag)?;
        Some((place, &self.list[place]))
    }
}
