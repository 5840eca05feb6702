//! Files made to cost more than they should: found in review, each once ran for minutes or hours,
//! or filled the memory.

mod common;

use std::fmt::Write;
use std::path::Path;

use caption_corpus::{ColumnChoice, Corpus, SkipReason};
use common::samples::tar;
use common::{Folder, choice, read, read_with};

/// 80,000 names, each compared with all before it, took minutes.
#[test]
fn records_of_many_fields_are_learned_in_one_go() {
    let folder = Folder::new();
    let mut line = "{\"caption\":\"a dog\"".to_owned();
    for number in 0..80_000 {
        write!(line, ",\"k{number}\":1").unwrap();
    }
    line.push_str("}\n{\"caption\":\"a cat\"}\n");
    assert_eq!(read(&folder.write("wide.jsonl", line)).texts(), ["a dog", "a cat"]);
}

/// Pieces, each so many times, one after the other.
fn pieces(pieces: &[(&[u8], usize)]) -> Vec<u8> {
    pieces.iter().map(|(piece, times)| piece.repeat(*times)).collect::<Vec<_>>().concat()
}

const HEADER: &[u8] = b"caption,url\na dog,http://a\n";
/// More than is looked at behind the first line.
const LONG: usize = 1_100_000;
/// More than a record may have.
const TOO_LONG: usize = 17 << 20;

/// Each comma of the lines that are looked at took some tens of bytes.
#[test]
fn wide_lines_of_tables_are_no_burden_and_not_lost() {
    let folder = Folder::new();
    let write = |content: &[(&[u8], usize)]| folder.write("a.csv", pieces(content));
    let wide = read(&write(&[(HEADER, 1), (b",", LONG), (b"\na cat,http://c\n", 1)]));
    assert_eq!(wide.texts(), ["a dog", "a cat"]);
    assert_eq!(wide.skips(), [(SkipReason::Malformed, 1, vec![3])]);
    // A long line that is good is read, though not looked at before.
    let long = read(&write(&[(HEADER, 1), (b"a cow,", 1), (b"x", LONG), (b"\na cat,c\n", 1)]));
    assert_eq!(long.texts(), ["a dog", "a cow", "a cat"]);
    let first = read(&write(&[(b"caption", 1), (b",", 100_000), (b"\na\n", 1)]));
    assert!(first.error().ends_with(
        "the first line has 100001 columns, but a table of captions has at most 100000: leave some out"
    ));
    // The first line shows the columns, however long it is.
    let data = write(&[(b"x", LONG), (b",a dog\nx,a cat\n", 1)]);
    assert_eq!(read_with(&data, &choice(Some("2"), None)).texts(), ["a dog", "a cat"]);
}

/// A gap of carriage returns was told as a quote that is never closed.
#[test]
fn gaps_in_tables_are_passed() {
    let folder = Folder::new();
    for (blank, line) in [(&b"\r"[..], 4), (b"\n", 4 + TOO_LONG as u64)] {
        let gap = pieces(&[(HEADER, 1), (blank, TOO_LONG), (b"a cat,c\nb\n", 1)]);
        let gap = read(&folder.write("gap.csv", gap));
        assert_eq!(gap.texts(), ["a dog", "a cat"]);
        assert_eq!(gap.skips(), [(SkipReason::Malformed, 1, vec![line])]);
    }
}

/// So was a record without any quote.
#[test]
fn long_records_of_tables_are_told_as_what_they_are() {
    let folder = Folder::new();
    let write = |content: &[(&[u8], usize)]| folder.write("a.csv", pieces(content));
    let quoted = read(&write(&[(HEADER, 1), (b"\"", 1), (b"\n", TOO_LONG), (b"x", 9)]));
    assert!(quoted.error().contains("the quote opened on line 3 is never closed"), "{}", quoted.error());
    let unquoted = read(&write(&[(HEADER, 1), (b"x", TOO_LONG), (b",c\n", 1)]));
    assert_eq!(unquoted.captions.len(), 1);
    assert!(unquoted.error().contains("the record that begins on line 3 is over 16 MiB"));
    let mac = read(&write(&[(b"caption,url\r", 1), (b"a dog,http://a\r", TOO_LONG / 15)]));
    assert!(
        mac.error().ends_with("carriage returns alone, which 'tr \"\\r\" \"\\n\"' mends"),
        "{}",
        mac.error()
    );
}

/// A sample's members were all kept, however many, and each compared with all before it.
#[test]
fn heaps_of_members_are_skipped_and_the_next_samples_read() {
    let folder = Folder::new();
    let write = |heap: &[(String, &[u8])]| {
        let around: [(&str, &[u8]); 3] = [("0.txt", b"a dog"), ("2.txt", b"a cat"), ("2.json", b"{}")];
        let heap = heap.iter().map(|(name, content)| (name.as_str(), *content));
        let members: Vec<_> =
            around[..1].iter().copied().chain(heap).chain(around[1..].iter().copied()).collect();
        read(&tar(&folder, "a.tar", &members))
    };
    let members = |count: usize| -> Vec<(String, &[u8])> {
        (0..count)
            .map(|number| (format!("1.s{number}"), &b""[..]))
            .chain([("1.txt".into(), &b"a cow"[..])])
            .collect()
    };
    let read = write(&members(999));
    assert_eq!(read.texts(), ["a dog", "a cow", "a cat"]);
    let read = write(&members(5_000));
    assert_eq!(read.texts(), ["a dog", "a cat"]);
    assert_eq!(read.skips(), [(SkipReason::TooLong, 1, vec![2])]);
    let long = "x".repeat(400_000);
    let names: Vec<(String, &[u8])> = (0..3).map(|number| (format!("1.{number}{long}"), &b""[..])).collect();
    assert_eq!(write(&names).skips(), [(SkipReason::TooLong, 1, vec![2])]);
    let doubles = vec![("1.txt".to_owned(), &[b'x'; 1 << 20][..]); 20];
    let read = write(&doubles);
    assert_eq!(read.texts(), ["a dog", "a cat"]);
    assert_eq!(read.skips(), [(SkipReason::Malformed, 1, vec![2])]);
}

/// Each caption of one list was compared with all of the other.
#[test]
fn captions_in_two_long_lists_are_given_once() {
    let folder = Folder::new();
    let list = |from: usize| {
        (from..from + 100_000).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(",")
    };
    let record = format!("{{\"captions\": [{}], \"caption\": [{}]}}", list(0), list(50_000));
    let read = read(&tar(&folder, "a.tar", &[("0.json", record.as_bytes())]));
    assert_eq!(read.captions.len(), 150_000);
}

/// Each way around the links gave the files once more: there are more ways than can be counted.
#[cfg(unix)]
#[test]
fn patterns_end_where_links_lead_back() {
    let folder = Folder::new();
    for name in ["a/b/x.txt", "x.txt", "far/y.txt", "z.csv"] {
        folder.write(name, "x");
    }
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path(name)).unwrap();
    for (to, name) in
        [("..", "a/up"), (".", "self"), ("../..", "a/b/up"), ("../a", "far/over"), ("a", "last")]
    {
        link(to, name);
    }
    let names = |pattern: &str| -> Vec<String> {
        let pattern = folder.path(pattern).display().to_string();
        let corpus = Corpus::open([pattern], &ColumnChoice::default()).unwrap();
        let name = |path: &Path| {
            path.canonicalize()
                .unwrap()
                .strip_prefix(folder.0.path().canonicalize().unwrap())
                .unwrap()
                .display()
                .to_string()
        };
        let mut names: Vec<String> = corpus.shards().iter().map(|shard| name(&shard.path)).collect();
        names.sort();
        names
    };
    assert_eq!(names("**/*.txt"), ["a/b/x.txt", "far/y.txt", "x.txt"]);
    assert_eq!(names("**/**/*.txt"), ["a/b/x.txt", "far/y.txt", "x.txt"]);
    // By the link's name alone, though its folder was read before by another.
    assert_eq!(names("**/last/**/x.txt"), ["a/b/x.txt"]);
    assert_eq!(names("a/**").len(), 4);
}
