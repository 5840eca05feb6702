//! CoNLL-U as others write it: what is read, and what is refused with the line named.

#[path = "support/trees.rs"]
mod trees;

use std::io::{self, BufReader, Read};

use caption_parser::conllu::{self, Block, ConlluError};
use caption_parser::{Parser, Scratch};
use proptest::prelude::*;
use trees::check_trees;

fn row(id: &str, form: &str, misc: &str) -> String {
    format!("{id}\t{form}\t_\t_\t_\t_\t_\t_\t_\t{misc}\n")
}

/// A row for each ID, the ID as its form.
fn rows(ids: &[&str]) -> String {
    ids.iter().map(|id| row(id, id, "_")).collect()
}

fn read(text: &str) -> Vec<Result<Block, ConlluError>> {
    conllu::read(text.as_bytes()).collect()
}

#[test]
fn faults_name_their_line_and_what_is_due() {
    let cases: [(&[&str], usize, &str); 16] = [
        (&["0.1"], 1, "a sentence without words"),
        (&["8.1"], 1, "behind word 0 is 0.1"),
        (&["2"], 1, "word 1 is due"),
        (&["1", "3"], 2, "word 2 is due"),
        (&["1", "2", "2"], 3, "word 3 is due"),
        (&["0"], 1, "word 1 is due"),
        (&["1", "x"], 2, "neither a word"),
        (&["+1"], 1, "neither a word"),
        (&["1", "2-"], 2, "neither a word"),
        (&["1", "99999999999999999999"], 2, "neither a word"),
        (&["2-1", "1"], 1, "begin with the next, which is 1"),
        (&["1-1", "1"], 1, "two words or more"),
        (&["1", "1-2", "2"], 2, "begin with the next, which is 2"),
        (&["1-3", "1", "2-3", "2", "3"], 3, "of the multi-word token in line 1 already"),
        (&["1-3", "1", "2"], 1, "up to word 3, but the last word is 2"),
        (&["1", "1.2"], 2, "behind word 1 is 1.1"),
    ];
    for (ids, line, problem) in cases {
        let error = read(&rows(ids)).remove(0).unwrap_err();
        assert_eq!(error.line, line, "{ids:?}");
        assert!(error.problem.contains(problem), "{ids:?}: {}", error.problem);
    }
    let sound = ["0.1", "1-2", "1", "1.1", "1.2", "2", "2.1", "3", "4-5", "4", "5"];
    assert_eq!(read(&rows(&sound))[0].as_ref().unwrap().words().count(), 5);
}

#[test]
fn comments_alone_are_no_sentence() {
    assert!(read("# a\n# b\n\n").is_empty());
    let text = format!("# a\n\n{}", rows(&["1"]));
    assert_eq!(read(&text)[0].as_ref().unwrap().comments, ["# a"]);
}

/// A sentence with a fault is left out whole, and those behind it are read.
#[test]
fn reading_goes_on_behind_a_fault() {
    let sound = rows(&["1", "2"]);
    for fault in ["2", "1\t ", &"x".repeat(3 << 20), "\u{0}", rows(&["7"]).trim_end()] {
        let text = format!("{sound}\n# comment\n{fault}\n3\n4\n\n{sound}\n");
        let found = read(&text);
        assert_eq!(found.len(), 3, "{fault:.20}");
        assert_eq!(found[1].as_ref().unwrap_err().line, 5, "{fault:.20}");
        for block in [&found[0], &found[2]] {
            assert_eq!(block.as_ref().unwrap().words().count(), 2);
        }
    }
    let mut bytes = b"# \xff\n".to_vec();
    bytes.extend(format!("{sound}\n{sound}").bytes());
    let found: Vec<_> = conllu::read(bytes.as_slice()).collect();
    assert_eq!((found.len(), found[0].as_ref().unwrap_err().line), (2, 1));
}

#[test]
fn an_error_of_the_reader_is_the_last_thing_read() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    for before in ["", "1\tx\n"] {
        let reader = BufReader::new(before.as_bytes().chain(Broken));
        let errors: Vec<ConlluError> = conllu::read(reader).map(Result::unwrap_err).take(9).collect();
        let last = errors.last().unwrap();
        assert_eq!(last.problem, "the disk is gone");
        assert!(last.source.is_some() && errors.iter().rev().skip(1).all(|error| error.source.is_none()));
        assert_eq!(errors.len(), 1 + before.lines().count());
    }
}

#[test]
fn nothing_grows_without_bound() {
    let first_error = |reader: &mut dyn Read| {
        let error = conllu::read(BufReader::new(reader)).find_map(Result::err).unwrap();
        (error.line, error.problem)
    };
    let (line, problem) = first_error(&mut "# a\n".as_bytes().chain(io::repeat(b'a').take(1 << 25)));
    assert_eq!((line, problem.as_str()), (2, "a line of more than 1048576 bytes"));

    let words: String = (1..=10_001).map(|id| row(&id.to_string(), "dog", "_")).collect();
    let (line, problem) = first_error(&mut words.as_bytes());
    assert_eq!(line, 10_001);
    assert!(problem.starts_with("more than 10000 words in a sentence"), "{problem}");

    let comments = format!("# {}\n", "a".repeat(1 << 20 >> 1)).repeat(40);
    let (line, problem) = first_error(&mut comments.as_bytes());
    assert_eq!((line, problem.as_str()), (32, "a sentence of more than 16777216 bytes"));
}

/// Words are written onto each other where they spell the multi-word token, and apart where not.
#[test]
fn multi_word_tokens_are_laid_out() {
    let text = [
        row("1-2", "don't", "_"),
        row("1", "do", "_"),
        row("2", "n't", "_"),
        row("3-4", "wanna", "SpaceAfter=No"),
        row("3", "want", "_"),
        row("4", "to", "_"),
        row("5-6", "cannot", "SpaceAfter=No"),
        row("5", "can", "_"),
        row("5.1", "maybe", "_"),
        row("6", "not", "_"),
        row("7", "!", "_"),
    ];
    let block = read(&text.concat()).remove(0).unwrap();
    assert_eq!(block.to_document().unwrap().text(), "don't want to cannot!");

    // As many as a sentence may have.
    let pair = |first: usize| {
        let (first, last) = (first.to_string(), (first + 1).to_string());
        [row(&format!("{first}-{last}"), "can't", "_"), row(&first, "ca", "_"), row(&last, "n't", "_")]
    };
    let text: String = (1..10_000).step_by(2).flat_map(pair).collect();
    let block = read(&text).remove(0).unwrap();
    assert_eq!(block.to_document().unwrap().text(), ["can't"; 5_000].join(" "));
}

/// Rules follow heads up to the root: there must be one, and every word must lead to it.
#[test]
fn heads_that_are_no_tree_are_refused() {
    let document = |heads: &[usize]| {
        let row =
            |(index, head): (usize, &usize)| format!("{}\tx\t_\t_\t_\t_\t{head}\tdep\t_\t_\n", index + 1);
        let text: String = heads.iter().enumerate().map(row).collect();
        read(&text).remove(0).unwrap().to_document()
    };
    let cases: [(&[usize], usize, &str); 5] = [
        (&[2, 1], 1, "circle"),
        (&[2, 3, 1, 0], 1, "circle"),
        (&[0, 1, 5, 3, 4], 3, "circle"),
        (&[4, 0, 0, 2], 3, "second word without a head"),
        (&[1], 1, "no word of this sentence"),
    ];
    for (heads, line, problem) in cases {
        let error = document(heads).unwrap_err();
        assert_eq!(error.line, line, "{heads:?}");
        assert!(error.problem.contains(problem), "{heads:?}: {}", error.problem);
    }
    let row: Vec<usize> = (0..10_000).collect();
    for heads in [&row[..], &[0], &[3, 1, 0, 3, 2]] {
        assert!(document(heads).is_ok());
    }
}

/// A row of a sentence whose IDs are about right.
fn about_right() -> impl Strategy<Value = (usize, usize, char)> {
    (0usize..4, 0usize..3, prop::sample::select(vec!['w', 'w', 'w', 'w', '-', '.']))
}

proptest! {
    /// Whatever the IDs, the block is refused or gets a tree over words that are 1, 2, 3 and so on.
    #[test]
    fn any_ids_are_refused_or_get_a_tree(ids in prop::collection::vec(about_right(), 1..9)) {
        let mut words = 0;
        let mut text = String::new();
        for (off, more, kind) in ids {
            // Mostly what is due.
            let due = if off == 0 { words + more } else { words + 1 };
            let id = match kind {
                'w' => due.to_string(),
                '-' => format!("{due}-{}", due + more),
                _ => format!("{words}.{more}"),
            };
            words += usize::from(kind == 'w');
            text += &row(&id, "dog", "_");
        }
        match read(&text).remove(0) {
            Ok(block) => {
                let numbers: Vec<String> = block.words().map(|word| word.columns[0].clone()).collect();
                let wanted: Vec<String> = (1..=words).map(|word| word.to_string()).collect();
                prop_assert_eq!(numbers, wanted);
                let mut scratch = Scratch::default();
                let document = Parser::embedded().unwrap().parse_tokens(&mut scratch, &block);
                prop_assert_eq!(document.token_count(), words);
                check_trees(document);
            }
            Err(error) => prop_assert!((1..=text.lines().count()).contains(&error.line)),
        }
    }
}
