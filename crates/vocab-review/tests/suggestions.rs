//! Clusters of spelling variants.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;
use tag_vocabulary::{Tag, TagKind};
use vocab_review::suggestions::{Suggestion, SuggestionKind, variants};
use vocab_review::{Candidate, Candidates};

fn candidates(tags: &[(&str, TagKind, u64)]) -> Candidates {
    let candidate = |&(name, kind, images): &(&str, TagKind, u64)| Candidate {
        tag: Tag::new(name, kind).unwrap(),
        mentions: images,
        captions: images,
        images,
        examples: Vec::new(),
    };
    Candidates::new(tags.iter().map(candidate).collect()).unwrap()
}

fn names(suggestions: &[Suggestion]) -> Vec<Vec<&str>> {
    suggestions.iter().map(|cluster| cluster.tags.iter().map(|tag| tag.name.as_str()).collect()).collect()
}

#[test]
fn variants_are_found_and_other_words_are_not() {
    use TagKind::{Action, Attribute, Object};
    let all = candidates(&[
        ("suitcase", Object, 90),
        ("suit case", Object, 9),
        ("suitcases", Object, 8),
        ("t shirt", Object, 80),
        ("tshirt", Object, 70),
        ("color", Attribute, 60),
        ("colour", Attribute, 50),
        ("gray", Attribute, 49),
        ("grey", Attribute, 48),
        ("café", Object, 40),
        ("cafe", Object, 41),
        ("bicycle", Object, 400),
        ("bicycel", Object, 39),
        ("bicyle", Object, 3),
        ("umbrella", Object, 38),
        ("umbrela", Object, 37),
        ("sandwich", Object, 1000),
        ("sandwuch", Object, 10),
        ("policeman", Object, 36),
        ("policemen", Object, 35),
        // Other words, kinds and prepositions.
        ("father", Object, 34),
        ("feather", Object, 33),
        ("office", Object, 5000),
        ("officer", Object, 30),
        ("boat", Object, 9000),
        ("coat", Object, 20),
        ("stand on", Action, 100),
        ("stand in", Action, 1),
        ("colours", Object, 7),
        ("glass", Object, 6),
        ("gas", Object, 5),
    ]);
    let expected = [
        vec!["sandwich", "sandwuch"],
        vec!["bicycle", "bicycel", "bicyle"],
        vec!["suitcase", "suit case", "suitcases"],
        vec!["t shirt", "tshirt"],
        vec!["color", "colour"],
        vec!["gray", "grey"],
        vec!["cafe", "café"],
        vec!["umbrella", "umbrela"],
        vec!["policeman", "policemen"],
    ];
    assert_eq!(names(&variants(&all)), expected);
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,3}", "[ab]{5,8}", "(boat|coat|bicycle|color)(s)?"]
}

fn listed() -> impl Strategy<Value = Vec<(String, TagKind, u64)>> {
    let name = prop::collection::vec(word(), 1..3).prop_map(|words| words.join(" "));
    let kind = prop::sample::select(TagKind::ALL.to_vec());
    prop::collection::btree_map((name, kind), 0u64..200, 0..60)
        .prop_map(|tags| tags.into_iter().map(|((name, kind), images)| (name, kind, images)).collect())
}

proptest! {
    /// No singletons, no tag twice, one kind, the most frequent first, whatever order they came in.
    #[test]
    fn clusters_are_parts_of_the_candidates(tags in listed()) {
        let mut tags: Vec<_> = tags.iter().map(|(name, kind, images)| (name.as_str(), *kind, *images)).collect();
        let all = candidates(&tags);
        let clusters = variants(&all);
        let mut seen = HashSet::new();
        for Suggestion { kind, tags, .. } in &clusters {
            prop_assert_eq!(*kind, SuggestionKind::Variants);
            prop_assert!(tags.len() > 1);
            prop_assert!(tags.iter().all(|tag| seen.insert(tag.clone()) && tag.kind == tags[0].kind));
            prop_assert!(tags.is_sorted_by_key(|tag| all.get(tag).unwrap().0));
        }
        tags.reverse();
        prop_assert_eq!(variants(&candidates(&tags)), clusters);
    }

    /// A name, its plural and what it is with other spaces always stand together.
    #[test]
    fn plurals_and_spaces_never_part_a_cluster(
        first in "[b-d][a-e]{2,6}[bdgkmnprt]", second in "[b-d][a-e]{2,6}[bdgkmnprt]", tags in listed(),
    ) {
        let made = [format!("{first} {second}"), format!("{first} {second}s"), format!("{first}{second}"), format!("{first}{second}s")];
        let mut tags: Vec<_> = tags.iter().map(|(name, kind, images)| (name.as_str(), *kind, *images)).collect();
        tags.retain(|(name, ..)| !made.contains(&(*name).to_owned()));
        tags.extend(made.iter().zip([5, 50, 150, 1]).map(|(name, images)| (name.as_str(), TagKind::Object, images)));
        let wanted: BTreeSet<&str> = made.iter().map(String::as_str).collect();
        let clusters = variants(&candidates(&tags));
        let is_whole = |cluster: &Suggestion| {
            let names: BTreeSet<&str> = cluster.tags.iter().map(|tag| tag.name.as_str()).collect();
            names.is_superset(&wanted)
        };
        prop_assert!(clusters.iter().any(is_whole), "{clusters:?}");
    }
}
