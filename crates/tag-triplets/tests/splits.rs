//! Splits by hash are those of the formula; rules and names that cannot be right are refused.

use proptest::prelude::*;
use tag_triplets::splits::{SplitError, SplitRule, Splits};
use xxhash_rust::xxh3::xxh3_64_with_seed;

fn by_fractions(fractions: &[(&str, f64)], seed: u64) -> Result<Splits, SplitError> {
    let fractions = fractions.iter().map(|(name, fraction)| ((*name).to_owned(), *fraction)).collect();
    Splits::new(SplitRule::Fractions(fractions, seed))
}

proptest! {
    /// Pins the rule: images must not move between splits from one version to the next.
    #[test]
    fn an_images_split_is_where_its_hash_lies(
        weights in prop::collection::vec(1u32..100, 1..6),
        seed in any::<u64>(),
        ids in prop::collection::vec(".{0,12}", 1..50),
    ) {
        let total: u32 = weights.iter().sum();
        let names: Vec<String> = (0..weights.len()).map(|number| format!("split{number}")).collect();
        let fractions: Vec<(&str, f64)> = names
            .iter()
            .zip(&weights)
            .map(|(name, weight)| (name.as_str(), f64::from(*weight) / f64::from(total)))
            .collect();
        let splits = by_fractions(&fractions, seed).unwrap();
        prop_assert_eq!(splits.names(), &names);
        for id in &ids {
            let hash = xxh3_64_with_seed(id.as_bytes(), xxh3_64_with_seed(&seed.to_le_bytes(), 3));
            let place = hash as f64 / 2f64.powi(64) * f64::from(total);
            let mut end = 0;
            let expected = weights.iter().position(|weight| {
                end += weight;
                place < f64::from(end)
            });
            let expected = &names[expected.unwrap_or(names.len() - 1)];
            prop_assert_eq!(splits.assign(id, Some("ignored")).unwrap(), expected);
        }
    }
}

#[test]
fn splits_have_their_share_of_the_images() {
    let splits = by_fractions(&[("train", 0.8), ("val", 0.15), ("test", 0.05)], 1).unwrap();
    let ids = (0..20_000).map(|number| format!("{number:012}.jpg"));
    let found: Vec<String> = ids.map(|id| splits.assign(&id, None).unwrap().to_owned()).collect();
    for (name, share) in [("train", 0.8f64), ("val", 0.15), ("test", 0.05)] {
        let count = found.iter().filter(|split| *split == name).count() as f64;
        let deviation = (20_000.0 * share * (1.0 - share)).sqrt();
        assert!((count - 20_000.0 * share).abs() < 4.0 * deviation, "{name}: {count}");
    }
    let other = by_fractions(&[("train", 0.8), ("val", 0.15), ("test", 0.05)], 2).unwrap();
    let moved = (0..20_000)
        .filter(|&number| other.assign(&format!("{number:012}.jpg"), None).unwrap() != found[number]);
    assert!(moved.count() > 4000, "another seed splits otherwise");
}

#[test]
fn rules_that_cannot_be_right_are_refused() {
    let refused = |fractions: &[(&str, f64)]| by_fractions(fractions, 0).unwrap_err();
    assert_eq!(refused(&[]), SplitError::NoSplits);
    for bad in [0.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
        assert!(matches!(refused(&[("train", 1.0), ("val", bad)]), SplitError::BadFraction { .. }), "{bad}");
    }
    assert!(matches!(refused(&[("train", 0.8), ("val", 0.1)]), SplitError::BadSum { .. }));
    assert!(
        by_fractions(&[("a", 0.1), ("b", 0.2), ("c", 0.7)], 0).is_ok(),
        "0.1 + 0.2 + 0.7 is not 1 in binary"
    );
    assert!(matches!(refused(&[("val", 0.5), ("Val", 0.5)]), SplitError::Repeated { .. }));

    let long = "x".repeat(65);
    let names = [
        "", ".", "..", "tr.ain", "../up", "a/b", "a\\b", ".hidden", "-x", "x.", "a b", "tråin", "a\0",
        "Triplets", &long,
    ];
    for name in names {
        let unsafe_name = SplitError::UnsafeName { name: name.to_owned() };
        assert_eq!(Splits::new(SplitRule::All(name.to_owned())).unwrap_err(), unsafe_name);
        let column = Splits::new(SplitRule::Column).unwrap();
        assert_eq!(column.assign("a.jpg", Some(name)).unwrap_err(), unsafe_name);
    }
}

#[test]
fn a_column_or_one_name_decides_alone() {
    let column = Splits::new(SplitRule::Column).unwrap();
    assert_eq!(column.assign("a.jpg", Some("restval_2014-v1")).unwrap(), "restval_2014-v1");
    assert_eq!(
        column.assign("a.jpg", None).unwrap_err(),
        SplitError::Missing { image_id: "a.jpg".to_owned() }
    );
    let all = Splits::new(SplitRule::All("train".to_owned())).unwrap();
    assert!((0..100).all(|number| all.assign(&number.to_string(), Some("val")).unwrap() == "train"));
}
