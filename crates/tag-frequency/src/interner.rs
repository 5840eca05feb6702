//! Tags as small numbers.

use hashbrown::HashTable;
use tag_vocabulary::TagKind;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Gives every (name, kind) a number, in the order in which they are first seen.
///
/// The numbers are for use inside this crate: they depend on the order of the captions.
#[derive(Debug, Default)]
pub(crate) struct TagInterner {
    tags: Vec<(Box<str>, TagKind)>,
    by_tag: HashTable<u32>,
}

fn hash(name: &str, kind: TagKind) -> u64 {
    xxh3_64_with_seed(name.as_bytes(), kind.index() as u64)
}

impl TagInterner {
    /// The number of a tag, a new one when it is first seen, and its stable hash.
    pub fn intern(&mut self, name: &str, kind: TagKind) -> (u32, u64) {
        let Self { tags, by_tag } = self;
        let hash_of = |&id: &u32| hash(&tags[id as usize].0, tags[id as usize].1);
        let is_same = |&id: &u32| {
            let (known_name, known_kind) = &tags[id as usize];
            *known_kind == kind && **known_name == *name
        };
        let hash = hash(name, kind);
        if let Some(&id) = by_tag.find(hash, is_same) {
            return (id, hash);
        }
        // Four thousand million tags would need hundreds of gigabytes: memory ends first.
        let id = tags.len() as u32;
        by_tag.insert_unique(hash, id, hash_of);
        tags.push((name.into(), kind));
        (id, hash)
    }

    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// The tags in the order of their numbers.
    pub fn into_tags(self) -> Vec<(Box<str>, TagKind)> {
        self.tags
    }
}
