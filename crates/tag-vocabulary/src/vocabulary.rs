//! An ordered, hashed list of tags.

mod candidates;
mod file;
mod index;
mod json;

use std::cmp::Reverse;

use crate::error::{Place, VocabularyError, VocabularyProblem};
use crate::tag::check_name;
use crate::{Tag, TagKind};

pub use candidates::{CandidateRow, read_candidates};
pub use file::MAX_FILE_BYTES;
use index::Index;
pub(crate) use json::{FORMAT, VERSION};

/// A tag of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name and kind.
    pub tag: Tag,
    /// A training label like any other, but never shown to people: "one", "back".
    pub muted: bool,
    /// Other tags that count as this one. A [`Vocabulary`] has them sorted.
    pub merged: Vec<Tag>,
    /// How often captions say it; twice in one caption is two mentions.
    pub mentions: u64,
    /// Captions that mention it.
    pub captions: u64,
    /// Images that any caption mentions it for.
    pub images: u64,
}

impl Entry {
    /// A tag that is shown, has no others merged into it, and was not counted.
    pub fn new(tag: Tag) -> Self {
        Entry { tag, muted: false, merged: Vec::new(), mentions: 0, captions: 0, images: 0 }
    }
}

/// An ordered list of tags, at least one. A tag's id is its position, from 0.
///
/// The order has three blocks: objects and scenes together, then actions, then attributes. No tag
/// stands in it twice, neither as an entry nor merged into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    entries: Vec<Entry>,
    hash: String,
    index: Index,
}

impl Vocabulary {
    /// Puts entries in order: by block, then by falling number of images, of captions, of mentions
    /// (as a run ranks its candidates), then by tag. The order in which they are given does not matter.
    ///
    /// # Errors
    /// If there are none or more than there are ids, if a name breaks the conventions, or if a tag
    /// stands twice. Places in the error are positions in `entries` as given.
    pub fn new(entries: Vec<Entry>) -> Result<Self, VocabularyError> {
        Ok(Self::sorted(entries)?)
    }

    fn sorted(mut entries: Vec<Entry>) -> Result<Self, VocabularyProblem> {
        // Before the order changes, for the places in errors.
        check(&entries)?;
        entries.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        Self::ordered(entries)
    }

    /// A vocabulary of entries that are in order already.
    fn ordered(mut entries: Vec<Entry>) -> Result<Self, VocabularyProblem> {
        let index = check(&entries)?;
        let is_late = |pair: &[Entry]| block(pair[0].tag.kind) > block(pair[1].tag.kind);
        if let Some(before) = entries.windows(2).position(is_late) {
            let place = Place::Entry(before + 1);
            return Err(VocabularyProblem::BlockOutOfOrder { place, tag: entries[before + 1].tag.clone() });
        }
        entries.iter_mut().for_each(|entry| entry.merged.sort_unstable());
        Ok(Vocabulary { hash: hash(&entries), entries, index })
    }

    /// Every tag, in the order of the ids.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Number of ids. Merged tags have none of their own.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Never true: a vocabulary without tags cannot be made.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of an id.
    pub fn get(&self, id: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(id).ok()?)
    }

    /// The id of a tag, or of the tag that it was merged into.
    pub fn id_of(&self, tag: &Tag) -> Option<u32> {
        self.id_of_name(&tag.name, tag.kind)
    }

    /// The id of a tag, or of the tag that it was merged into, by name and kind. Allocates nothing.
    pub fn id_of_name(&self, name: &str, kind: TagKind) -> Option<u32> {
        self.index.get(name, kind)
    }

    /// What tells one vocabulary from another: BLAKE3 over names, kinds and order, in 64
    /// hexadecimal digits.
    ///
    /// What is hashed is one line for each tag in the order of the ids: its name, a tab, its kind
    /// as in [`TagKind::as_str`], a line feed, in UTF-8. Counts, muted and merged tags do not
    /// change it.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Checks that something was made with this vocabulary.
    ///
    /// `found` is the hash that stands in it, and `what` names it in the error: a file's path.
    ///
    /// # Errors
    /// [`VocabularyProblem::OtherVocabulary`], which names both hashes, if it was not.
    pub fn check_hash(&self, found: &str, what: &str) -> Result<(), VocabularyError> {
        if found == self.hash {
            return Ok(());
        }
        let (what, found) = (what.to_owned(), found.to_owned());
        Err(VocabularyProblem::OtherVocabulary { what, found, expected: self.hash.clone() }.into())
    }
}

/// Checks everything but the order, and makes the index of the tags.
fn check(entries: &[Entry]) -> Result<Index, VocabularyProblem> {
    if entries.is_empty() {
        return Err(VocabularyProblem::Empty);
    }
    for (position, entry) in entries.iter().enumerate() {
        let checked = |tag: &Tag, place| {
            check_name(&tag.name).map_err(|source| VocabularyProblem::Name { place, source })
        };
        checked(&entry.tag, Place::Entry(position))?;
        entry.merged.iter().try_for_each(|tag| checked(tag, Place::Merged(position)))?;
    }
    Index::new(entries)
}

/// What entries are sorted by.
fn order(entry: &Entry) -> (u8, Reverse<[u64; 3]>, &Tag) {
    (block(entry.tag.kind), Reverse([entry.images, entry.captions, entry.mentions]), &entry.tag)
}

fn block(kind: TagKind) -> u8 {
    match kind {
        TagKind::Object | TagKind::Scene => 0,
        TagKind::Action => 1,
        TagKind::Attribute => 2,
    }
}

fn hash(entries: &[Entry]) -> String {
    let mut hasher = blake3::Hasher::new();
    for Entry { tag, .. } in entries {
        // Names have no control characters, so that nothing else gives the same bytes.
        for part in [tag.name.as_str(), "\t", tag.kind.as_str(), "\n"] {
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}
