//! How many images have each tag.

use crate::plan::Draft;

/// Number of images of each tag of a vocabulary. Takes eight bytes a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagCounts {
    images: Vec<u64>,
}

impl TagCounts {
    /// Counts an image once for each of its tags.
    pub fn add(&mut self, draft: &Draft) {
        let tags = draft.image_tags();
        if let Some(&last) = tags.last() {
            self.make_room(last as usize + 1);
        }
        tags.iter().for_each(|&tag| self.images[tag as usize] += 1);
    }

    /// Number of images that have the tag.
    pub fn images(&self, tag: u32) -> u64 {
        self.images.get(tag as usize).copied().unwrap_or(0)
    }

    /// The tags that any image has, by id, with their numbers of images.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        (0..).zip(self.images.iter().copied()).filter(|(_, images)| *images > 0)
    }

    fn make_room(&mut self, tags: usize) {
        if self.images.len() < tags {
            self.images.resize(tags, 0);
        }
    }
}
