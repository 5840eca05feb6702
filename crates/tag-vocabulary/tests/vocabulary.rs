//! Order, ids and hash of a vocabulary, and its JSON.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use tag_vocabulary::{Entry, Place, Tag, TagKind, Vocabulary, VocabularyProblem};

/// Names that keep to the conventions, also hard ones.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-e]{1,2}( [a-e]{1,2})?",
        1 => "[a-zé犬0-9'\",;|\\\\/🐕{}]{1,6}( [a-z\"]{1,4}){0,2}",
    ]
}

fn tag() -> impl Strategy<Value = Tag> {
    (name(), select(&TagKind::ALL[..])).prop_map(|(name, kind)| Tag::new(name, kind).unwrap())
}

/// Entries of which no tag stands twice, in no order. Few captions, so that many have as many.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let counts = (any::<bool>(), any::<u64>(), 0..4u64, any::<u64>());
    let drawn = (prop::collection::vec(tag(), 1..4), counts);
    prop::collection::vec(drawn, 1..40).prop_map(|drawn| {
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        for (mut tags, (muted, mentions, captions, images)) in drawn {
            tags.retain(|tag| seen.insert(tag.clone()));
            if let Some(tag) = tags.pop() {
                entries.push(Entry { tag, muted, merged: tags, mentions, captions, images });
            }
        }
        entries
    })
}

/// Entries, and the same in another order, also those that were merged.
fn entries_and_shuffled() -> impl Strategy<Value = (Vec<Entry>, Vec<Entry>)> {
    entries().prop_flat_map(|entries| {
        let shuffled = Just(entries.clone()).prop_shuffle().prop_map(|mut entries| {
            entries.iter_mut().for_each(|entry| entry.merged.reverse());
            entries
        });
        (Just(entries), shuffled)
    })
}

proptest! {
    #[test]
    fn order_depends_on_the_entries_alone((given, shuffled) in entries_and_shuffled()) {
        let vocabulary = Vocabulary::new(given.clone()).unwrap();
        let other = Vocabulary::new(shuffled).unwrap();
        prop_assert_eq!(&other, &vocabulary);
        prop_assert_eq!(other.to_json(), vocabulary.to_json());

        prop_assert_eq!(vocabulary.len(), given.len());
        let key = |entry: &Entry| {
            let block = [0, 0, 1, 2][entry.tag.kind.index()];
            (block, Reverse([entry.images, entry.captions, entry.mentions]), entry.tag.clone())
        };
        prop_assert!(vocabulary.entries().iter().map(key).is_sorted());
    }

    #[test]
    fn every_tag_has_the_id_of_its_entry(entries in entries(), absent in tag()) {
        let vocabulary = Vocabulary::new(entries).unwrap();
        let mut ids = BTreeMap::new();
        for (id, entry) in (0..).zip(vocabulary.entries()) {
            prop_assert_eq!(vocabulary.get(id), Some(entry));
            ids.extend(entry.merged.iter().chain([&entry.tag]).map(|tag| (tag.clone(), id)));
        }
        prop_assert_eq!(vocabulary.get(vocabulary.len() as u32), None);
        for (tag, id) in &ids {
            prop_assert_eq!(vocabulary.id_of(tag), Some(*id));
            for kind in TagKind::ALL {
                let same_name = Tag { name: tag.name.clone(), kind };
                prop_assert_eq!(vocabulary.id_of_name(&tag.name, kind), ids.get(&same_name).copied());
            }
        }
        prop_assert_eq!(vocabulary.id_of(&absent), ids.get(&absent).copied());
    }

    #[test]
    fn json_gives_the_same_vocabulary(entries in entries()) {
        let vocabulary = Vocabulary::new(entries).unwrap();
        let json = vocabulary.to_json();
        prop_assert_eq!(&Vocabulary::from_json(&json).unwrap(), &vocabulary);

        // Read by something that knows nothing of vocabularies.
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(&value["hash"], vocabulary.hash());
        for (id, entry) in vocabulary.entries().iter().enumerate() {
            let merged = serde_json::to_value(&entry.merged).unwrap();
            let expected = serde_json::json!({
                "id": id, "name": entry.tag.name, "kind": entry.tag.kind, "merged": merged, "muted": entry.muted,
                "mentions": entry.mentions, "captions": entry.captions, "images": entry.images,
            });
            prop_assert_eq!(&value["tags"][id], &expected);
        }
    }

    #[test]
    fn hash_is_of_names_kinds_and_order(entries in entries(), which: Index, other: Index, kind in select(&TagKind::ALL[..])) {
        let vocabulary = Vocabulary::new(entries).unwrap();
        let tags = vocabulary.entries();
        let hash_of = |tags: &[Tag]| {
            let lines: String = tags.iter().map(|tag| format!("{}\t{}\n", tag.name, tag.kind)).collect();
            blake3::hash(lines.as_bytes()).to_hex().to_string()
        };
        let names: Vec<Tag> = tags.iter().map(|entry| entry.tag.clone()).collect();
        prop_assert_eq!(vocabulary.hash(), hash_of(&names));

        // Everything else may differ: all tags have 0 captions, so that only the order of the
        // file is left.
        let bare: Vec<_> = names.iter().map(|tag| serde_json::json!({"name": tag.name, "kind": tag.kind})).collect();
        let file = |tags: &[serde_json::Value]| {
            let file = serde_json::json!({"format": "mine-tags vocabulary", "version": 1, "tags": tags});
            Vocabulary::from_json(file.to_string().as_bytes())
        };
        let uncounted = file(&bare).unwrap();
        prop_assert_eq!(uncounted.hash(), vocabulary.hash());

        let (which, other) = (which.index(bare.len()), other.index(bare.len()));
        let changed = |change: &dyn Fn(&mut Vec<serde_json::Value>)| {
            let mut tags = bare.clone();
            change(&mut tags);
            // A change may make two tags of one, or break the order of the blocks.
            (tags != bare).then(|| file(&tags).ok()).flatten()
        };
        let renamed = changed(&|tags| tags[which]["name"] = "zebra crossing".into()).unwrap();
        prop_assert_ne!(renamed.hash(), vocabulary.hash());
        for change in [
            changed(&|tags| tags[which]["kind"] = kind.as_str().into()),
            changed(&|tags| tags.swap(which, other)),
        ] {
            prop_assert!(change.is_none_or(|changed| changed.hash() != vocabulary.hash()));
        }
    }
}

#[test]
fn a_list_that_is_no_vocabulary_is_refused() {
    let entry = |name: &str| Entry::new(Tag { name: name.to_owned(), kind: TagKind::Object });
    let merged = |name: &str, merged: &str| Entry { merged: vec![entry(merged).tag], ..entry(name) };
    let problem = |entries| Vocabulary::new(entries).unwrap_err().problem().to_string();
    assert!(matches!(Vocabulary::new(Vec::new()).unwrap_err().problem(), VocabularyProblem::Empty));

    // Places are those of the list as given, not as sorted.
    let twice = |entries| match Vocabulary::new(entries).unwrap_err().problem() {
        VocabularyProblem::Twice { tag, first, second } => (tag.name.clone(), *first, *second),
        other => panic!("{other}"),
    };
    let (dog, entry_at, merged_at) = ("dog".to_owned(), Place::Entry, Place::Merged);
    let found = |first, second| (dog.clone(), first, second);
    assert_eq!(twice(vec![entry("dog"), entry("cat"), entry("dog")]), found(entry_at(0), entry_at(2)));
    assert_eq!(twice(vec![merged("pet", "dog"), entry("dog")]), found(merged_at(0), entry_at(1)));
    assert_eq!(twice(vec![merged("x", "dog"), merged("pet", "dog")]), found(merged_at(0), merged_at(1)));
    assert_eq!(twice(vec![merged("dog", "dog")]), found(entry_at(0), merged_at(0)));

    let expected = "tags[1]: tag name \"Dog\" is not in lower case: correct the name";
    assert_eq!(problem(vec![entry("cat"), entry("Dog")]), expected);
    let expected =
        "tags[0].merged: tag name \"t-shirt\" has a hyphen: write a space in its place: correct the name";
    assert_eq!(problem(vec![merged("shirt", "t-shirt")]), expected);
}

#[test]
fn what_another_vocabulary_made_is_refused_with_both_hashes() {
    let make =
        |name: &str| Vocabulary::new(vec![Entry::new(Tag::new(name, TagKind::Object).unwrap())]).unwrap();
    let (dog, cat) = (make("dog"), make("cat"));
    dog.check_hash(dog.hash(), "train.parquet").unwrap();
    let error = dog.check_hash(cat.hash(), "train.parquet").unwrap_err().to_string();
    for part in ["train.parquet", dog.hash(), cat.hash()] {
        assert!(error.contains(part), "{error}");
    }
}
