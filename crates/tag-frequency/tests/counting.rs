//! Counting in any order, partition and number of threads gives what a plain count gives.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tag_frequency::{Caption, Image, Mentions, RankedTag, TagCounter, TagCounts};
use tag_vocabulary::{Tag, TagKind};

/// A caption of the generated corpora. Its words are tags: "o3" is object number 3.
#[derive(Clone, Debug)]
struct Row {
    text: String,
    image: ImageOf,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ImageOf {
    Own,
    Key(String),
    Row(u64),
}

impl Row {
    fn caption(&self) -> Caption<'_> {
        let image = match &self.image {
            ImageOf::Own => Image::Own,
            ImageOf::Key(key) => Image::Key(key),
            ImageOf::Row(row) => Image::Row { shard: "shard", row: *row },
        };
        Caption { text: &self.text, image }
    }
}

/// The tags that a generated caption says, with their byte ranges.
fn words(text: &str) -> impl Iterator<Item = (Tag, std::ops::Range<usize>)> {
    text.split(' ').filter_map(move |word| {
        let kind = match word.as_bytes().first()? {
            b'o' => TagKind::Object,
            b's' => TagKind::Scene,
            b'c' => TagKind::Action,
            b't' => TagKind::Attribute,
            _ => return None,
        };
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        Some((Tag::new(&word[1..], kind).unwrap(), start..start + word.len()))
    })
}

fn find_tags(_: &mut (), caption: &Caption<'_>, mentions: &mut Mentions) {
    for (tag, span) in words(caption.text) {
        mentions.push(&tag.name, tag.kind, std::iter::once(span.start as u32..span.end as u32));
    }
}

fn count(rows: &[Row]) -> TagCounts {
    let mut counts = TagCounts::default();
    let mut mentions = Mentions::default();
    for row in rows {
        mentions.clear();
        find_tags(&mut (), &row.caption(), &mut mentions);
        counts.add(&row.caption(), &mentions);
    }
    counts
}

/// Counts with the plainest means.
fn plain_count(rows: &[Row]) -> BTreeMap<Tag, (u64, u64, u64)> {
    let mut mentions: BTreeMap<Tag, u64> = BTreeMap::new();
    let mut captions: BTreeMap<Tag, BTreeSet<usize>> = BTreeMap::new();
    let mut images: BTreeMap<Tag, BTreeSet<(Option<usize>, ImageOf)>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        for (tag, _) in words(&row.text) {
            *mentions.entry(tag.clone()).or_default() += 1;
            captions.entry(tag.clone()).or_default().insert(number);
            let own = (row.image == ImageOf::Own).then_some(number);
            images.entry(tag).or_default().insert((own, row.image.clone()));
        }
    }
    let count = |tag: &Tag| (mentions[tag], captions[tag].len() as u64, images[tag].len() as u64);
    mentions.keys().map(|tag| (tag.clone(), count(tag))).collect()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let long = prop::bool::weighted(0.1);
    let text = (prop::collection::vec("[octsx][0-9]", 0..7), long)
        .prop_map(|(words, long)| words.join(" ") + if long { LONG_TAIL } else { "" });
    let image = prop_oneof![
        Just(ImageOf::Own),
        (0u64..30).prop_map(|key| ImageOf::Key(key.to_string())),
        (0u64..30).prop_map(ImageOf::Row),
    ];
    let row = (text, image).prop_map(|(text, image)| Row { text, image });
    prop::collection::vec(row, 0..250)
}

/// Makes a caption longer than examples are while shorter ones are to be had.
const LONG_TAIL: &str = " xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn counts_are_those_of_a_plain_count(rows in rows()) {
        let ranking = count(&rows).rank();
        let expected = plain_count(&rows);
        let counted: BTreeMap<Tag, (u64, u64, u64)> = ranking
            .tags
            .iter()
            .map(|tag| (tag.tag.clone(), (tag.mentions, tag.captions, tag.images)))
            .collect();
        prop_assert_eq!(counted, expected);

        let key = |tag: &RankedTag| {
            let counts = [tag.images, tag.captions, tag.mentions];
            (counts.map(std::cmp::Reverse), tag.tag.clone())
        };
        prop_assert!(ranking.tags.is_sorted_by_key(key));
        prop_assert!(ranking.tags.iter().map(|tag| tag.rank).eq(1..=ranking.tags.len() as u32));

        let tagged = rows.iter().filter(|row| words(&row.text).next().is_some()).count();
        prop_assert_eq!(ranking.totals.captions, rows.len() as u64);
        prop_assert_eq!(ranking.totals.tagged_captions, tagged as u64);
        for kind in TagKind::ALL {
            let has_kind = |row: &&Row| words(&row.text).any(|(tag, _)| tag.kind == kind);
            let with_kind = rows.iter().filter(has_kind).count() as u64;
            prop_assert_eq!(ranking.totals.captions_with(kind), with_kind);
        }
    }

    #[test]
    fn coverage_is_the_share_of_captions_with_a_top_tag(rows in rows(), top in 0u32..60) {
        let ranking = count(&rows).rank();
        let ranks: BTreeMap<&Tag, u32> =
            ranking.tags.iter().map(|tag| (&tag.tag, tag.rank)).collect();
        let (mut covered, mut tags) = (0, 0);
        for row in &rows {
            let distinct: BTreeSet<Tag> = words(&row.text).map(|(tag, _)| tag).collect();
            let within = distinct.iter().filter(|tag| ranks[tag] <= top).count();
            covered += usize::from(within > 0);
            tags += within;
        }
        let point = ranking.coverage.at(top);
        let captions = rows.len().max(1) as f64;
        prop_assert!(ranking.coverage.is_exact());
        prop_assert_eq!(point.covered, covered as f64 / captions);
        prop_assert_eq!(point.tags_per_caption, tags as f64 / captions);
    }

    #[test]
    fn examples_mention_the_tag_and_are_short_where_possible(rows in rows()) {
        let ranking = count(&rows).rank();
        for tag in &ranking.tags {
            let says = |text: &str| words(text).any(|(other, _)| other == tag.tag);
            let texts: BTreeSet<&str> =
                rows.iter().map(|row| row.text.as_str()).filter(|text| says(text)).collect();
            let short = texts.iter().filter(|text| text.len() <= 200).count();
            prop_assert_eq!(tag.examples.len(), texts.len().min(3));
            prop_assert!(tag.examples.iter().all(|text| texts.contains(text.as_ref())));
            let shown_short = tag.examples.iter().filter(|text| text.len() <= 200).count();
            prop_assert_eq!(shown_short, short.min(3));
        }
        let texts: BTreeSet<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        prop_assert_eq!(ranking.captions.len(), texts.len().min(60));
        for caption in &ranking.captions {
            let found: BTreeSet<_> = caption.tags.iter().flat_map(|tag| {
                tag.spans.iter().map(|span| (tag.tag.clone(), span.start, span.end))
            }).collect();
            let expected: BTreeSet<_> =
                words(&caption.text).map(|(tag, span)| (tag, span.start, span.end)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn threads_batches_and_order_do_not_matter(
        rows in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        batch in 1usize..120,
        threads in 1usize..6,
    ) {
        let (rows, shuffled) = rows;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let counts = pool.install(|| {
            let counter = TagCounter::new(|| ());
            for rows in shuffled.chunks(batch) {
                let batch: Vec<Caption<'_>> = rows.iter().map(Row::caption).collect();
                counter.count(&batch, find_tags);
            }
            counter.finish()
        });
        prop_assert_eq!(counts.rank(), count(&rows).rank());
    }

    #[test]
    fn merging_is_associative_and_commutative(a in rows(), b in rows(), c in rows()) {
        let all = count(&[a.clone(), b.clone(), c.clone()].concat()).rank();
        let left = count(&a).merge(count(&b)).merge(count(&c));
        let right = count(&a).merge(count(&b).merge(count(&c)));
        let turned = count(&c).merge(count(&a).merge(count(&b)));
        prop_assert_eq!(&left.rank(), &all);
        prop_assert_eq!(&right.rank(), &all);
        prop_assert_eq!(&turned.rank(), &all);
    }
}

/// A caption of a quarter of a megabyte was once kept whole as the example of each of its tags.
#[test]
fn a_huge_caption_is_not_repeated_for_every_tag() {
    let words: Vec<String> = (0..25_000).map(|number| format!("thing{number}")).collect();
    let text = words.join(" ");
    let mut mentions = Mentions::default();
    let mut start = 0;
    for word in &words {
        let end = start + word.len() as u32;
        mentions.push(word, TagKind::Object, std::iter::once(start..end));
        start = end + 1;
    }
    let mut counts = TagCounts::default();
    counts.add(&Caption { text: &text, image: Image::Own }, &mentions);
    for tag in counts.rank().tags {
        assert!(tag.examples[0].len() <= 600, "{}", tag.examples[0]);
        assert!(tag.examples[0].contains(&tag.tag.name), "{} is not in {}", tag.tag.name, tag.examples[0]);
    }
}
