//! What holds does not depend on the order of decisions; agreement is that of the textbooks; and
//! curation gives the list that was asked for.

use chrono::DateTime;
use proptest::prelude::*;
use tag_vocabulary::{Tag, TagKind};
use vocab_review::agreement::{Pairs, cohen, fleiss};
use vocab_review::{
    Annotator, Candidate, Candidates, Decision, DecisionId, Judgement, Outcome, Review, Verdict, curate,
};

fn tag(name: &str) -> Tag {
    Tag::new(name, TagKind::Object).unwrap()
}

fn by(name: &str) -> Annotator {
    Annotator::new(name).unwrap()
}

fn merge(into: &str) -> Verdict {
    Verdict::Merge { into: tag(into) }
}

fn decision(second: i64, name: &str, annotator: &str, judgement: Option<Judgement>) -> Decision {
    Decision {
        at: DateTime::from_timestamp(second, 0).unwrap(),
        id: DecisionId::new(),
        by: by(annotator),
        adjudicates: false,
        batch: None,
        retraces: None,
        tag: tag(name),
        judgement,
    }
}

fn candidates(names: &[(&str, u64)]) -> Candidates {
    let candidate = |&(name, images): &(&str, u64)| Candidate {
        tag: tag(name),
        mentions: 3 * images,
        captions: 2 * images,
        images,
        examples: Vec::new(),
    };
    Candidates::new(names.iter().map(candidate).collect()).unwrap()
}

#[test]
fn the_last_word_of_each_counts_and_the_majority_wins() {
    let keep = || Some(Verdict::Keep.into());
    let drop = || Some(Verdict::Drop.into());
    let mut decisions = vec![decision(1, "dog", "anna", drop()), decision(2, "dog", "anna", keep())];
    let outcome = |decisions: &[Decision]| Review::of(decisions).outcome(&tag("dog"));
    assert_eq!(outcome(&[]), Outcome::Undecided);
    assert_eq!(outcome(&decisions), Outcome::Decided(Verdict::Keep.into()));
    decisions.push(decision(3, "dog", "bo", drop()));
    assert_eq!(outcome(&decisions), Outcome::Disagreement);
    decisions.push(decision(
        4,
        "dog",
        "cy",
        Some(Judgement { note: Some("why".to_owned()), ..Verdict::Drop.into() }),
    ));
    assert_eq!(outcome(&decisions), Outcome::Decided(Verdict::Drop.into()));
    assert!(Review::of(&decisions).is_disputed(&tag("dog")));
    decisions.push(Decision { adjudicates: true, ..decision(5, "dog", "bo", Some(Verdict::Mute.into())) });
    assert_eq!(outcome(&decisions), Outcome::Decided(Verdict::Mute.into()));
    decisions.push(Decision { adjudicates: true, ..decision(6, "dog", "bo", None) });
    decisions.push(decision(7, "dog", "cy", None));
    decisions.push(decision(8, "dog", "bo", None));
    assert_eq!(outcome(&decisions), Outcome::Decided(Verdict::Keep.into()));
    assert!(!Review::of(&decisions).is_disputed(&tag("dog")));
}

/// Two readers of 50 grant proposals, as textbooks have it: 20 times both yes, 15 times both no,
/// 5 and 10 times apart, κ = 0.4.
#[test]
fn cohens_kappa_is_the_textbooks() {
    let mut decisions = Vec::new();
    let counts = [
        (20, Verdict::Keep, Verdict::Keep),
        (5, Verdict::Keep, Verdict::Drop),
        (10, Verdict::Drop, Verdict::Keep),
        (15, Verdict::Drop, Verdict::Drop),
    ];
    for (count, first, second) in counts {
        for _ in 0..count {
            let name = format!("tag {}", decisions.len());
            decisions.push(decision(1, &name, "anna", Some(first.clone().into())));
            decisions.push(decision(1, &name, "bo", Some(second.clone().into())));
        }
    }
    let tags: Vec<Tag> = decisions.iter().step_by(2).map(|decision| decision.tag.clone()).collect();
    let review = Review::of(&decisions);
    let found = cohen(&review, &tags, [&by("anna"), &by("bo")], None).unwrap();
    assert_eq!((found.tags, found.observed), (50, 0.7));
    assert!((found.kappa - 0.4).abs() < 1e-12, "{found:?}");
    assert_eq!(cohen(&review, &tags, [&by("anna"), &by("bo")], Some(TagKind::Scene)), None);
}

/// Each two of many annotators, of whom few have judged the same: as one pair after the other.
#[test]
fn all_pairs_agree_as_each_does() {
    let verdicts = [Verdict::Keep, Verdict::Mute, Verdict::Drop, merge("tag 0")];
    let mut decisions = Vec::new();
    for rater in 0..2000_usize {
        for turn in 0..3 {
            let number = (rater / 4 * 3 + rater * turn % 5) % 1500;
            let verdict = verdicts[(rater * 7 + turn * rater) % 4].clone();
            let judgement = Some(verdict.into()).filter(|_| rater % 11 > 0 || turn > 0);
            let kind = TagKind::ALL[number % 4];
            let by = format!("rater {rater:04}");
            let mut made = decision(turn as i64, &format!("tag {number}"), &by, judgement);
            made.tag.kind = kind;
            decisions.push(made);
        }
    }
    // Some tags are no candidates.
    let tags: Vec<Tag> = (0..1400)
        .map(|number| Tag { kind: TagKind::ALL[number % 4], ..tag(&format!("tag {number}")) })
        .collect();
    let review = Review::of(&decisions);
    let pairs = Pairs::new(&review, &tags);
    let all: Vec<_> = review.annotators().map(|first| (first, pairs.of(first))).collect();
    assert_eq!(all.len(), 2000);
    assert!(all.iter().filter(|(_, found)| found.len() > 1).count() > 100);
    for (place, (first, found)) in all.iter().enumerate().step_by(97) {
        for (second, _) in all[place + 1..].iter().take(12) {
            for kind in [None].into_iter().chain(TagKind::ALL.map(Some)) {
                let expected = cohen(&review, &tags, [first, second], kind);
                let found = found.get(second).and_then(|found| found.over(kind));
                // Not a number is not equal to itself.
                assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{first}, {second}, {kind:?}");
            }
        }
    }
}

/// Five tags, four annotators each, worked by hand from the definition of Fleiss (1971).
#[test]
fn fleiss_kappa_is_its_definition() {
    let table: [[usize; 4]; 5] = [[3, 1, 0, 0], [0, 4, 0, 0], [1, 1, 1, 1], [2, 0, 2, 0], [0, 0, 1, 3]];
    let verdicts = [Verdict::Keep, Verdict::Mute, Verdict::Drop, merge("tag 0")];
    let mut decisions = Vec::new();
    for (number, row) in table.iter().enumerate() {
        let mut rater = 0;
        for (verdict, count) in verdicts.iter().zip(row) {
            for _ in 0..*count {
                decisions.push(decision(
                    1,
                    &format!("tag {number}"),
                    &format!("rater {rater}"),
                    Some(verdict.clone().into()),
                ));
                rater += 1;
            }
        }
    }
    let tags: Vec<Tag> = (0..table.len()).map(|number| tag(&format!("tag {number}"))).collect();
    let found = fleiss(&Review::of(&decisions), &tags, None).unwrap();
    // Worked by hand: agreement of the rows 1/2, 1, 0, 1/3, 1/2; shares 6, 6, 4, 4 of 20.
    let observed = (0.5 + 1.0 + 0.0 + 1.0 / 3.0 + 0.5) / 5.0;
    let expected = (36.0 + 36.0 + 16.0 + 16.0) / 400.0;
    assert_eq!(found.tags, 5);
    assert!((found.observed - observed).abs() < 1e-12);
    assert!((found.kappa - (observed - expected) / (1.0 - expected)).abs() < 1e-12);
}

fn judged(name: &str, verdict: Verdict) -> Decision {
    decision(1, name, "anna", Some(verdict.into()))
}

fn renamed(name: &str, rename: &str, kind: Option<TagKind>) -> Decision {
    let judgement = Judgement { rename: Some(rename.to_owned()), kind, ..Verdict::Keep.into() };
    decision(1, name, "anna", Some(judgement))
}

#[test]
fn curation_cuts_by_frequency_and_counts_merges() {
    let candidates = candidates(&[
        ("dog", 90),
        ("hound", 20),
        ("puppy", 30),
        ("cat", 50),
        ("idea", 200),
        ("two", 40),
        ("bicycel", 10),
        ("doggie", 2),
        ("new", 1),
    ]);
    let decisions = [
        judged("dog", Verdict::Keep),
        // A merge of a merge ends at what is kept.
        judged("hound", merge("puppy")),
        judged("puppy", merge("dog")),
        // A later corpus may lack what was renamed.
        judged("doggie", merge("doggy")),
        renamed("doggy", "hound", None),
        judged("cat", Verdict::Keep),
        judged("idea", Verdict::Drop),
        judged("two", Verdict::Mute),
        renamed("bicycel", "bicycle", Some(TagKind::Scene)),
    ];
    let curated = curate(&candidates, &Review::of(&decisions), 3).unwrap();
    let vocabulary = curated.vocabulary.unwrap();
    let names: Vec<&str> = vocabulary.entries().iter().map(|entry| entry.tag.name.as_str()).collect();
    assert_eq!(names, ["dog", "cat", "two"]);
    let dog = vocabulary.get(0).unwrap();
    assert_eq!((dog.images, &dog.merged), (142, &vec![tag("doggie"), tag("hound"), tag("puppy")]));
    assert!(vocabulary.get(2).unwrap().muted);
    assert_eq!((curated.kept, curated.undecided), (4, 1));
    assert_eq!(curated.obstacles, []);

    let all = curate(&candidates, &Review::of(&decisions), 100).unwrap().vocabulary.unwrap();
    assert_eq!(all.len(), 4);
    let bicycle = all.id_of(&tag("bicycel")).and_then(|id| all.get(id)).unwrap();
    assert_eq!(bicycle.tag, Tag::new("bicycle", TagKind::Scene).unwrap());
}

#[test]
fn what_cannot_be_treated_as_judged_is_named_with_the_cause() {
    let names =
        ["a", "b", "c", "lost", "idea", "early", "new", "orphan", "astray", "moot", "stray", "spaced"];
    let counts: Vec<(&str, u64)> = names.into_iter().zip((1..100).rev()).collect();
    let decisions = [
        judged("a", merge("b")),
        judged("b", merge("a")),
        judged("c", merge("a")),
        judged("lost", merge("idea")),
        judged("idea", Verdict::Drop),
        judged("early", merge("new")),
        // It was kept, but this corpus has none of it.
        judged("orphan", merge("gone")),
        judged("gone", Verdict::Keep),
        judged("astray", merge("moot")),
        judged("moot", Verdict::Keep),
        decision(1, "moot", "bo", Some(Verdict::Drop.into())),
        judged("stray", merge("spaced")),
        renamed("spaced", " out ", None),
    ];
    let curated = curate(&candidates(&counts), &Review::of(&decisions), 100).unwrap();
    assert!(curated.vocabulary.is_none());
    let told: Vec<String> =
        curated.obstacles.iter().map(|obstacle| format!("{}: {obstacle}", obstacle.tag().name)).collect();
    let expected = [
        "moot: annotators disagree, adjudicate it",
        "spaced: ",
        "a: its merges lead round in a circle",
        "b: its merges lead round in a circle",
        "c: its merges lead round in a circle",
        "lost: merged into idea/object, which is dropped",
        "early: merged into new/object, which nobody has judged",
        "orphan: merged into gone/object, which is no candidate here",
        "astray: merged into moot/object, which annotators disagree about",
        "stray: merged into spaced/object, which cannot have its new name",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told} is not {expected}");
    }
}

/// Each tag is merged into the next. What it took to follow them all grew with the square.
#[test]
fn a_long_chain_of_merges_ends_at_what_is_kept() {
    let names: Vec<String> = (0..20_000).map(|number| format!("tag {number}")).collect();
    let counts: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let chain = names.windows(2).map(|pair| judged(&pair[0], merge(&pair[1])));
    let decisions: Vec<Decision> = chain.chain([judged(&names[19_999], Verdict::Keep)]).collect();
    let curated = curate(&candidates(&counts), &Review::of(&decisions), 100).unwrap();
    let vocabulary = curated.vocabulary.unwrap();
    let entry = vocabulary.get(0).unwrap();
    assert_eq!((vocabulary.len(), entry.images, entry.merged.len()), (1, 20_000, 19_999));
}

/// Merges lead on through candidates that a later corpus has no more.
#[test]
fn merges_outlive_what_stood_between() {
    let candidates = candidates(&[("dog", 90), ("puppy", 30)]);
    let judged = |name: &str, verdict: Verdict| decision(1, name, "anna", Some(verdict.into()));
    let decisions =
        [judged("dog", Verdict::Keep), judged("hound", merge("dog")), judged("puppy", merge("hound"))];
    let curated = curate(&candidates, &Review::of(&decisions), 9).unwrap();
    assert_eq!(curated.obstacles, []);
    assert_eq!(curated.vocabulary.unwrap().get(0).unwrap().merged, [tag("puppy")]);
}

proptest! {
    /// Two people's logs, in any order and any number of times, give one vocabulary.
    #[test]
    fn the_order_of_decisions_does_not_matter(
        made in prop::collection::vec((0i64..20, 0usize..6, 0usize..3, 0usize..9, any::<bool>()), 0..60),
        keys in prop::collection::vec(any::<u32>(), 65),
    ) {
        let names = ["dog", "cat", "bird", "car", "bus", "boat"];
        let judgement = |number: usize| match number {
            0 => None,
            1 => Some(Verdict::Drop.into()),
            2 => Some(Verdict::Mute.into()),
            3 => Some(Judgement { rename: Some("cat".to_owned()), ..Verdict::Keep.into() }),
            4 | 5 => Some(merge(names[number]).into()),
            _ => Some(Verdict::Keep.into()),
        };
        let decisions: Vec<Decision> = made.iter().map(|&(second, name, annotator, number, adjudicates)| Decision {
            adjudicates: adjudicates && second % 3 == 0,
            ..decision(second, names[name], ["anna", "bo", "cy"][annotator], judgement(number))
        }).collect();
        let mut other = decisions.clone();
        other.extend(decisions.iter().take(5).cloned());
        let mut keys = keys.into_iter();
        other.sort_by_cached_key(|_| keys.next());
        let candidates = candidates(&names.map(|name| (name, name.len() as u64)));
        let list = |decisions: &[Decision]| {
            let curated = curate(&candidates, &Review::of(decisions), 4).unwrap();
            (curated.vocabulary, curated.kept, curated.obstacles)
        };
        prop_assert_eq!(list(&decisions), list(&other));
    }
}
