//! Exact counts of tags, their images and examples.

use std::ops::Range;
use std::sync::Arc;

use tag_vocabulary::TagKind;

use crate::caption::{Caption, Mentions};
use crate::coverage::CoverageSample;
use crate::hash::Purpose;
use crate::image_set::ImageSet;
use crate::interner::TagInterner;
use crate::smallest::{SampleKey, Smallest};

/// Captions that are kept to show where a tag comes from.
const EXAMPLES_PER_TAG: usize = 3;
/// Captions that are kept with all their tags, for the report.
const REPORT_CAPTIONS: usize = 60;
/// Examples of a tag are captions of at most so many bytes when there are such.
const READABLE_BYTES: usize = 200;
/// The same for the report, which has more space.
const READABLE_BYTES_IN_REPORT: usize = 400;

/// Counts of tags over any number of captions.
///
/// Counts of parts of a corpus add up exactly with [`TagCounts::merge`], in any order. To count
/// on all cores, use a [`TagCounter`](crate::TagCounter); to see the result, [`TagCounts::rank`].
///
/// ```
/// use tag_frequency::{Caption, Image, Mentions, TagCounts};
/// use tag_vocabulary::TagKind;
///
/// let mut counts = TagCounts::default();
/// let mut mentions = Mentions::default();
/// mentions.push("dog", TagKind::Object, [2..5]);
/// mentions.push("dog", TagKind::Object, [12..15]);
/// counts.add(&Caption { text: "a dog and a dog", image: Image::Key("1.jpg") }, &mentions);
/// mentions.clear();
/// mentions.push("dog", TagKind::Object, [0..4]);
/// counts.add(&Caption { text: "dogs", image: Image::Key("1.jpg") }, &mentions);
///
/// let ranking = counts.rank();
/// let dog = &ranking.tags[0];
/// assert_eq!((dog.mentions, dog.captions, dog.images), (3, 2, 1));
/// ```
#[derive(Debug, Default)]
pub struct TagCounts {
    pub(crate) tags: TagInterner,
    /// By the tags' numbers.
    pub(crate) counts: Vec<TagCount>,
    pub(crate) captions: CaptionCounts,
    pub(crate) coverage: CoverageSample,
    pub(crate) report: Smallest<Box<[FoundTag]>, REPORT_CAPTIONS>,
    /// Reused by [`TagCounts::add`]: the tag of each mention; then each tag once, and where its
    /// first mention begins.
    mentioned: Vec<u32>,
    distinct: Vec<u32>,
    first_places: Vec<(u32, u32)>,
}

/// What is counted for one tag.
#[derive(Debug, Default)]
pub(crate) struct TagCount {
    /// The tag's own hash: which of its captions become examples differs from tag to tag.
    pub salt: u64,
    pub mentions: u64,
    pub captions: u64,
    pub images: ImageCount,
    /// Captions, and where each first says the tag.
    pub examples: Smallest<u32, EXAMPLES_PER_TAG>,
}

/// What is counted over all captions.
#[derive(Debug, Default)]
pub(crate) struct CaptionCounts {
    pub captions: u64,
    pub images: ImageCount,
    /// Captions that mention a tag of the kind.
    pub with_kind: [u64; TagKind::ALL.len()],
    /// Captions that mention any tag.
    pub with_tags: u64,
}

/// Number of distinct images.
#[derive(Debug, Default)]
pub(crate) struct ImageCount {
    /// Images that other captions may share.
    shared: ImageSet,
    /// Images of a single caption.
    own: u64,
}

/// A tag of a caption in the report's sample, and the words that say it.
#[derive(Debug)]
pub(crate) struct FoundTag {
    pub id: u32,
    pub spans: Box<[Range<u32>]>,
}

impl TagCounts {
    /// Counts one caption that mentions the given tags.
    ///
    /// The tags of a caption must depend on its text alone: samples keep one of several captions
    /// with equal texts.
    pub fn add(&mut self, caption: &Caption<'_>, mentions: &Mentions) {
        let image = caption.image.hash();
        self.captions.captions += 1;
        self.captions.images.insert(image);
        self.count_mentions(mentions);
        self.find_first_places(mentions);
        self.count_tags(caption.text, image);
        self.coverage.add(caption.text, image, &self.distinct);
        self.offer_to_report(caption.text, mentions);
    }

    /// Adds the counts of other captions.
    #[must_use]
    pub fn merge(self, other: TagCounts) -> TagCounts {
        if self.tags.len() < other.tags.len() {
            return other.merge(self);
        }
        let mut merged = self;
        let mut new_ids = Vec::with_capacity(other.counts.len());
        for ((name, kind), count) in other.tags.into_tags().into_iter().zip(other.counts) {
            let id = merged.id(&name, kind);
            merged.counts[id as usize].extend(count);
            new_ids.push(id);
        }
        merged.captions.extend(other.captions);
        merged.coverage.extend(other.coverage, &new_ids);
        merged.report.extend(other.report, |mut found: Box<[FoundTag]>| {
            found.iter_mut().for_each(|tag| tag.id = new_ids[tag.id as usize]);
            found
        });
        merged
    }

    /// The number of a tag, and a place to count it.
    fn id(&mut self, name: &str, kind: TagKind) -> u32 {
        let (id, hash) = self.tags.intern(name, kind);
        if id as usize == self.counts.len() {
            self.counts.push(TagCount { salt: hash, ..TagCount::default() });
        }
        id
    }

    fn count_mentions(&mut self, mentions: &Mentions) {
        let mut has_kind = [false; TagKind::ALL.len()];
        self.mentioned.clear();
        for mention in mentions.iter() {
            let id = self.id(mention.name, mention.kind);
            self.counts[id as usize].mentions += 1;
            self.mentioned.push(id);
            has_kind[mention.kind.index()] = true;
        }
        for (captions, has_kind) in self.captions.with_kind.iter_mut().zip(has_kind) {
            *captions += u64::from(has_kind);
        }
        self.captions.with_tags += u64::from(!mentions.is_empty());
    }

    fn find_first_places(&mut self, mentions: &Mentions) {
        let start = |spans: &[Range<u32>]| spans.first().map_or(0, |span| span.start);
        let starts = mentions.iter().map(|mention| start(mention.spans));
        self.first_places.clear();
        self.first_places.extend(self.mentioned.iter().copied().zip(starts));
        self.first_places.sort_unstable();
        self.first_places.dedup_by_key(|(id, _)| *id);
        self.distinct.clear();
        self.distinct.extend(self.first_places.iter().map(|(id, _)| id));
    }

    fn count_tags(&mut self, text: &str, image: Option<u64>) {
        let key = SampleKey::new(text, READABLE_BYTES, Purpose::TagExample);
        let mut shared_text = None;
        for &(id, place) in &self.first_places {
            let count = &mut self.counts[id as usize];
            let key = key.salted(count.salt);
            count.captions += 1;
            count.images.insert(image);
            if count.examples.wants(key) {
                let text = shared_text.get_or_insert_with(|| Arc::from(text));
                count.examples.offer(key, text, || place);
            }
        }
    }

    fn offer_to_report(&mut self, text: &str, mentions: &Mentions) {
        let key = SampleKey::new(text, READABLE_BYTES_IN_REPORT, Purpose::ReportSample);
        if self.report.wants(key) {
            let ids = self.mentioned.iter();
            let found = || {
                mentions
                    .iter()
                    .zip(ids)
                    .map(|(mention, &id)| FoundTag { id, spans: mention.spans.into() })
                    .collect()
            };
            self.report.offer(key, &Arc::from(text), found);
        }
    }
}

impl TagCount {
    fn extend(&mut self, other: Self) {
        self.mentions += other.mentions;
        self.captions += other.captions;
        self.images.extend(other.images);
        self.examples.extend(other.examples, |place| place);
    }
}

impl CaptionCounts {
    fn extend(&mut self, other: Self) {
        self.captions += other.captions;
        self.images.extend(other.images);
        for (captions, more) in self.with_kind.iter_mut().zip(other.with_kind) {
            *captions += more;
        }
        self.with_tags += other.with_tags;
    }
}

impl ImageCount {
    fn insert(&mut self, image: Option<u64>) {
        match image {
            Some(image) => self.shared.insert(image),
            None => self.own += 1,
        }
    }

    fn extend(&mut self, other: Self) {
        self.shared.extend(other.shared);
        self.own += other.own;
    }

    pub fn count(&mut self) -> u64 {
        self.shared.count() + self.own
    }
}
