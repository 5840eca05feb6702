//! A compact, exact set of images.

/// Distinct images, eight bytes each plus at most a quarter of slack.
///
/// Images stand as 64-bit hashes in one vector: a sorted part without duplicates, then what came
/// since. A hash table would take twice the memory or more. Two images of one set share a hash
/// with a probability of about n²/2⁶⁵: three in a million for ten million images.
#[derive(Debug, Default)]
pub(crate) struct ImageSet {
    hashes: Vec<u64>,
    /// Length of the sorted part.
    sorted: usize,
}

impl ImageSet {
    pub fn insert(&mut self, image: u64) {
        // The captions of an image mostly stand one after another.
        if self.hashes.last() == Some(&image) {
            return;
        }
        if self.hashes.len() == self.hashes.capacity() {
            self.make_room();
        }
        self.hashes.push(image);
    }

    /// Adds all images of another set.
    pub fn extend(&mut self, other: Self) {
        if self.hashes.len() < other.hashes.len() {
            let smaller = std::mem::replace(self, other);
            return self.extend(smaller);
        }
        self.settle();
        self.hashes.reserve_exact(other.hashes.len());
        self.hashes.extend(other.hashes);
        self.settle();
    }

    /// Number of distinct images.
    pub fn count(&mut self) -> u64 {
        self.settle();
        self.hashes.len() as u64
    }

    /// Removes duplicates first; grows only when few were found, so that time stays linear.
    fn make_room(&mut self) {
        self.settle();
        let free = self.hashes.capacity() - self.hashes.len();
        if free <= self.hashes.len() / 8 {
            self.hashes.reserve_exact(self.hashes.len() / 4 + 1);
        }
    }

    fn settle(&mut self) {
        if self.sorted == self.hashes.len() {
            return;
        }
        self.hashes[self.sorted..].sort_unstable();
        // The stable sort finds the two sorted runs and merges them in linear time.
        self.hashes.sort();
        self.hashes.dedup();
        self.sorted = self.hashes.len();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_as_a_hash_set_does(parts in prop::collection::vec(
            prop::collection::vec(0u64..200, 0..300), 1..5,
        )) {
            let mut all = ImageSet::default();
            for part in &parts {
                let mut set = ImageSet::default();
                part.iter().for_each(|&image| set.insert(image));
                let distinct = part.iter().collect::<HashSet<_>>().len();
                prop_assert!(set.hashes.capacity() <= distinct + distinct / 4 + 1);
                all.extend(set);
            }
            let expected: HashSet<u64> = parts.concat().into_iter().collect();
            prop_assert_eq!(all.count(), expected.len() as u64);
        }
    }
}
