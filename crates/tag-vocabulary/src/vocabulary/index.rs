//! From tags to ids.

use foldhash::HashMap;

use super::Entry;
use crate::error::{Place, VocabularyProblem};
use crate::{Tag, TagKind};

/// The ids of all entries and merged tags, with a map for each kind so that a look-up needs no
/// owned name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    ids: [HashMap<Box<str>, u32>; TagKind::ALL.len()],
}

impl Index {
    /// # Errors
    /// If a tag stands twice, or if there are more entries than ids.
    pub(super) fn new(entries: &[Entry]) -> Result<Self, VocabularyProblem> {
        let mut index = Index::default();
        for (position, entry) in entries.iter().enumerate() {
            let id =
                u32::try_from(position).map_err(|_| VocabularyProblem::TooMany { count: entries.len() })?;
            for tag in std::iter::once(&entry.tag).chain(&entry.merged) {
                if let Some(earlier) = index.ids[tag.kind.index()].insert(tag.name.as_str().into(), id) {
                    return Err(twice(entries, tag, earlier as usize, position));
                }
            }
        }
        Ok(index)
    }

    pub(super) fn get(&self, name: &str, kind: TagKind) -> Option<u32> {
        self.ids[kind.index()].get(name).copied()
    }
}

fn twice(entries: &[Entry], tag: &Tag, first: usize, second: usize) -> VocabularyProblem {
    let place = |position: usize| {
        if entries[position].tag == *tag { Place::Entry(position) } else { Place::Merged(position) }
    };
    // A tag that is merged into itself stands twice at one position.
    let second = if first == second { Place::Merged(second) } else { place(second) };
    VocabularyProblem::Twice { tag: tag.clone(), first: place(first), second }
}
