//! Files that are no vocabulary: the error names the file, the place and what to do.

use std::fs;
use std::path::Path;

use tag_vocabulary::{MAX_FILE_BYTES, TagKind, Vocabulary, read_candidates};

/// What is said of a file of this name and content, without the file's name, which must come first.
fn message(name: &str, content: impl AsRef<[u8]>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    message_of(&path)
}

fn message_of(path: &Path) -> String {
    let error = Vocabulary::read(path).unwrap_err();
    assert_eq!(error.path(), Some(path));
    let text = error.to_string();
    text.strip_prefix(&format!("{}: ", path.display())).expect(&text).to_owned()
}

fn json(tags: &str) -> String {
    format!("{{\"format\":\"mine-tags vocabulary\",\"version\":1,\"tags\":[\n{tags}\n]}}")
}

#[track_caller]
fn assert_json(content: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(message("vocabulary.json", content), expected);
}

#[track_caller]
fn assert_csv(content: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(message("candidates.csv", &content), expected);
    // The same for those who read candidates and not a vocabulary.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    fs::write(&path, content).unwrap();
    let error = read_candidates(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: {expected}", path.display()));
}

const DOG: &str = r#"{"name":"dog","kind":"object"}"#;
const NO_TAGS: &str = "there are no tags: a vocabulary needs at least one";

#[test]
fn broken_json() {
    let advice = "correct it there, or write the vocabulary again";
    let whole = json(DOG);
    let error = format!("cannot read the JSON: EOF while parsing a list at line 2 column 30: {advice}");
    assert_json(&whole[..whole.len() - 3], &error);
    let error = format!("cannot read the JSON: EOF while parsing a value at line 1 column 0: {advice}");
    assert_json("", &error);
    let error = format!("cannot read the JSON: trailing characters at line 3 column 4: {advice}");
    assert_json(format!("{whole} x"), &error);
    let error = format!("cannot read the JSON: missing field `kind` at line 2 column 14: {advice}");
    assert_json(json(r#"{"name":"dog"}"#), &error);
    let mistyped = json(r#"{"name":"dog","kind":"object","mutd":true}"#);
    assert!(message("a.json", mistyped).contains("unknown field `mutd`, expected one of `id`, `name`,"));
    let kind = json(r#"{"name":"dog","kind":"animal"}"#);
    assert!(message("a.json", kind).contains("unknown variant `animal`, expected one of `object`,"));
    let count = json(r#"{"name":"dog","kind":"object","captions":-1}"#);
    assert!(message("a.json", count).contains("invalid value: integer `-1`, expected u64 at line 2"));
    let not_utf8 = json(DOG).replace("dog", "?").into_bytes();
    let not_utf8: Vec<u8> = not_utf8.iter().map(|&byte| if byte == b'?' { 0xff } else { byte }).collect();
    assert!(message("a.json", not_utf8).contains("invalid unicode code point at line 2 column 10"));
    assert!(message("a.json", format!("{{\"tags\":{}", "[".repeat(1 << 20))).contains(advice));
}

#[test]
fn json_of_something_else_or_of_another_version() {
    let error =
        r#"not a vocabulary: expected a JSON object with "format": "mine-tags vocabulary" and "version": 1"#;
    let coco = r#"{"images":[],"annotations":[]}"#;
    for content in [coco, "[]", "7", "null", &json(DOG).replace("mine-tags vocabulary", "vocabulary")] {
        assert_json(content, error);
    }
    assert_json(
        json(DOG).replace("\"version\":1", "\"version\":2,\"blocks\":[]"),
        "this is version 2 of the format, and version 1 is read: use the program that wrote it, or write it again",
    );
}

#[test]
fn json_that_contradicts_itself() {
    assert_json(json(""), NO_TAGS);
    assert_json(
        json(&format!(r#"{{"id":0,{},{{"id":2,"name":"cat","kind":"object"}}"#, &DOG[1..])),
        "tags[1]: the id is 2: ids are positions, counted from 0; put the tags in the order of their ids",
    );
    assert_json(
        json(&format!(r#"{{"name":"run","kind":"action"}},{DOG}"#)),
        "tags[1]: dog/object stands too late: objects and scenes come first, then actions, then attributes",
    );
    assert_json(
        json(&format!(r#"{DOG},{{"name":"cat","kind":"object"}},{DOG}"#)),
        "dog/object stands twice, at tags[0] and at tags[2]: remove one of them",
    );
    assert_json(
        json(&format!(r#"{{"name":"pet","kind":"object","merged":[{DOG}]}},{DOG}"#)),
        "dog/object stands twice, at tags[0].merged and at tags[1]: remove one of them",
    );
    assert_json(
        json(&DOG.replace("dog", "Dog")),
        "tags[0]: tag name \"Dog\" is not in lower case: correct the name",
    );
}

/// The file of a vocabulary in which a tag was exchanged by hand.
#[test]
fn hash_that_does_not_fit_the_tags() {
    let read = |text: &str| Vocabulary::from_json(text.as_bytes());
    let (dog, cat) = (read(&json(DOG)).unwrap(), read(&json(&DOG.replace("dog", "cat"))).unwrap());
    let edited = String::from_utf8(dog.to_json()).unwrap().replace("\"dog\"", "\"cat\"");
    assert_json(
        &edited,
        &format!(
            "the file has been changed: its hash is {}, its tags' hash is {}; get the file as it was or, if the change is meant, remove \"hash\" from it",
            dog.hash(),
            cat.hash()
        ),
    );
    let accepted = edited.replace(&format!("\"hash\":\"{}\",", dog.hash()), "");
    assert_eq!(read(&accepted).unwrap(), cat);
}

#[test]
fn bad_candidates() {
    let header = "name,kind,mentions,captions,images,rank,examples\n";
    let dog = "dog,object,3,2,1,1,\"a dog\nand a dog\"\n";
    assert_csv("", NO_TAGS);
    assert_csv(header, NO_TAGS);
    assert_csv(
        "name,kind,mentions,images\ndog,object,1,1\n",
        "no column \"captions\", the columns are name, kind, mentions, images: candidates.csv needs name, kind, mentions, captions and images",
    );
    assert_csv(
        header.replace("rank", "\"rank") + "dog,object,3,2,1,1,",
        "line 1: a quote is opened and never closed: close it or double it",
    );
    // Lines, not rows: the examples of the first row have a line break.
    let after_dog = |row: &str| format!("{header}{dog}{row}\n");
    assert_csv(
        after_dog("cat,animal,3,2,1,2,"),
        "line 4: unknown tag kind \"animal\": expected object, scene, action or attribute",
    );
    let number = "expected a whole number from 0 to 18446744073709551615";
    assert_csv(after_dog("cat,object,3,2.0,1,2,"), &format!("line 4: captions is \"2.0\": {number}"));
    assert_csv(after_dog("cat,object,3,2,,2,"), &format!("line 4: images is \"\": {number}"));
    assert_csv(
        after_dog("cat,object,3,2,1,2,a,b"),
        "line 4: 8 fields, but the first line has 7: a quote or a comma is missing or too many",
    );
    assert_csv(
        after_dog("Cat,object,3,2,1,2,"),
        "line 4: tag name \"Cat\" is not in lower case: correct the name",
    );
    let twice = "dog/object stands twice, at line 2 and at line 6: remove one of them";
    let again = after_dog("cat,object,3,2,1,2,\n\ndog,object,9,9,9,3,");
    assert_csv(&again, twice);
    assert_csv(again.replace('\n', "\r\n"), twice);
    // The open quote swallows the next row, to the end of the file or to the next quote.
    for cow in [
        "cow,object,3,2,1,3,",
        "cow,object,3,2,1,3,\"a cow\"",
        "cow,object,3,2,1,3,\"a cow\"\nox,object,1,1,1,4,",
    ] {
        assert_csv(
            after_dog(&format!("cat,object,3,2,1,2,\"a cat\n{cow}")),
            "line 4: a quote is opened and never closed: close it or double it",
        );
    }
    let not_utf8: Vec<u8> = after_dog("c?t,object,3,2,1,2,").replace('?', "\0").into_bytes();
    let not_utf8: Vec<u8> = not_utf8.iter().map(|&byte| if byte == 0 { 0xe9 } else { byte }).collect();
    assert_csv(not_utf8, "line 4: the text is not UTF-8: save the file as UTF-8");

    // A byte order mark, CRLF, other columns in another order.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    fs::write(
        &path,
        "\u{feff}images,note,captions,mentions,kind,name\r\n1,\"x, y\",2,3,object,dog\r\n4,,5,6,scene,beach",
    )
    .unwrap();
    let vocabulary = Vocabulary::read(&path).unwrap();
    assert_eq!(vocabulary.id_of_name("beach", TagKind::Scene), Some(0));
    let dog = vocabulary.get(1).unwrap();
    assert_eq!((&*dog.tag.name, dog.mentions, dog.captions, dog.images), ("dog", 3, 2, 1));
}

#[test]
fn candidates_are_read_in_their_order_with_their_examples() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    let rows = "ride,action,9,8,7,\"a man, riding | \"\"a\"\" ride | \"\ndog,object,3,2,1,\n";
    fs::write(&path, format!("name,kind,mentions,captions,images,examples\n{rows}")).unwrap();
    let read = read_candidates(&path).unwrap();
    let [ride, dog] = &read[..] else { panic!("{read:?}") };
    assert_eq!((ride.entry.tag.to_string(), ride.entry.images), ("ride/action".to_owned(), 7));
    assert_eq!(ride.examples, ["a man, riding", "\"a\" ride"]);
    assert_eq!(dog.examples, [""; 0]);
}

#[test]
fn files_that_are_not_read_at_all() {
    let other = "a vocabulary is a file whose name ends in .json (vocabulary.json) or .csv (the candidates.csv of a run): name such a file";
    assert_eq!(message("tags.parquet", "PAR1"), other);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(message_of(folder.path()), other);
    let absent = message_of(&folder.path().join("vocabulary.json"));
    assert!(absent.starts_with("cannot read the file: No such file"), "{absent}");

    let large = folder.path().join("large.json");
    fs::File::create(&large).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
    assert_eq!(
        message_of(&large),
        "the file has more than 256 MiB, which is too much for a vocabulary: is it the right file?"
    );
}
