//! Ctrl-C and worse: nothing half-written is ever left in the results' place.
#![cfg(unix)]

mod support;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use support::{Ran, Workplace, captions, json_lines};

/// More than a minute's work for one thread of an unoptimised build.
fn long_corpus(place: &Workplace) {
    place.write("in/000.jsonl", json_lines(&captions(3000)));
    for shard in 1..400 {
        fs::hard_link(place.path("in/000.jsonl"), place.path(&format!("in/{shard:03}.jsonl"))).unwrap();
    }
}

/// Starts a run and waits until it has begun.
fn begin(place: &Workplace, arguments: &[&str]) -> Child {
    wait_for_start(place, place.start(arguments))
}

fn wait_for_start(place: &Workplace, mut child: Child) -> Child {
    while !place.list("").iter().any(|name| name.starts_with(".mined.incomplete-")) {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it began");
        sleep(Duration::from_millis(10));
    }
    sleep(Duration::from_millis(300));
    child
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn ctrl_c_stops_cleanly() {
    let place = Workplace::new();
    long_corpus(&place);
    for signal in ["-INT", "-TERM"] {
        let child = begin(&place, &["in", "--threads", "1"]);
        send(signal, &child);
        let ran: Ran = child.wait_with_output().unwrap().into();
        ran.expect(130, &["Interrupted: nothing was written to mined"]);
        assert_eq!(place.list(""), ["in"]);
    }
    // The results of an earlier run survive a forced one that is interrupted.
    place.write("a.txt", "a dog\n");
    place.run(&["a.txt"]).expect(0, &[]);
    let before = place.read("mined/tags.parquet");
    let child = begin(&place, &["in", "--threads", "1", "--force"]);
    send("-INT", &child);
    Ran::from(child.wait_with_output().unwrap()).expect(130, &[]);
    assert!(before == place.read("mined/tags.parquet"));
    assert_eq!(place.list(""), ["a.txt", "in", "mined"]);
}

#[test]
fn a_run_under_nohup_outlives_its_terminal() {
    let place = Workplace::new();
    long_corpus(&place);
    let script = format!("trap '' HUP; exec '{}' in --threads 1", env!("CARGO_BIN_EXE_mine-tags"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(place.path("")).stderr(Stdio::piped());
    let mut child = wait_for_start(&place, shell.spawn().unwrap());
    send("-HUP", &child);
    sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the run ended with its terminal");
    send("-INT", &child);
    Ran::from(child.wait_with_output().unwrap()).expect(130, &[]);
}

#[test]
fn a_killed_run_leaves_nothing_that_the_next_one_does_not_remove() {
    let place = Workplace::new();
    long_corpus(&place);
    place.write("a.txt", "a dog\n");
    let child = begin(&place, &["in", "--threads", "1"]);
    send("-KILL", &child);
    child.wait_with_output().unwrap();
    assert!(!place.path("mined").exists());
    assert_eq!(place.list("").len(), 3);
    place.run(&["a.txt"]).expect(0, &[]);
    assert_eq!(place.list(""), ["a.txt", "in", "mined"]);
}

#[test]
fn two_runs_at_once_do_not_harm_each_other() {
    let place = Workplace::new();
    long_corpus(&place);
    place.write("a.txt", "a dog\n");
    let slow = begin(&place, &["in", "--threads", "1"]);
    place.run(&["a.txt"]).expect(0, &[]);
    assert_eq!(place.list("").len(), 4, "the slow run's folder is gone");
    send("-INT", &slow);
    Ran::from(slow.wait_with_output().unwrap()).expect(130, &[]);
    assert_eq!(place.list(""), ["a.txt", "in", "mined"]);
}

/// Triplets are killed while captions are put aside and while files are written.
#[test]
fn triplets_that_are_killed_leave_nothing_half_written() {
    let place = Workplace::new();
    long_corpus(&place);
    place.write("a.jsonl", json_lines(&captions(5)));
    place.run(&["a.jsonl"]).expect(0, &[]);
    let arguments = ["triplets", "in", "--vocabulary", "mined/candidates.csv", "--threads", "1"];
    let start = || {
        let before = place.list("");
        let mut child = place.start(&arguments);
        let is_new = |name: &String| name.starts_with(".triplets.incomplete-") && !before.contains(name);
        while !place.list("").iter().any(is_new) {
            assert!(child.try_wait().unwrap().is_none(), "the run ended before it began");
            sleep(Duration::from_millis(5));
        }
        child
    };
    for milliseconds in [0, 40, 300, 900] {
        let child = start();
        sleep(Duration::from_millis(milliseconds));
        send("-KILL", &child);
        child.wait_with_output().unwrap();
        assert!(!place.path("triplets").exists());
    }
    let child = start();
    send("-INT", &child);
    Ran::from(child.wait_with_output().unwrap())
        .expect(130, &["Interrupted: nothing was written to triplets"]);
    place.run(&["triplets", "a.jsonl", "--vocabulary", "mined/candidates.csv"]).expect(0, &[]);
    assert_eq!(place.list(""), ["a.jsonl", "in", "mined", "triplets"]);
}
