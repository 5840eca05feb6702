//! A server that is killed at any moment has lost no decision that it acknowledged.
#![cfg(unix)]

mod support;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use support::serving::{Client, Killed, candidates, decide, options, send, tag};
use tag_vocabulary::TagKind::Object;
use vocab_review::web::ReviewServer;
use vocab_review::{Annotator, DecisionLog, Review};

const FOLDER: &str = "VOCAB_REVIEW_KILLED_SERVER";
const ROUNDS: usize = 100;
/// How long a server may take for its first answer.
const PATIENCE: Duration = Duration::from_secs(60);

fn names() -> Vec<String> {
    (0..50).map(|number| format!("tag {number}")).collect()
}

/// The server that is killed: this test program, started again by the test below.
#[test]
#[ignore = "runs until it is killed"]
fn serve_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let names = names();
    let tags: Vec<_> = names.iter().map(|name| (name.as_str(), Object)).collect();
    let server = ReviewServer::bind(options(Path::new(&folder), candidates(&tags))).unwrap();
    println!("{}", server.url());
    server.run(|| false).unwrap();
}

#[test]
fn no_acknowledged_decision_is_lost_when_the_server_is_killed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("decisions.jsonl");
    let mut acknowledged: Vec<(String, usize)> = Vec::new();
    for round in 0..ROUNDS {
        acknowledged.extend(decide_until_killed(place.path(), round));
        let (log, aside) = DecisionLog::open(&path).unwrap();
        let review = Review::of(log.decisions());
        let notes =
            log.decisions().iter().filter_map(|decision| decision.judgement.as_ref()?.note.as_deref());
        let mut kept: HashMap<&str, usize> = HashMap::new();
        notes.for_each(|note| *kept.entry(note).or_default() += 1);
        let lost = acknowledged.iter().filter(|(note, count)| kept.get(note.as_str()) != Some(count));
        assert_eq!(lost.collect::<Vec<_>>(), Vec::<&(String, usize)>::new(), "round {round}");
        assert!(aside.is_none_or(|aside| aside.bytes > 0));
        assert!(review.annotators().count() <= 2);
    }
    assert!(acknowledged.len() >= ROUNDS, "{} decisions were made", acknowledged.len());
    let (log, _) = DecisionLog::open(&path).unwrap();
    let review = Review::of(log.decisions());
    let anna = Annotator::new("anna").unwrap();
    assert!(names().iter().any(|name| review.judgement(&tag(name, Object), &anna).is_some()));
    println!("{} strokes acknowledged, {} in the log, none lost", acknowledged.len(), log.decisions().len());
}

/// Two annotators decide while the server is killed; the note of each stroke that was
/// acknowledged, and how many tags it was about.
fn decide_until_killed(folder: &Path, round: usize) -> Vec<(String, usize)> {
    let server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "serve_until_killed", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Killed(server);
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    // The test harness talks too, on the same line.
    let url = lines.find_map(|line| Some(line.unwrap().split_once("http://")?.1.to_owned())).unwrap();
    let client = Client::of(&format!("http://{url}"));
    let answers = AtomicUsize::new(0);
    let acknowledged = std::thread::scope(|scope| {
        let deciders = ["anna", "bo"].map(|by| {
            let (client, answers) = (client.clone(), &answers);
            scope.spawn(move || decide_on(&client, by, round, answers))
        });
        // How many decisions a disk manages in some milliseconds is its own affair: the first has time.
        let start = Instant::now();
        while answers.load(Ordering::Relaxed) == 0 && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(5 + (round as u64 * 37) % 60));
        // The deciders end when nobody answers: nothing may fail before this.
        server.end();
        deciders.into_iter().flat_map(|decider| decider.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(!acknowledged.is_empty(), "nothing was saved in {PATIENCE:?}");
    acknowledged
}

/// Decides until nobody answers, and counts the answers.
fn decide_on(client: &Client, by: &str, round: usize, answers: &AtomicUsize) -> Vec<(String, usize)> {
    let names = names();
    let mut acknowledged = Vec::new();
    for turn in 0.. {
        let note = format!("{by} {round} {turn}");
        let judgement = json!({ "verdict": "keep", "note": note });
        // Every third is a stroke of many.
        let count = if turn % 3 == 0 { names.len() } else { 1 };
        let tags: Vec<_> = (0..count).map(|at| tag(&names[(turn + at) % names.len()], Object)).collect();
        let body = decide(by, &tags.iter().collect::<Vec<_>>(), &judgement).to_string();
        match send(client.address, client.request("/api/decide", &body).as_bytes()) {
            Ok(answer) if answer.status == 200 => {
                acknowledged.push((note, count));
                answers.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => panic!("{answer:?}"),
            Err(_) => return acknowledged,
        }
    }
    acknowledged
}
