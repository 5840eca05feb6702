//! Counts in their final order.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use tag_vocabulary::{Tag, TagKind};

use crate::counts::{CaptionCounts, FoundTag, TagCount, TagCounts};
use crate::coverage::Coverage;
use crate::excerpt::excerpt;

/// What was counted, tags in the order of their ranks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// Every tag, best rank first.
    pub tags: Vec<RankedTag>,
    /// Sums over all captions.
    pub totals: Totals,
    /// How many captions the first tags cover.
    pub coverage: Coverage,
    /// A sample of up to 60 captions of different texts with all their tags. The choice is
    /// random, but the same for the same captions; captions over 400 bytes come only in want of
    /// shorter ones.
    pub captions: Vec<TaggedCaption>,
}

/// A tag, its counts and its rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedTag {
    /// From 1, by images, then captions, then mentions (most first), then name and kind.
    ///
    /// Images come first because the tags are labels of images: a tag that five captions of one
    /// image repeat labels one image. No two tags share a rank.
    pub rank: u32,
    /// Name and kind.
    pub tag: Tag,
    /// How often captions say it; twice in one caption is two mentions.
    pub mentions: u64,
    /// Captions that mention it.
    pub captions: u64,
    /// Images that any caption mentions it for.
    pub images: u64,
    /// Up to three captions that mention it, chosen at random, the same for the same captions;
    /// captions over 200 bytes only in want of shorter ones, and of those over 600 the part around
    /// the tag.
    pub examples: Vec<Arc<str>>,
}

/// Sums over all captions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Captions counted.
    pub captions: u64,
    /// Distinct images that they describe.
    pub images: u64,
    /// Captions that mention at least one tag.
    pub tagged_captions: u64,
    captions_with: [u64; TagKind::ALL.len()],
}

impl Totals {
    /// Captions that mention at least one tag of a kind.
    pub fn captions_with(&self, kind: TagKind) -> u64 {
        self.captions_with[kind.index()]
    }
}

/// A caption and its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedCaption {
    /// The caption.
    pub text: Arc<str>,
    /// Its tags, one for each mention, in the order of their first words.
    pub tags: Vec<TaggedSpans>,
}

/// A mention of a tag in a caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedSpans {
    /// Name and kind.
    pub tag: Tag,
    /// Byte ranges of the caption's words that say it.
    pub spans: Vec<Range<usize>>,
}

impl TagCounts {
    /// Puts the tags in order. The result depends on the counted captions only, not on their
    /// order, the threads or the merges.
    pub fn rank(self) -> Ranking {
        let TagCounts { tags, counts, captions, coverage, report, .. } = self;
        let tags = tags.into_tags();
        let captions_with_tags =
            report.into_iter().map(|(text, found)| tagged_caption(text, &found, &tags)).collect();

        let mut ranked: Vec<(u32, RankedTag)> = tags
            .into_iter()
            .zip(counts)
            .zip(0..)
            .map(|((tag, count), id)| (id, unranked(tag, count)))
            .collect();
        ranked.par_sort_unstable_by(|(_, a), (_, b)| order(a).cmp(&order(b)));

        let mut ranks = vec![0; ranked.len()];
        for ((id, tag), rank) in ranked.iter_mut().zip(1..) {
            tag.rank = rank;
            ranks[*id as usize] = rank;
        }
        Ranking {
            tags: ranked.into_iter().map(|(_, tag)| tag).collect(),
            totals: totals(captions),
            coverage: coverage.into_coverage(&ranks),
            captions: captions_with_tags,
        }
    }
}

impl Ranking {
    /// Takes every caption out, so that only counts are left: for corpora whose text must not be
    /// passed on.
    pub fn forget_captions(&mut self) {
        self.captions.clear();
        self.tags.iter_mut().for_each(|tag| tag.examples.clear());
    }
}

/// What ranks are sorted by.
fn order(tag: &RankedTag) -> impl Ord + '_ {
    (Reverse((tag.images, tag.captions, tag.mentions)), &tag.tag)
}

fn unranked((name, kind): (Box<str>, TagKind), mut count: TagCount) -> RankedTag {
    RankedTag {
        rank: 0,
        tag: Tag { name: name.into(), kind },
        mentions: count.mentions,
        captions: count.captions,
        images: count.images.count(),
        examples: count.examples.into_iter().map(|(text, place)| excerpt(text, place)).collect(),
    }
}

fn totals(mut counts: CaptionCounts) -> Totals {
    Totals {
        captions: counts.captions,
        images: counts.images.count(),
        tagged_captions: counts.with_tags,
        captions_with: counts.with_kind,
    }
}

fn tagged_caption(text: Arc<str>, found: &[FoundTag], tags: &[(Box<str>, TagKind)]) -> TaggedCaption {
    let mut tags: Vec<TaggedSpans> = found
        .iter()
        .map(|found| {
            let (name, kind) = &tags[found.id as usize];
            let range = |span: &Range<u32>| span.start as usize..span.end as usize;
            TaggedSpans {
                tag: Tag { name: name.to_string(), kind: *kind },
                spans: found.spans.iter().map(range).collect(),
            }
        })
        .collect();
    tags.sort_by_cached_key(|tag| (tag.spans.first().map(|span| span.start), tag.tag.clone()));
    TaggedCaption { text, tags }
}
