//! Clusters of tags that belong together, and doubts about single ones.

use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;
use tag_vocabulary::{Tag, TagKind};
use vocab_review::suggestions::{
    NearPair, Suggestion, SuggestionKind, events, near_synonyms, not_visible, synonyms, variants,
    without_repeats,
};
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

/// A whole text as a name costs no more than it is long: what differs from it by a letter would have
/// filled the memory.
#[test]
fn a_name_without_end_has_no_misspellings() {
    use TagKind::Object;
    let words = vec!["sunflower"; 20_000].join(" ");
    let (other, letters) = (format!("{words} umbrella"), "x".repeat(1_000_000));
    let word = format!("umbrella sunflower bicycle {letters}");
    let tags = [("bicycle", 9), ("bicycel", 8), (&words, 7), (&other, 6), (&word, 5)];
    let all = candidates(&tags.map(|(name, images)| (name, Object, images)));
    let found = vocab_review::suggestions::all(&all, &[]);
    assert_eq!(names(&found), [["bicycle", "bicycel"]]);
    // Ten words are a name, if a long one.
    let [ten, eleven] = [9, 10].map(|more| vec!["sunflower"; more].join(" "));
    let slip = |name: &str| format!("{name} umbrela");
    let right = |name: &str| format!("{name} umbrella");
    let all = [right(&ten), slip(&ten), right(&eleven), slip(&eleven)];
    let tags: Vec<_> = all.iter().map(|name| (name.as_str(), Object, 9)).collect();
    assert_eq!(names(&variants(&candidates(&tags))), [[&all[1], &all[0]]]);
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
        ("player", Object, 900),
        ("prayer", Object, 9),
        ("lens", Object, 40),
        ("len", Object, 39),
        ("news", Object, 38),
        ("new", Object, 37),
        ("😀", Object, 36),
        ("😂", Object, 35),
        ("c++", Object, 34),
        ("c#", Object, 33),
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

#[test]
fn synonyms_share_their_first_sense_in_wordnet() {
    use TagKind::{Action, Attribute, Object, Scene};
    let all = candidates(&[
        ("child", Object, 99),
        ("kid", Object, 98),
        ("couch", Object, 90),
        ("sofa", Object, 80),
        ("sofa", Attribute, 79),
        ("guy", Object, 70),
        // A guy, but only by its third sense.
        ("cat", Object, 69),
        ("jump over", Action, 60),
        ("leap over", Action, 59),
        ("jump in", Action, 58),
        ("jump", Object, 57),
        ("denim jacket", Object, 50),
        ("jean jacket", Object, 40),
        ("forest", Scene, 30),
        ("woods", Scene, 29),
        ("stony", Attribute, 20),
        ("rocky", Attribute, 21),
        ("unheard of by wordnet", Object, 9),
    ]);
    let clusters = synonyms(&all);
    let expected = [
        ["child", "kid"],
        ["couch", "sofa"],
        ["jump over", "leap over"],
        ["denim jacket", "jean jacket"],
        ["forest", "woods"],
        ["rocky", "stony"],
    ];
    assert_eq!(names(&clusters), expected);
    assert!(clusters.iter().all(|cluster| cluster.kind == SuggestionKind::Synonyms));
}

#[test]
fn what_seldom_shows_is_told_from_events_and_things() {
    use TagKind::{Action, Attribute, Object, Scene};
    let doubted = [
        ("grandson", Object),
        ("london", Scene),
        ("property", Object),
        ("ponder", Action),
        ("interact with", Action),
        ("national", Attribute),
    ];
    let plain = [
        ("kite", Attribute),
        ("dog", Object),
        // Not what its last word is.
        ("roller coaster", Object),
        ("chinese lantern", Object),
        ("run", Action),
        ("sit with", Action),
        ("striped", Attribute),
    ];
    let happenings = [("wedding", Object), ("birthday party", Object), ("winter", Object)];
    let mut all: Vec<(&str, TagKind, u64)> =
        [&doubted[..], &plain, &happenings].concat().iter().map(|&(name, kind)| (name, kind, 9)).collect();
    all.push(("wedding", Scene, 9));
    let all = candidates(&all);
    let tags = |suggestions: Vec<Suggestion>| -> BTreeSet<String> {
        suggestions.iter().map(|suggestion| suggestion.tags[0].to_string()).collect()
    };
    let expected = |tags: &[(&str, TagKind)]| -> BTreeSet<String> {
        tags.iter().map(|(name, kind)| Tag::new(*name, *kind).unwrap().to_string()).collect()
    };
    assert_eq!(tags(not_visible(&all)), expected(&doubted));
    assert_eq!(tags(events(&all)), expected(&happenings));
}

fn pair((a, b, similarity): (usize, usize, f32)) -> NearPair {
    NearPair { places: [a, b], similarity }
}

/// A cluster is what is near its head, not what is near something that is near it.
#[test]
fn near_synonyms_do_not_chain() {
    let all = candidates(&["xa", "xb", "xc", "xd", "xe"].map(|name| (name, TagKind::Object, 9)));
    let pairs = [(0, 1, 0.8), (1, 2, 0.9), (0, 3, 0.7), (2, 3, 0.75), (4, 4, 1.0), (4, 9, 1.0)].map(pair);
    let clusters = near_synonyms(&all, &pairs);
    assert_eq!(names(&clusters), [["xa", "xb"], ["xc", "xd"]]);
}

#[test]
fn what_is_used_alike_but_means_something_else_is_no_synonym() {
    use TagKind::{Action, Attribute, Object};
    let all = candidates(&[
        ("red", Attribute, 99),
        ("blue", Attribute, 98),
        ("mirror", Object, 97),
        ("bathroom mirror", Object, 96),
        ("red wine", Object, 95),
        ("white wine", Object, 94),
        ("lie", Action, 93),
        ("lie down", Action, 92),
        ("buy", Action, 91),
        ("sell", Action, 90),
        ("ocean", Object, 89),
        ("sea", Object, 88),
        ("tennis field", Object, 87),
        ("tennis court", Object, 86),
        ("wii nunchuk", Object, 85),
        ("wii nunchuck", Object, 84),
    ]);
    let pairs: Vec<_> = (0..16).step_by(2).map(|place| pair((place + 1, place, 0.9))).collect();
    // "Ocean" and "sea" have their second senses in common; WordNet has no nunchuk.
    let expected = [["lie", "lie down"], ["ocean", "sea"], ["wii nunchuk", "wii nunchuck"]];
    assert_eq!(names(&near_synonyms(&all, &pairs)), expected);
}

#[test]
fn a_cluster_is_suggested_once() {
    let suggestion = |kind, names: &[&str]| Suggestion {
        kind,
        tags: names.iter().map(|name| Tag::new(*name, TagKind::Object).unwrap()).collect(),
        reason: String::new(),
    };
    let (variants, synonyms) = (SuggestionKind::Variants, SuggestionKind::Synonyms);
    let kept = [
        suggestion(variants, &["donut", "doughnut", "donuts"]),
        suggestion(synonyms, &["donut", "bagel"]),
        suggestion(SuggestionKind::NotVisible, &["donut"]),
    ];
    let repeat = suggestion(synonyms, &["doughnut", "donuts"]);
    let all = [kept.to_vec(), vec![repeat]].concat();
    assert_eq!(without_repeats(all), kept);
}

proptest! {
    /// Every tag in one cluster at most, two or more in each, of one kind.
    #[test]
    fn near_synonyms_are_parts_of_the_candidates(
        tags in listed(), pairs in prop::collection::vec((0usize..70, 0usize..70, -1f32..1.0), 0..200),
    ) {
        let tags: Vec<_> = tags.iter().map(|(name, kind, images)| (name.as_str(), *kind, *images)).collect();
        let all = candidates(&tags);
        let near: Vec<_> = pairs.iter().copied().map(pair).collect();
        let mut seen = HashSet::new();
        for Suggestion { tags, .. } in near_synonyms(&all, &near) {
            prop_assert!(tags.len() > 1);
            let head = all.get(&tags[0]).unwrap().0;
            for tag in &tags {
                prop_assert!(seen.insert(tag.clone()) && tag.kind == tags[0].kind);
                let place = all.get(tag).unwrap().0;
                let is_pair = |&(a, b, _): &(usize, usize, f32)| (a, b) == (head, place) || (b, a) == (head, place);
                prop_assert!(place == head || pairs.iter().any(is_pair));
            }
        }
    }

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
        first in "xq[a-e]{2,6}[bdgkmnprt]", second in "xq[a-e]{2,6}[bdgkmnprt]", tags in listed(),
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
