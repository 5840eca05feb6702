//! What balancing promises holds for any images, and its report adds up.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroU64};

use proptest::prelude::*;
use tag_triplets::balance::{BalanceError, BalanceOptions, BalanceReport, Balancer, TagCounts};
use tag_triplets::plan::{Draft, DraftCaption, Position, Reference};

fn draft(number: u64, captions: Vec<Vec<u32>>) -> Draft {
    let captions = captions
        .into_iter()
        .enumerate()
        // The third repeats the second, and a text has the tags that it has.
        .map(|(place, tags)| (if place == 2 { 1 } else { place }, tags))
        .map(|(place, tags)| DraftCaption { text: format!("caption {place} of {tags:?}"), tags })
        .collect();
    Draft {
        image_id: format!("{number}.jpg"),
        image: Reference::Path(format!("{number}.jpg")),
        position: Position { file: 0, row: number },
        captions,
        split: None,
        size: None,
    }
}

/// Images whose small tags are frequent and whose large ones are rare.
fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let tag = prop_oneof![3 => 0u32..2, 3 => 2u32..10, 1 => 10u32..60];
    let caption = prop::collection::btree_set(tag, 0..4).prop_map(|tags| tags.into_iter().collect());
    prop::collection::vec(prop::collection::vec(caption, 1..5), 0..150)
        .prop_map(|images| (0..).zip(images).map(|(number, captions)| draft(number, captions)).collect())
}

fn options() -> impl Strategy<Value = BalanceOptions> {
    let captions = prop::option::of((1u32..4).prop_map(|cap| NonZeroU32::new(cap).unwrap()));
    let images = prop::option::of((6u64..40).prop_map(|cap| NonZeroU64::new(cap).unwrap()));
    (any::<bool>(), any::<bool>(), captions, images, 0u64..6, any::<u64>()).prop_map(
        |(drop_repeated, drop_untagged, captions_per_image, images_per_tag, min_images_per_tag, seed)| {
            BalanceOptions {
                drop_repeated,
                drop_untagged,
                captions_per_image,
                images_per_tag,
                min_images_per_tag,
                seed,
            }
        },
    )
}

fn balancer(drafts: &[Draft], options: &BalanceOptions) -> Balancer {
    let mut counts = TagCounts::default();
    for draft in drafts {
        let mut draft = draft.clone();
        options.thin(&mut draft, &mut BalanceReport::default());
        counts.add(&draft);
    }
    Balancer::new(options.clone(), counts).unwrap()
}

fn balance(drafts: &[Draft], options: &BalanceOptions) -> (Vec<Draft>, BalanceReport) {
    let balancer = balancer(drafts, options);
    let mut report = balancer.report();
    let kept = drafts.iter().filter_map(|draft| balancer.apply(draft.clone(), &mut report)).collect();
    (kept, report)
}

fn images_by_tag<'a>(drafts: impl IntoIterator<Item = &'a Draft>) -> BTreeMap<u32, u64> {
    let mut images = BTreeMap::new();
    for draft in drafts {
        let tags: BTreeSet<u32> = draft.captions.iter().flat_map(|caption| caption.tags.clone()).collect();
        tags.into_iter().for_each(|tag| *images.entry(tag).or_default() += 1);
    }
    images
}

fn captions(drafts: &[Draft]) -> u64 {
    drafts.iter().map(|draft| draft.captions.len() as u64).sum()
}

fn is_subsequence(part: &[DraftCaption], whole: &[DraftCaption]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|caption| whole.any(|other| other.text == caption.text))
}

proptest! {
    #[test]
    fn what_stays_is_as_the_options_say(drafts in drafts(), options in options()) {
        let (kept, report) = balance(&drafts, &options);
        let by_id: BTreeMap<&str, &Draft> = kept.iter().map(|draft| (draft.image_id.as_str(), draft)).collect();
        let mut thinned = drafts.clone();
        thinned.iter_mut().for_each(|draft| options.thin(draft, &mut BalanceReport::default()));
        let images = images_by_tag(&thinned);
        let is_rare = |tag: &u32| images[tag] < options.min_images_per_tag;

        for (before, thinned) in drafts.iter().zip(&thinned) {
            let cap = options.captions_per_image.map_or(usize::MAX, |cap| cap.get() as usize);
            let mut texts = BTreeSet::new();
            let is_repeated: Vec<bool> =
                before.captions.iter().map(|caption| !texts.insert(&caption.text)).collect();
            let may_stay = |(caption, is_repeated): &(&DraftCaption, bool)| {
                !(options.drop_repeated && *is_repeated || options.drop_untagged && caption.tags.is_empty())
            };
            let expected = before.captions.iter().zip(is_repeated).filter(may_stay).count().min(cap);
            prop_assert_eq!(thinned.captions.len(), expected);
            prop_assert!(is_subsequence(&thinned.captions, &before.captions));

            let mut left = thinned.captions.clone();
            left.iter_mut().for_each(|caption| caption.tags.retain(|tag| !is_rare(tag)));
            left.retain(|caption| !(options.drop_untagged && caption.tags.is_empty()));
            let rarest = left.iter().flat_map(|caption| &caption.tags).map(|tag| images[tag]).min();
            let over_cap = options.images_per_tag.is_some_and(|cap| rarest > Some(cap.get()));
            match by_id.get(before.image_id.as_str()) {
                Some(kept) => prop_assert_eq!(&kept.captions, &left),
                None => prop_assert!(left.is_empty() || over_cap),
            }
        }
        if options.images_per_tag.is_none() {
            prop_assert!(images_by_tag(&kept).values().all(|images| *images >= options.min_images_per_tag));
        }
        prop_assert_eq!(report.images, kept.len() as u64);
        prop_assert_eq!(report.captions, captions(&kept));
    }

    #[test]
    fn the_report_adds_up(drafts in drafts(), options in options()) {
        let (kept, report) = balance(&drafts, &options);
        let left_out = report.images_without_captions.count + report.images_over_cap.count;
        prop_assert_eq!(report.images + left_out, drafts.len() as u64);
        let lost: BTreeSet<&str> = drafts.iter().map(|draft| draft.image_id.as_str()).collect();
        let kept_ids: BTreeSet<&str> = kept.iter().map(|draft| draft.image_id.as_str()).collect();
        let named = report.images_without_captions.first.iter().chain(&report.images_over_cap.first);
        prop_assert!(named.map(|note| note.image_id.as_str()).all(|id| lost.contains(id) && !kept_ids.contains(id)));
        if options.images_per_tag.is_none() {
            let left_out = report.repeated_captions.count
                + report.untagged_captions.count
                + report.captions_over_cap.count
                + report.captions_of_images_over_cap;
            prop_assert_eq!(report.captions + left_out, captions(&drafts));
        }
        let after = images_by_tag(&kept);
        for (tag, frequent) in &report.frequent_tags {
            prop_assert_eq!(after.get(tag).copied().unwrap_or(0), frequent.kept);
        }
        prop_assert!(report.rare_tags.iter().all(|rare| !after.contains_key(&rare.tag)));
    }

    #[test]
    fn a_larger_cap_only_adds_images(drafts in drafts(), options in options(), cap in 6u64..40) {
        let with_cap = |cap| BalanceOptions { images_per_tag: NonZeroU64::new(cap), ..options.clone() };
        let (fewer, _) = balance(&drafts, &with_cap(cap));
        let (more, _) = balance(&drafts, &with_cap(cap + 5));
        let ids: BTreeSet<&str> = more.iter().map(|draft| draft.image_id.as_str()).collect();
        prop_assert!(fewer.iter().all(|draft| ids.contains(draft.image_id.as_str())));
    }
}

/// Tag 0 has 20,000 images, tag 1 half of them, tag 2 ten: an image stays by the rarest of its tags.
#[test]
fn frequent_tags_come_down_to_their_cap_and_rare_ones_lose_nothing() {
    let tags = |number: u64| match number {
        number if number % 2000 == 0 => vec![0, 1, 2],
        number if number % 2 == 0 => vec![0, 1],
        _ => vec![0],
    };
    let drafts: Vec<Draft> = (0..20_000).map(|number| draft(number, vec![tags(number)])).collect();
    let kept = |seed| {
        let options =
            BalanceOptions { images_per_tag: NonZeroU64::new(1000), seed, ..BalanceOptions::default() };
        balance(&drafts, &options)
    };
    let (first, report) = kept(1);
    let images = images_by_tag(&first);
    // Five standard deviations.
    let is_about = |found: u64, expected: f64| (found as f64 - expected).abs() < 5.0 * expected.sqrt();
    assert_eq!(images[&2], 10);
    assert!(is_about(images[&1], 1000.0), "{images:?}");
    assert!(is_about(images[&0], 1000.0 + 10_000.0 * 1000.0 / 20_000.0), "{images:?}");
    assert_eq!(report.frequent_tags.keys().copied().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(report.images_over_cap.first.len(), 20);

    let ids = |drafts: &[Draft]| drafts.iter().map(|draft| draft.image_id.clone()).collect::<BTreeSet<_>>();
    let (second, _) = kept(2);
    assert!(ids(&first).intersection(&ids(&second)).count() < 300, "another seed chooses otherwise");
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let options = BalanceOptions {
        images_per_tag: NonZeroU64::new(9),
        min_images_per_tag: 10,
        ..BalanceOptions::default()
    };
    let error = Balancer::new(options.clone(), TagCounts::default()).unwrap_err();
    assert_eq!(error, BalanceError::NoRange { least: 10, most: 9 });
    assert!(options.needs_counts() && !BalanceOptions::default().needs_counts());
}
