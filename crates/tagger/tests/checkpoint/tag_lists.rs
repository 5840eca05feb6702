//! Tag lists.

use std::fs;

use tag_vocabulary::TagKind;
use tagger::checkpoint::import::{KindBlock, TagList};
use tagger::generation::TagThresholds;

fn read(text: impl AsRef<[u8]>, kinds: &[&str]) -> Result<TagList, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tags.txt");
    fs::write(&path, text).unwrap();
    let kinds: Vec<KindBlock> = kinds.iter().map(|kind| kind.parse().unwrap()).collect();
    let kinds = (!kinds.is_empty()).then_some(kinds.as_slice());
    TagList::read(&path, kinds).map_err(|error| {
        assert!(error.to_string().contains("tags.txt"), "{error}");
        error.to_string()
    })
}

#[test]
fn a_list_keeps_its_order_and_gets_kinds() {
    let list =
        read("\u{feff}train\nbeach\r\ntrain\nred", &["object:1", "scene:1", "action:1", "attribute:1"])
            .unwrap();
    let tags: Vec<String> = list.vocabulary.entries().iter().map(|entry| entry.tag.to_string()).collect();
    assert_eq!(tags, ["train/object", "beach/scene", "train/action", "red/attribute"]);
    assert!(!list.published);
    let list = read("zebra\nant\n", &[]).unwrap();
    assert_eq!(list.vocabulary.id_of_name("ant", TagKind::Object), Some(1));
    assert_eq!(list.thresholds, TagThresholds::default());
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, kinds, said) in [
        ("train\ndog\ntrain\n", vec![], "train/object stands twice, at line 1 and at line 3"),
        ("train\ndog\ntrain\n", vec![], "--kinds"),
        ("a\nb\n", vec!["object:3"], "has 2 tags, the kinds are for 3"),
        ("a\nb\n", vec!["attribute:1", "object:1"], "line 2"),
        ("dog\n\ncat\n", vec![], "line 2"),
        ("dog\nT Shirt\n", vec![], "line 2"),
        ("", vec![], "no tags"),
    ] {
        let error = read(text, &kinds).unwrap_err();
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
    assert!(read([0xff, 0xfe], &[]).unwrap_err().contains("UTF-8"));
    for wrong in ["object", "object:many", "thing:3", "object:-1"] {
        assert!(wrong.parse::<KindBlock>().is_err(), "{wrong}");
    }
}

/// Its shape, with names made up but for those by which it is known.
#[test]
fn the_published_list_is_recognised() {
    let known = [
        (127, "quarter"),
        (2961, "back"),
        (3265, "three"),
        (3338, "four"),
        (3351, "two"),
        (3355, "five"),
        (3359, "one"),
        (2701, "person"),
        (2828, "man"),
        (1167, "woman"),
    ];
    let mut names: Vec<String> = (0..3429).map(|id| format!("tag {}", id % 3012)).collect();
    known.iter().for_each(|&(id, name)| names[id] = name.to_owned());
    let list = read(names.join("\n"), &[]).unwrap();
    assert!(list.published);
    assert_eq!(list.thresholds, TagThresholds::published());
    let entries = list.vocabulary.entries();
    let kinds = [0, 3011, 3012, 3251, 3252, 3428].map(|id: usize| entries[id].tag.kind);
    use TagKind::{Action, Attribute, Object};
    assert_eq!(kinds, [Object, Object, Action, Action, Attribute, Attribute]);
    let muted: Vec<u32> = (0..).zip(entries).filter(|(_, entry)| entry.muted).map(|(id, _)| id).collect();
    assert_eq!(muted, list.thresholds.deleted.into_iter().collect::<Vec<_>>());
    names[2701] = "persons".to_owned();
    assert!(read(names.join("\n"), &[]).unwrap_err().contains("--kinds"));
}
