//! `mine-tags review` and `mine-tags curate`: judgements in, a vocabulary out.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::Value;
use support::Workplace;
use tag_vocabulary::{Tag, TagKind, Vocabulary};

/// A run with some dogs, bicycles and bikes.
fn workplace() -> Workplace {
    let place = Workplace::new();
    let captions = [
        "a dog rides a bike",
        "a dog rides a bicycle",
        "a dog near a bicycle",
        "two red bicycles",
        "a small tree",
        "a dog runs",
    ];
    place.write("a.txt", captions.join("\n"));
    place.run(&["a.txt"]).expect(0, &[]);
    place
}

/// Judges by a table.
fn judge(place: &Workplace, annotator: &str, rows: &[&str]) -> support::Ran {
    let name = format!("{annotator}.csv");
    place.write(&name, format!("name,kind,verdict,into\n{}\n", rows.join("\n")));
    place.run(&["review", "mined", "--import", &name, "--annotator", annotator])
}

const ROWS: [&str; 8] = [
    "dog,object,keep,",
    "bicycle,object,keep,",
    "bike,object,merge,bicycle",
    "ride,action,keep,",
    "run,action,keep,",
    "red,attribute,keep,",
    "two,attribute,mute,",
    "tree,object,drop,",
];

#[test]
fn judgements_go_out_and_come_back_and_make_a_vocabulary() {
    let place = workplace();
    judge(&place, "anna", &ROWS).expect(0, &["8 judgements of anna added to mined/decisions.jsonl"]);
    judge(&place, "anna", &ROWS).expect(0, &["0 judgements of anna"]);
    for layout in ["csv", "jsonl", "label-studio"] {
        let ran = place.run(&["review", "mined", "--export", layout, "--annotator", "anna"]);
        ran.expect(0, &[]);
        assert!(ran.stdout.contains("bicycle") && ran.stdout.contains("merge"), "{layout}");
        place.run(&["review", "mined", "--export", layout, "--out", &format!("out.{layout}")]).expect(0, &[]);
        assert_eq!(place.text(&format!("out.{layout}")), ran.stdout, "{layout}");
    }
    place
        .run(&["review", "mined", "--export", "csv", "--out", "out.csv"])
        .expect(2, &["out.csv exists already"]);

    let interface = place.run(&["review", "mined", "--labeling-config"]);
    interface.expect(0, &[]);
    assert!(interface.stdout.starts_with("<View>") && interface.stdout.contains("into_kind"));

    // Fewer were kept than asked for, which is said.
    place
        .run(&["curate", "mined", "--out", "vocab"])
        .expect(1, &["only 6 tags kept, 3,423 missing", "merge 1"]);
    place.run(&["curate", "mined", "--out", "vocab"]).expect(2, &["exists already", "--force"]);
    place
        .run(&["curate", "mined", "--out", "vocab", "--size", "4", "--force"])
        .expect(0, &["Wrote 4 tags of 6"]);
    assert_eq!(place.list("vocab"), ["tags.csv", "tags.parquet", "tags.txt", "vocabulary.json"]);
    let vocabulary = Vocabulary::read(&place.path("vocab/vocabulary.json")).unwrap();
    assert_eq!(vocabulary.len(), 4);
    let tag = |name: &str| Tag::new(name, TagKind::Object).unwrap();
    assert_eq!(vocabulary.id_of(&tag("bike")), vocabulary.id_of(&tag("bicycle")));
    assert!(vocabulary.id_of(&tag("bike")).is_some() && vocabulary.id_of(&tag("tree")).is_none());
    assert_eq!(place.text("vocab/tags.txt").lines().count(), 4);
    // What was made of it is a vocabulary for triplets.
    place.write("b.csv", "path,caption\na.jpg,a dog on a bike\n");
    place
        .run(&["triplets", "b.csv", "--vocabulary", "vocab/vocabulary.json"])
        .expect(0, &["A caption has 2.0 tags"]);
}

#[test]
fn a_file_that_cannot_be_written_leaves_all_that_were_there() {
    let place = workplace();
    judge(&place, "anna", &ROWS).expect(0, &[]);
    place.run(&["curate", "mined", "--size", "6", "--out", "vocab"]).expect(0, &[]);
    // A folder is in the way of the third of the four.
    std::fs::remove_file(place.path("vocab/tags.txt")).unwrap();
    std::fs::create_dir(place.path("vocab/tags.txt")).unwrap();
    let files = || {
        ["tags.csv", "tags.parquet", "vocabulary.json"]
            .map(|name| std::fs::read(place.path("vocab").join(name)).unwrap())
    };
    let before = (place.list("vocab"), files());
    place
        .run(&["curate", "mined", "--size", "4", "--out", "vocab", "--force"])
        .expect(2, &["cannot write vocab/tags.txt"]);
    assert_eq!((place.list("vocab"), files()), before);
}

#[test]
fn wrong_rows_and_missing_files_change_nothing() {
    let place = workplace();
    judge(&place, "anna", &["dog,object,keep,", "hound,object,keep,", "bike,object,merge,"]).expect(
        2,
        &["anna.csv", "nothing was imported", "row 3: hound/object is not one of the candidates", "row 4"],
    );
    assert_eq!(place.text("mined/decisions.jsonl"), "");
    place.run(&["curate", "mined", "--out", "vocab"]).expect(2, &["no candidate is kept"]);
    let tasks = place.run(&["review", "mined", "--export", "label-studio"]);
    place.write("tasks.json", &tasks.stdout);
    place
        .run(&["review", "mined", "--import", "tasks.json", "--annotator", "anna"])
        .expect(2, &["tasks.json", "no task has annotations"]);
    place.run(&["a.txt", "--out", "fresh"]).expect(0, &[]);
    place.run(&["review", "fresh", "--export", "csv"]).expect(0, &[]);
    assert!(!place.path("fresh/decisions.jsonl").exists(), "who only looks begins no log");
    place.run(&["curate", "fresh"]).expect(2, &["decisions.jsonl does not exist"]);
    place.run(&["review", "gone", "--export", "csv"]).expect(2, &["gone"]);
    place.run(&["review", "a.txt", "--export", "csv"]).expect(2, &["a.txt", "\"name\""]);
    place.run(&["review", "mined", "--import", "a.txt", "--annotator", "anna"]).expect(2, &[".csv"]);
    place.run(&["review", "mined", "--import", "anna.csv"]).expect(2, &["--annotator"]);
    assert!(!place.path("vocab").exists());
}

#[test]
fn why_nothing_is_kept_is_told_and_a_run_is_no_place_for_a_vocabulary() {
    let place = workplace();
    judge(&place, "anna", &["dog,object,keep,", "tree,object,merge,bicycle"]).expect(0, &[]);
    judge(&place, "bo", &["dog,object,drop,"]).expect(0, &[]);
    place.run(&["curate", "mined", "--out", "vocab"]).expect(
        2,
        &[
            "dog/object is left out: annotators disagree",
            "tree/object is left out: merged into bicycle/object, which nobody has judged",
            "no candidate is kept, nothing was written",
        ],
    );
    judge(&place, "cy", &["dog,object,keep,"]).expect(0, &[]);
    let before = (place.list("mined"), std::fs::read(place.path("mined/tags.parquet")).unwrap());
    place
        .run(&["curate", "mined", "--size", "1", "--out", "mined", "--force"])
        .expect(2, &["mined/tags.parquet is the place of a run's own file", "--out"]);
    assert_eq!((place.list("mined"), std::fs::read(place.path("mined/tags.parquet")).unwrap()), before);
}

/// Two people on two machines: whichever log is merged into the other, the vocabulary is the same.
#[test]
fn logs_merge_in_either_order() {
    let place = workplace();
    let mined = place.path("mined");
    std::fs::create_dir(place.path("other")).unwrap();
    std::fs::copy(mined.join("candidates.csv"), place.path("other/candidates.csv")).unwrap();
    judge(&place, "anna", &ROWS).expect(0, &[]);
    place.write("bo.csv", "name,kind,verdict\ndog,object,drop\nred,attribute,keep\nrun,action,drop\n");
    place.run(&["review", "other", "--import", "bo.csv", "--annotator", "bo"]).expect(0, &[]);
    std::fs::copy(mined.join("decisions.jsonl"), place.path("anna.jsonl")).unwrap();
    std::fs::copy(place.path("other/decisions.jsonl"), place.path("bo.jsonl")).unwrap();
    place.run(&["review", "mined", "--merge", "bo.jsonl"]).expect(0, &["3 decisions of bo.jsonl"]);
    place.run(&["review", "other", "--merge", "anna.jsonl"]).expect(0, &["8 decisions of anna.jsonl"]);
    let said = ["dog/object is left out: annotators disagree", "run/action is left out"];
    place.run(&["curate", "mined", "--size", "3", "--out", "a"]).expect(1, &said);
    place.run(&["curate", "other", "--size", "3", "--out", "b"]).expect(1, &said);
    for file in ["vocabulary.json", "tags.txt", "tags.csv", "tags.parquet"] {
        assert!(place.read(&format!("a/{file}")) == place.read(&format!("b/{file}")), "{file}");
    }
    let agreement = place.run(&["review", "mined", "--agreement"]);
    // Of dog, red and run they agree on one.
    assert!(agreement.stdout.contains("anna, bo\t3\t33.3%\t0.00"), "{}", agreement.stdout);

    // A later, larger corpus: what is decided stays decided.
    place.write("more.txt", format!("{}\na zebra runs", place.text("a.txt")));
    place.run(&["more.txt", "--out", "later"]).expect(0, &[]);
    place
        .run(&["curate", "later", "--decisions", "mined/decisions.jsonl", "--size", "3", "--out", "c"])
        .expect(1, &["undecided"]);
    let names = |folder: &str| -> Vec<Value> {
        place.json(&format!("{folder}/vocabulary.json"))["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| tag["name"].clone())
            .collect()
    };
    assert_eq!(names("c"), names("a"));
    // What is merged into a tag that another corpus lacks goes out and comes back too.
    place.write("few.txt", "a dog rides a bike\na dog rides a bike\n");
    place.run(&["few.txt", "--out", "few"]).expect(0, &[]);
    std::fs::copy(place.path("anna.jsonl"), place.path("few/decisions.jsonl")).unwrap();
    for (layout, file) in [("csv", "few.csv"), ("jsonl", "few.jsonl")] {
        place
            .run(&["review", "few", "--export", layout, "--annotator", "anna", "--out", file])
            .expect(0, &[]);
        assert!(place.text(file).contains("bicycle"));
        place
            .run(&["review", "few", "--import", file, "--annotator", "anna"])
            .expect(0, &["0 judgements of anna"]);
    }
}

#[test]
fn a_damaged_last_line_is_set_aside_with_a_message() {
    let place = workplace();
    judge(&place, "anna", &ROWS).expect(0, &[]);
    let whole = place.text("mined/decisions.jsonl");
    place.write("mined/decisions.jsonl", &whole[..whole.len() - 20]);
    // Who only reads changes nothing: the line may still be being written.
    let cut = place.text("mined/decisions.jsonl");
    for reader in [
        &["review", "mined", "--export", "csv"][..],
        &["review", "mined", "--agreement"],
        &["curate", "mined", "--size", "1", "--out", "v"],
    ] {
        place.run(reader).expect(1, &["the last line of mined/decisions.jsonl is cut off, or being written"]);
    }
    assert_eq!(place.text("mined/decisions.jsonl"), cut);
    let ran = place.run(&["review", "mined", "--merge", "mined/candidates.csv"]);
    ran.expect(
        2,
        &[
            "the last line of mined/decisions.jsonl was cut off",
            "decisions.jsonl.damaged-",
            "candidates.csv, line 1",
        ],
    );
    assert_eq!(place.text("mined/decisions.jsonl").lines().count(), 7);
}

/// Asks the page's server for something, and gives the whole answer.
fn ask(host: &str, path: &str, cookie: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Follows the link that is printed: the page's host, and the cookie with which it answers.
fn enter(child: &mut Child) -> (String, String) {
    let mut link = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut link).unwrap();
    let (host, path) = link.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
    assert!(ask(host, "/api/candidates", "").starts_with("HTTP/1.1 40"), "nothing without the token");
    let entered = ask(host, &format!("/{path}"), "");
    let cookie = entered
        .lines()
        .find_map(|line| line.to_lowercase().starts_with("set-cookie: ").then(|| line[12..].to_owned()));
    (host.to_owned(), cookie.unwrap().split(';').next().unwrap().to_owned())
}

#[cfg(unix)]
#[test]
fn the_page_is_served_until_ctrl_c() {
    let place = workplace();
    let mut child = place.start(&["review", "mined", "--port", "0"]);
    let (host, cookie) = enter(&mut child);
    let (host, cookie) = (host.as_str(), cookie.as_str());
    assert!(ask(host, "/api/candidates", cookie).contains("\"bicycle\""));
    // The parser marks the words of a tag.
    let place_of_dog = 0;
    let examples = ask(host, &format!("/api/examples?at={place_of_dog}"), cookie);
    assert!(examples.contains("\"a \",\"dog\",\""), "{examples}");

    // Others can read meanwhile, but not judge by the same log.
    place.run(&["review", "mined", "--export", "csv"]).expect(0, &[]);
    judge(&place, "bo", &ROWS).expect(2, &["is open in another review"]);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ran: support::Ran = child.wait_with_output().unwrap().into();
    ran.expect(0, &["The review page is at the link below"]);
}

/// What stands in the folder is no encoder, or there is nothing to run one with.
#[test]
fn a_folder_without_an_encoder_is_named() {
    let place = workplace();
    let said = if cfg!(feature = "embeddings") { "a.txt/config.json" } else { "--features embeddings" };
    place.run(&["review", "mined", "--embeddings", "a.txt"]).expect(2, &[said]);
    place
        .run(&["review", "mined", "--embeddings", "a.txt", "--export", "csv"])
        .expect(2, &["cannot be used"]);
}

#[cfg(all(unix, feature = "embeddings"))]
#[test]
fn names_that_are_used_alike_are_suggested() {
    let Some(encoder) = std::env::var_os("MINE_TAGS_MINILM") else {
        println!("skipped: MINE_TAGS_MINILM names no folder with a MiniLM");
        return;
    };
    let place = Workplace::new();
    place.write("a.txt", "a wii nunchuk\na wii nunchuck\na red car\na blue car\na dog\n");
    place.run(&["a.txt"]).expect(0, &[]);
    let encoder = encoder.to_str().unwrap();
    let mut child = place.start(&["review", "mined", "--port", "0", "--embeddings", encoder]);
    let (host, cookie) = enter(&mut child);
    let listing = ask(&host, "/api/candidates", &cookie);
    let listing: Value = serde_json::from_str(listing.split_once("\r\n\r\n").unwrap().1).unwrap();
    let alike = |suggestion: &&Value| suggestion["reason"] == "used alike";
    let alike: Vec<&Value> = listing["suggestions"].as_array().unwrap().iter().filter(alike).collect();
    let names = |suggestion: &Value| -> Vec<Value> {
        let places = suggestion["tags"].as_array().unwrap().iter();
        places.map(|place| listing["names"][place.as_u64().unwrap() as usize].clone()).collect()
    };
    let found: Vec<Vec<Value>> = alike.into_iter().map(names).collect();
    // Red and blue are used alike too, but WordNet tells them apart.
    assert_eq!(found, [["wii nunchuck", "wii nunchuk"]], "{listing}");
    child.kill().unwrap();
    child.wait().unwrap();
}
