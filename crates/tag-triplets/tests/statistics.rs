//! Statistics count what is there, and the samples do not depend on the order.

use proptest::prelude::*;
use tag_triplets::statistics::Statistics;
use tag_triplets::{Image, Triplet};

fn triplet(number: usize, caption_tags: Vec<Vec<u32>>) -> Triplet {
    let mut image_tags = caption_tags.concat();
    image_tags.sort_unstable();
    image_tags.dedup();
    Triplet {
        image_id: format!("{number}.jpg"),
        image: Image::Path(format!("{number}.jpg")),
        captions: vec!["a caption".to_owned(); caption_tags.len()],
        caption_tags,
        image_tags,
        width: None,
        height: None,
        split: Some(if number.is_multiple_of(3) { "val" } else { "train" }.to_owned()),
    }
}

fn statistics<'t>(triplets: impl IntoIterator<Item = &'t Triplet>) -> Statistics {
    let mut statistics = Statistics::new(8);
    triplets.into_iter().for_each(|triplet| statistics.add(triplet));
    statistics
}

proptest! {
    #[test]
    fn sums_agree_and_the_order_does_not_matter(
        tags in prop::collection::vec(prop::collection::vec(prop::collection::btree_set(0u32..8, 0..5), 1..4), 0..40),
    ) {
        let sorted = |captions: Vec<std::collections::BTreeSet<u32>>| {
            captions.into_iter().map(|tags| tags.into_iter().collect()).collect()
        };
        let triplets: Vec<Triplet> =
            tags.into_iter().enumerate().map(|(number, captions)| triplet(number, sorted(captions))).collect();
        let found = statistics(&triplets);
        let mentions: usize = triplets.iter().flat_map(|triplet| &triplet.caption_tags).map(Vec::len).sum();
        let captions: usize = triplets.iter().map(|triplet| triplet.captions.len()).sum();
        prop_assert_eq!(found.images, triplets.len() as u64);
        prop_assert_eq!(found.tags_per_caption.total(), captions as u64);
        prop_assert!((found.tags_per_caption.mean() * captions as f64 - mentions as f64).abs() < 1e-6);
        let of_images: usize = triplets.iter().map(|triplet| triplet.image_tags.len()).sum();
        prop_assert_eq!(found.images_by_tag().iter().sum::<u64>(), of_images as u64);
        prop_assert_eq!(found.tags_per_image.count(0) + found.tags_per_image.count_from(1), found.images);
        prop_assert_eq!(found.splits.values().sum::<u64>(), found.images);

        let samples: Vec<&Triplet> = found.samples().collect();
        prop_assert_eq!(samples.len(), triplets.len().min(10));
        let reversed = statistics(triplets.iter().rev());
        prop_assert_eq!(samples, reversed.samples().collect::<Vec<_>>());
    }
}
