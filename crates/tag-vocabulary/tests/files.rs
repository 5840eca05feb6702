//! Files that are written, and read back.

use std::fs;
use std::path::{Path, PathBuf};

use tag_vocabulary::{Entry, Tag, TagKind, Vocabulary, VocabularyProblem};

fn tag(name: &str, kind: TagKind) -> Tag {
    Tag::new(name, kind).unwrap()
}

fn vocabulary() -> Vocabulary {
    let entry = |name: &str, kind, captions| Entry {
        captions,
        images: captions / 2,
        mentions: captions * 2,
        ..Entry::new(tag(name, kind))
    };
    let merged = vec![tag("puppy", TagKind::Object), tag("doggy", TagKind::Object)];
    Vocabulary::new(vec![
        Entry { muted: true, ..entry("two", TagKind::Attribute, 900) },
        entry("kiss", TagKind::Action, 8),
        entry("kiss", TagKind::Object, 4),
        entry("beach, sandy", TagKind::Scene, 30),
        Entry { merged, ..entry("dog", TagKind::Object, 70) },
    ])
    .unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn json_file_is_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vocabulary.json");
    fs::write(&path, "an earlier file").unwrap();
    let vocabulary = vocabulary();
    vocabulary.write(&path).unwrap();
    assert_eq!(names(folder.path()), ["vocabulary.json"]);
    assert_eq!(Vocabulary::read(&path).unwrap(), vocabulary);

    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let hash = vocabulary.hash();
    assert_eq!(
        lines[0],
        format!(r#"{{"format":"mine-tags vocabulary","version":1,"hash":"{hash}","tags":["#)
    );
    assert_eq!(
        lines[1],
        r#"{"id":0,"name":"dog","kind":"object","merged":[{"name":"doggy","kind":"object"},{"name":"puppy","kind":"object"}],"mentions":140,"captions":70,"images":35,"muted":false},"#
    );
    assert_eq!(
        lines[5],
        r#"{"id":4,"name":"two","kind":"attribute","merged":[],"mentions":1800,"captions":900,"images":450,"muted":true}"#
    );
    assert_eq!(lines[6..], ["]}"]);

    // As an editor on Windows saves it, under a name in capitals.
    let resaved = folder.path().join("RESAVED.JSON");
    fs::write(&resaved, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    assert_eq!(Vocabulary::read(&resaved).unwrap(), vocabulary);
}

#[test]
fn lists_for_other_programs() {
    let list = vocabulary().to_tag_list();
    assert_eq!(list, b"dog\nbeach, sandy\nkiss\nkiss\ntwo\n");
    let table = String::from_utf8(vocabulary().to_wd14_csv().unwrap()).unwrap();
    let expected = "tag_id,name,category,count\n0,dog,0,35\n1,\"beach, sandy\",1,15\n2,kiss,0,2\n3,kiss,2,4\n4,two,3,450\n";
    assert_eq!(table, expected);
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent").join("vocabulary.json");
    // A folder is in the way.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    for path in [absent, taken] {
        let error = vocabulary().write(&path).unwrap_err();
        assert_eq!(error.path(), Some(&*path));
        assert!(matches!(error.problem(), VocabularyProblem::Write(_)), "{error}");
        assert!(error.to_string().starts_with(&format!("{}: cannot write: ", path.display())), "{error}");
    }
    assert_eq!(names(folder.path()), ["taken"]);
}

#[test]
#[cfg(unix)]
fn others_may_read_what_the_umask_lets_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (written, plain) = (folder.path().join("written.json"), folder.path().join("plain.json"));
    vocabulary().write(&written).unwrap();
    fs::write(&plain, "").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&written), mode(&plain));
}

/// The candidates mined from 261,050 captions, which are in this repository.
#[test]
fn candidates_of_a_run_are_a_vocabulary() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vocab/candidates.csv");
    let vocabulary = Vocabulary::read(&path).unwrap();
    let mut rows = 0;
    for row in csv::Reader::from_path(&path).unwrap().records() {
        let row = row.unwrap();
        let tag = tag(&row[0], row[1].parse().unwrap());
        let entry = vocabulary.get(vocabulary.id_of(&tag).unwrap()).unwrap();
        let counts = [entry.mentions, entry.captions, entry.images];
        assert_eq!(counts.map(|count| count.to_string()), [&row[2], &row[3], &row[4]]);
        assert_eq!((&entry.tag, entry.muted, &*entry.merged), (&tag, false, &[][..]));
        rows += 1;
    }
    assert_eq!(vocabulary.len(), rows);
    assert!(rows >= 5000);

    let folder = tempfile::tempdir().unwrap();
    let written: PathBuf = folder.path().join("vocabulary.json");
    vocabulary.write(&written).unwrap();
    assert_eq!(Vocabulary::read(&written).unwrap(), vocabulary);
}
