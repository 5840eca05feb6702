//! `mine-tags parse`: a result a line, in every format, for any input.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};
use support::Workplace;

fn values(output: &str) -> Vec<Value> {
    output
        .lines()
        .map(|line| if line.is_empty() { Value::Null } else { serde_json::from_str(line).unwrap() })
        .collect()
}

#[test]
fn json_has_graph_and_tags() {
    let place = Workplace::new();
    let ran =
        place.pipe(&["parse", "--format", "json"], "A man riding a dark brown horse.\n\n  two dogs \r\n");
    ran.expect(0, &[]);
    let results = values(&ran.stdout);
    assert_eq!(results.len(), 3);
    assert_eq!(results[1], Value::Null);
    let man = &results[0];
    assert_eq!(man["caption"], "A man riding a dark brown horse.");
    assert_eq!(
        man["entities"][0],
        json!({"text": "man", "lemma": "man", "start": 2, "end": 5, "kind": "object", "modifiers": []})
    );
    assert_eq!(man["entities"][1]["lemma"], "horse");
    assert_eq!(man["relations"], json!([{"subject": 0, "relation": "ride", "object": 1}]));
    let tags = man["tags"].as_array().unwrap();
    for tag in [json!({"name": "man", "kind": "object"}), json!({"name": "ride", "kind": "action"})] {
        assert!(tags.contains(&tag), "{tags:?}");
    }
    assert_eq!(results[2]["caption"], "two dogs");
    assert_eq!(results[2]["tags"][1], json!({"name": "dog", "kind": "object"}));
}

#[test]
fn triples_and_pretty() {
    let place = Workplace::new();
    let hostile = place.pipe(&["parse"], "a \u{1b}[31mdog\n");
    assert!(hostile.stdout.starts_with("a \u{fffd}[31mdog\n"), "{}", hostile.stdout);
    let turned = place.pipe(&["parse"], "a \u{202e}dog\n");
    assert!(turned.stdout.starts_with("a \u{fffd}dog\n"), "{}", turned.stdout);
    place.write("a.txt", "A man riding a horse.\nthe sky is blue\n\n");
    let ran = place.run(&["parse", "a.txt", "--format", "triples"]);
    let results = values(&ran.expect(0, &[]).stdout);
    assert_eq!(
        results[0],
        json!({"caption": "A man riding a horse.", "triples": [["man", "ride", "horse"]]})
    );
    assert_eq!(results[1]["triples"], json!([["sky", "is", "blue"]]));
    assert_eq!(results[2], Value::Null);

    let ran = place.run(&["parse", "a.txt"]);
    let text = &ran.expect(0, &[]).stdout;
    assert!(text.starts_with("A man riding a horse.\n") && text.contains("man ─ride→ horse"), "{text}");
}

#[test]
fn a_tag_is_explained() {
    let place = Workplace::new();
    let text = "a man picks a photo up\n\u{1b}[31m dog\n";
    let ran = place.pipe(&["parse", "--explain", "Pick-Up"], text);
    let shown = &ran.expect(0, &[]).stdout;
    assert!(shown.contains("why        pick up, action, said by \"picks\""), "{shown}");
    assert!(shown.contains("rule verb-object: a man *riding* a horse"), "{shown}");
    assert!(shown.contains("no tag \"pick up\" here"), "{shown}");
    assert!(shown.contains("  tree       picks  VERB root\n               man  NOUN nsubj\n"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    place.run(&["parse", "--explain", "dog", "--format", "json"]).expect(2, &["--format pretty"]);
}

#[test]
fn what_cannot_be_seen_is_kept_on_demand() {
    let place = Workplace::new();
    let tags =
        |arguments: &[&str]| values(&place.pipe(arguments, "a photo of a dog\n").stdout)[0]["tags"].clone();
    let photo = json!({"name": "photo", "kind": "object"});
    let has = |tags: &Value| tags.as_array().unwrap().contains(&photo);
    assert!(!has(&tags(&["parse", "--format", "json"])));
    assert!(has(&tags(&["parse", "--format", "json", "--keep-invisible"])));
    place.write("a.txt", "a photo of a dog\n");
    place.run(&["a.txt", "--keep-invisible"]).expect(0, &[]);
    let candidates = place.text("mined/candidates.csv");
    assert!(candidates.contains("photo,object"), "{candidates}");
}

#[test]
fn spellings_are_one_tag_unless_kept_apart() {
    let place = Workplace::new();
    let text = "a grey cat on a surf board\n";
    let names = |arguments: &[&str]| -> Vec<String> {
        let answer = values(&place.pipe(arguments, text).stdout).remove(0);
        let tags = answer["tags"].as_array().unwrap();
        tags.iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["parse", "--format", "json"]), ["gray", "cat", "surfboard"]);
    let apart = names(&["parse", "--format", "json", "--keep-spellings"]);
    assert_eq!(apart, ["grey", "cat", "surf board", "board"]);
}

#[test]
fn conllu_out_and_in_again_keeps_tokens() {
    let place = Workplace::new();
    let ran = place.pipe(&["parse", "--format", "conllu"], "A dog's tail. It wags.\n\na cat\n");
    ran.expect(0, &[]);
    assert!(ran.stdout.contains("# newdoc id = 1\n# text = A dog's tail.\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("# newdoc id = 3\n# text = a cat\n"), "{}", ran.stdout);
    let words = |text: &str| -> Vec<String> {
        let rows = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        rows.map(|row| row.split('\t').nth(1).unwrap().to_owned()).collect()
    };
    let again = place.pipe(&["parse", "--pretokenized", "--format", "conllu"], &ran.stdout);
    assert_eq!(again.expect(0, &[]).stdout, ran.stdout);
    // Tokens are kept as they are, however odd.
    let odd = "# sent_id = 7\n1\tNew York\t_\t_\tNNP\tNumber=Sing\t_\t_\t_\tx=y\n2\tstreets\t_\t_\t_\t_\t_\t_\t_\t_\n\n";
    let ran = place.pipe(&["parse", "--pretokenized", "--format", "conllu"], odd);
    assert_eq!(words(&ran.expect(0, &[]).stdout), ["New York", "streets"]);
    assert!(
        ran.stdout.starts_with("# sent_id = 7\n1\tNew York\t") && ran.stdout.contains("\tNNP\tNumber=Sing\t"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("\tx=y\n2\tstreets\tstreet\t"), "{}", ran.stdout);
}

/// Found in review: the first broken sentence ended the run.
#[test]
fn a_broken_conllu_sentence_costs_itself_alone() {
    let place = Workplace::new();
    let sentence = |form: &str| format!("1\t{form}\t_\t_\t_\t_\t_\t_\t_\t_\n\n");
    let empty_node = sentence("x").replacen('1', "0.1", 1);
    let text = format!("{}1\tcat\n\n{empty_node}{}# the end\n", sentence("dogs"), sentence("horses"));
    place.write("a.conllu", format!("\u{feff}{text}"));
    let said = [
        "a.conllu: line 3: 2 columns separated by tabs, CoNLL-U has 10; the sentence is skipped: mend it",
        "a.conllu: line 5: a sentence without words; the sentence is skipped",
    ];
    let ran = place.run(&["parse", "a.conllu", "--pretokenized", "--format", "json"]);
    let results = values(&ran.expect(1, &said).stdout);
    assert_eq!(results.len(), 4, "results are not in step with sentences");
    assert_eq!((&results[0]["caption"], &results[3]["caption"]), (&json!("dogs"), &json!("horses")));
    assert_eq!((&results[1], &results[2]), (&Value::Null, &Value::Null));
    let ran = place.run(&["parse", "a.conllu", "--pretokenized", "--format", "conllu"]);
    assert_eq!(ran.expect(1, &said).stdout.matches("\n\n").count(), 2, "{}", ran.stdout);
    place.pipe(&["parse", "--pretokenized"], "# comments\n\n# alone\n").expect(0, &[]);
}

/// Found in review: what was no plain UTF-8 was parsed all the same. `parse` and the main job take
/// text alike.
#[test]
fn what_is_no_plain_text_is_unpacked_or_refused() {
    let place = Workplace::new();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all("\u{feff}a dog\n".as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let captions = |ran: &support::Ran| -> Vec<Value> {
        values(&ran.expect(0, &[]).stdout).iter().map(|result| result["caption"].clone()).collect()
    };
    place.write("marked.txt", "\u{feff}a dog\n").write("packed.txt", &gzip);
    for name in ["marked.txt", "packed.txt"] {
        assert_eq!(captions(&place.run(&["parse", name, "--format", "json"])), ["a dog"]);
        place.run(&[name, "--force"]).expect(0, &["Read 1 caption "]);
    }
    assert_eq!(captions(&place.pipe(&["parse", "--format", "json"], &gzip)), ["a dog"]);
    let refused: [(&str, &[u8], &str); 4] = [
        ("wide.txt", b"\xff\xfea\0 \0d\0", "UTF-16: save it as UTF-8, as by 'iconv -f UTF-16 -t UTF-8'"),
        ("broad.txt", b"\xfe\xff\0a\0 \0d", "UTF-16"),
        ("zeros.txt", &[0; 5000], "no text but binary data"),
        ("packed.txt.zst", b"\x28\xb5\x2f\xfd...", "packed with zstd: unpack it first, as by 'zstdcat'"),
    ];
    for (name, content, said) in refused {
        place.write(name, content);
        let ran = place.run(&["parse", name]);
        assert_eq!(ran.expect(2, &[&format!("mine-tags: {name}: "), said]).stdout, "");
        place.pipe(&["parse"], content).expect(2, &["standard input: ", said]);
        if name.ends_with(".txt") {
            place.run(&[name, "--force"]).expect(2, &[&format!("mine-tags: {name}: "), said]);
        }
    }
}

/// Found in review: such a character cut a word in two.
#[test]
fn invisible_characters_are_no_part_of_words() {
    let place = Workplace::new();
    let ran = place.pipe(&["parse", "--format", "json"], "a red um\u{200b}brel\u{ad}la\n\u{200b}\n");
    let results = values(&ran.expect(0, &[]).stdout);
    assert_eq!(
        results[0]["entities"],
        json!([{
            "text": "um\u{200b}brel\u{ad}la", "lemma": "umbrella", "start": 6, "end": 19, "kind": "object",
            "modifiers": [{"text": "red", "lemma": "red"}]
        }])
    );
    let tags = json!([{"name": "red", "kind": "attribute"}, {"name": "umbrella", "kind": "object"}]);
    assert_eq!(results[0]["tags"], tags);
    assert_eq!(results[1]["entities"], json!([]));
    let shirt = place.pipe(&["parse", "--format", "json"], "a t\u{200b}-\u{ad}shirt\n");
    assert_eq!(values(&shirt.stdout)[0]["tags"][0]["name"], "t shirt");
}

#[test]
fn bad_lines_are_named_and_outputs_stay_parallel() {
    let place = Workplace::new();
    let mut input = b"a dog\nbad \xff cat\n".to_vec();
    input.extend("x ".repeat(700_000).bytes());
    input.extend(b"\n\xf0\x9f\x8e\x89\na horse");
    let ran = place.pipe(&["parse", "--format", "json"], input);
    ran.expect(1, &["standard input: line 2: not valid UTF-8", "line 3: longer than a megabyte"]);
    let results = values(&ran.stdout);
    assert_eq!(results.len(), 5);
    assert_eq!(results[2], Value::Null);
    assert_eq!(results[4]["caption"], "a horse");
    place.run(&["parse", "no.txt"]).expect(2, &["cannot open no.txt"]);
    assert_eq!(place.run(&["parse", "--format", "xml"]).status, 2);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = Workplace::new();
    place.write("a.txt", "a dog on a mat\n".repeat(20_000));
    let mut command = place.command(&["parse", "a.txt", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("dog"));
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn each_line_is_answered_before_the_next_is_asked() {
    let place = Workplace::new();
    let mut child = place.start(&["parse", "--format", "triples"]);
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for caption in ["a red bus", "a dog"] {
        writeln!(input, "{caption}").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert!(answer.contains(caption), "{answer}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}
