//! Decisions through the server: several annotators, undo and redo, and a log that cannot be
//! written.

mod support;

use serde_json::{Value, json};
use support::serving::{Client, Serving, candidates, decide, open, options, tag};
use tag_vocabulary::Tag;
use tag_vocabulary::TagKind::Object;
use vocab_review::{Annotator, Review};

#[cfg(unix)]
const FOLDER: &str = "VOCAB_REVIEW_FULL_SERVER";
const NAMES: [&str; 6] = ["dog", "cat", "kitchen", "tree", "idea", "horse"];

fn serve(place: &tempfile::TempDir) -> Serving {
    Serving::start(options(place.path(), candidates(&NAMES.map(|name| (name, Object)))))
}

/// What an annotator is told of a tag.
fn told(changes: &Value, place: usize) -> &Value {
    changes["tags"].as_array().unwrap().iter().find(|tag| tag["at"] == place).unwrap_or(&Value::Null)
}

fn review(client: &Client, annotator: &str) -> Value {
    client.get(&format!("/api/review?annotator={annotator}&since=0")).json()
}

#[test]
fn others_are_not_heard_before_one_has_judged() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let client = server.client();
    let dog = tag("dog", Object);
    client.decide("anna", &[&dog], &json!({ "verdict": "keep", "note": "plain" }));
    client.decide("cy", &[&dog], &json!({ "verdict": "mute" }));
    let before = review(&client, "bo");
    assert_eq!(told(&before, 0)["others"], json!([{ "by": "anna" }, { "by": "cy" }]));
    assert!(told(&before, 0).get("outcome").is_none() && told(&before, 0)["disputed"] == true);
    let revealed = client.get("/api/review?annotator=bo&since=0&reveal=true").json();
    assert_eq!(told(&revealed, 0)["others"][0]["judgement"]["note"], "plain");

    let after =
        client.decide("bo", &[&dog], &json!({ "verdict": "mute", "kind": "object", "rename": "dog" }));
    assert_eq!(told(&after, 0)["own"], json!({ "verdict": "mute" }), "what changes nothing is left out");
    assert_eq!(told(&after, 0)["others"][1]["judgement"], json!({ "verdict": "mute" }));
    assert_eq!(told(&after, 0)["outcome"], "mute");
    let undone = client.step("/api/undo", "bo").json();
    assert_eq!(told(&undone, 0)["others"], json!([{ "by": "anna" }, { "by": "cy" }]), "hidden again");

    let mut settle = decide("bo", &[&dog], &json!({ "verdict": "drop" }));
    settle["adjudicates"] = true.into();
    assert_eq!(client.post("/api/decide", &settle).status, 200);
    assert_eq!(told(&review(&client, "anna"), 0)["outcome"], "drop");
    let summary = client.get("/api/summary?annotator=anna").json();
    assert_eq!(summary["outcomes"]["object"], json!({ "drop": 1, "undecided": 5 }));
    assert_eq!(summary["cohen"][0]["agreement"]["all"]["tags"], 1);
    assert_eq!(summary["vocabulary"], json!({ "tags": 0, "left_out": [], "unheard": 0 }));
}

/// What a vocabulary would leave out is told to everyone, but not why if that is others' verdict on
/// a tag that one has not judged.
#[test]
fn nobody_is_swayed_by_what_is_left_out() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let client = server.client();
    let [dog, cat, kitchen, tree, idea, horse] = NAMES.map(|name| tag(name, Object));
    let into = |tag: &Tag| json!({ "verdict": "merge", "into": tag });
    client.decide("bo", &[&cat], &into(&dog));
    let outlook = |who: &str| {
        let summary = client.get(&format!("/api/summary?annotator={who}")).json();
        (summary["vocabulary"]["left_out"].clone(), summary["vocabulary"]["unheard"].clone())
    };
    let lost = |cause: &str, target: usize, tags: &[usize]| {
        let reason = format!("merged into {}/object, which {cause}", NAMES[target]);
        json!({ "reason": reason, "target": { "at": target, "cause": cause }, "tags": tags })
    };
    assert_eq!(outlook("bo"), (json!([lost("nobody has judged", 0, &[1])]), 0.into()));
    assert_eq!(outlook("cy"), (json!([]), 1.into()));

    // A verdict, a chain and a circle that others close.
    client.decide("anna", &[&dog], &json!({ "verdict": "drop" }));
    client.decide("bo", &[&kitchen], &into(&tree));
    client.decide("anna", &[&tree], &into(&idea));
    client.decide("bo", &[&horse], &into(&kitchen));
    assert_eq!(outlook("bo"), (json!([]), 4.into()));
    client.decide("anna", &[&idea], &into(&horse));
    assert_eq!(outlook("bo"), (json!([]), 5.into()));
    assert_eq!(outlook("anna"), (json!([]), 5.into()));
    let circle = json!({ "reason": "its merges lead round in a circle", "tags": [2, 3, 4, 5] });
    assert_eq!(outlook("bo&reveal=true"), (json!([lost("is dropped", 0, &[1]), circle]), 0.into()));
    client.decide("bo", &[&dog], &json!({ "verdict": "drop", "note": "so do I" }));
    assert_eq!(outlook("bo"), (json!([lost("is dropped", 0, &[1])]), 4.into()));
}

/// The log of an earlier corpus merges into a tag that this one lacks.
#[test]
fn what_is_merged_into_a_vanished_tag_can_have_a_note() {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("decisions.jsonl");
    let merge = |note: &str| json!({ "verdict": "merge", "into": tag("hound", Object), "note": note });
    {
        let earlier =
            Serving::start(options(place.path(), candidates(&[("dog", Object), ("hound", Object)])));
        earlier.client().decide("anna", &[&tag("dog", Object)], &merge("one"));
    }
    let server = serve(&place);
    let client = server.client();
    client.decide("anna", &[&tag("dog", Object)], &merge("two"));
    let refused = client.post("/api/decide", &decide("anna", &[&tag("cat", Object)], &merge("three")));
    assert_eq!(refused.status, 422);
    assert!(std::fs::read_to_string(log).unwrap().contains("two"));
}

#[test]
fn two_annotators_at_once_lose_nothing() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    std::thread::scope(|scope| {
        for (name, verdict) in [("anna", "keep"), ("bo", "drop")] {
            let client = server.client();
            scope.spawn(move || {
                for turn in 0..60 {
                    let verdict = if turn < 54 && turn % 2 == 0 { "mute" } else { verdict };
                    client.decide(name, &[&tag(NAMES[turn % 6], Object)], &json!({ "verdict": verdict }));
                }
            });
        }
    });
    assert_eq!(server.decisions(), 120);
    let client = server.client();
    for (name, verdict) in [("anna", "keep"), ("bo", "drop")] {
        let all = review(&client, name);
        assert!((0..6).all(|at| told(&all, at)["own"]["verdict"] == verdict), "{all}");
        assert!((0..6).all(|at| told(&all, at)["disputed"] == true));
    }
}

/// Every state on the way back and forth, also by a server that was started anew.
#[test]
fn undo_and_redo_have_no_limit_and_outlive_the_server() {
    let place = tempfile::tempdir().unwrap();
    let tags = NAMES.map(|name| tag(name, Object));
    let all: Vec<_> = tags.iter().collect();
    let steps = [
        (&all[0..1], json!({ "verdict": "keep" })),
        (&all[0..1], json!({ "verdict": "drop", "note": "why" })),
        (&all[0..1], json!({ "verdict": "drop", "note": "why not" })),
        (&all[2..3], json!({ "verdict": "keep", "kind": "scene", "rename": "kitchen room" })),
        (&all[1..6], json!({ "verdict": "mute" })),
        (&all[3..4], Value::Null),
        (&all[5..6], json!({ "verdict": "merge", "into": tags[0] })),
    ];
    let own = |client: &Client| -> Vec<Value> {
        let changes = review(client, "anna");
        (0..6).map(|at| told(&changes, at)["own"].clone()).collect()
    };
    let mut states = Vec::new();
    {
        let server = serve(&place);
        let client = server.client();
        states.push(own(&client));
        for (tags, judgement) in &steps {
            client.decide("anna", tags, judgement);
            client.decide("bo", &all[0..1], &json!({ "verdict": "keep" }));
            states.push(own(&client));
        }
        for state in states.iter().rev().skip(1).take(3) {
            assert_eq!(client.step("/api/undo", "anna").status, 200);
            assert_eq!(own(&client), *state);
        }
    }
    let server = serve(&place);
    let client = server.client();
    assert_eq!(own(&client), states[4]);
    for state in states[..4].iter().rev() {
        assert_eq!(client.step("/api/undo", "anna").status, 200);
        assert_eq!(own(&client), *state);
    }
    assert_eq!(client.step("/api/undo", "anna").status, 422);
    for (number, state) in states[1..].iter().enumerate() {
        let answer = client.step("/api/redo", "anna");
        assert_eq!((answer.status, answer.json()["undo"].as_u64()), (200, Some(number as u64 + 1)));
        assert_eq!(own(&client), *state);
    }
    assert_eq!(client.step("/api/redo", "anna").status, 422);
    // A new decision ends what could be redone.
    client.step("/api/undo", "anna");
    client.decide("anna", &all[4..5], &json!({ "verdict": "drop" }));
    assert_eq!(client.step("/api/redo", "anna").status, 422);
    assert_eq!(told(&review(&client, "bo"), 0)["own"]["verdict"], "keep");
}

/// Undoing one's own settlement does not undo another's that came later.
#[test]
fn anothers_settlement_is_not_undone() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let client = server.client();
    let settle = |by: &str, verdict: &str| {
        let mut body = decide(by, &[&tag("dog", Object)], &json!({ "verdict": verdict }));
        body["adjudicates"] = true.into();
        assert_eq!(client.post("/api/decide", &body).status, 200);
    };
    for (by, verdict) in [("dee", "keep"), ("eve", "drop")] {
        client.decide(by, &[&tag("dog", Object)], &json!({ "verdict": verdict }));
    }
    settle("anna", "drop");
    settle("bo", "keep");
    assert_eq!(client.step("/api/undo", "anna").status, 422);
    assert_eq!(client.step("/api/undo", "bo").status, 200);
    let (log, _) = {
        let path = server.log.clone();
        drop(server);
        open(&path)
    };
    let review = Review::of(log.decisions());
    assert_eq!(review.adjudication(&tag("dog", Object)).unwrap().verdict.as_str(), "drop");
    assert!(review.judgement(&tag("dog", Object), &Annotator::new("anna").unwrap()).is_none());
}

/// Only a disagreement can be settled. A settlement that outlives it can be seen, and taken back once.
#[test]
fn what_nobody_disagrees_about_is_not_settled() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let client = server.client();
    let (dog, cat) = (tag("dog", Object), tag("cat", Object));
    let settle = |tags: &[&Tag], judgement: Value| {
        let mut body = decide("hal", tags, &judgement);
        body["adjudicates"] = true.into();
        client.post("/api/decide", &body)
    };
    client.decide("ivy", &[&dog, &cat], &json!({ "verdict": "keep" }));
    let refused = settle(&[&dog], json!({ "verdict": "drop" }));
    assert_eq!(refused.status, 422);
    assert!(refused.json()["error"].as_str().unwrap().contains("nobody disagrees about dog/object"));
    client.decide("hal", &[&dog], &json!({ "verdict": "drop" }));
    assert_eq!(settle(&[&dog, &cat], json!({ "verdict": "drop" })).status, 422, "one of them is agreed on");
    assert_eq!(settle(&[&dog], json!({ "verdict": "drop" })).status, 200);
    client.decide("hal", &[&dog], &json!({ "verdict": "keep" }));
    let state = review(&client, "ivy");
    assert!(told(&state, 0)["settled"] == true && told(&state, 0).get("disputed").is_none(), "{state}");
    assert_eq!(told(&state, 0)["outcome"], "drop", "what was settled holds until that is taken back");
    assert_eq!(settle(&[&dog], json!({ "verdict": "mute" })).status, 200, "and can be settled otherwise");
    assert_eq!(settle(&[&dog], Value::Null).status, 200);
    assert_eq!(told(&review(&client, "ivy"), 0)["outcome"], "keep");
    assert_eq!(settle(&[&dog], Value::Null).status, 422);
}

/// A step of which the page does not know whether it was made is taken back if it was.
#[test]
fn a_withdrawn_step_is_undone_if_it_was_made_and_nothing_is_taken_back_twice() {
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let client = server.client();
    let (dog, cat) = (tag("dog", Object), tag("cat", Object));
    let keep = json!({ "verdict": "keep", "note": " why " });
    let withdraw = |tags: &[&Tag]| {
        let mut body = decide("anna", tags, &keep);
        body["withdrawn"] = true.into();
        let answer = client.post("/api/decide", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    client.decide("anna", &[&cat], &keep);
    assert_eq!(withdraw(&[&dog]).get("stroke"), None, "it was never made");
    client.decide("anna", &[&dog, &cat], &keep);
    assert_eq!(withdraw(&[&cat, &dog])["stroke"], json!([0]), "the cat was kept before");
    assert_eq!(withdraw(&[&cat, &dog]).get("stroke"), None, "it was taken back");
    assert_eq!(server.decisions(), 4);
    // Where nothing was said nothing is taken back.
    let cleared = client.decide("anna", &[&dog, &cat], &Value::Null);
    assert_eq!(cleared["stroke"], json!([1]));
    assert_eq!(server.decisions(), 5);
}

/// A page that shows other candidates, or was opened for another log, changes nothing.
#[test]
fn pages_of_another_edition_are_refused() {
    let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(&place);
    let client = server.client();
    let empty = review(&client, "anna")["edition"].clone();
    client.decide("anna", &[&tag("dog", Object)], &json!({ "verdict": "keep" }));
    let edition = review(&client, "anna")["edition"].as_str().unwrap().to_owned();
    let other = serve(&elsewhere);
    let foreign = review(&other.client(), "anna")["edition"].clone();
    let replaced = format!("{}.{}", edition.split('.').next().unwrap(), vocab_review::DecisionId::new());
    for (known, status) in
        [(json!(edition), 200), (empty, 200), (json!(replaced), 409), (foreign, 409), (json!(""), 409)]
    {
        let before = server.logged();
        let mut body = decide("anna", &[&tag("cat", Object)], &json!({ "verdict": "drop" }));
        body["edition"] = known.clone();
        let step = json!({ "annotator": "anna", "since": 0, "edition": known });
        let query = format!("/api/review?annotator=anna&since=0&edition={}", known.as_str().unwrap());
        assert_eq!(client.get(&query).status, status, "{known}");
        assert_eq!(client.post("/api/decide", &body).status, status, "{known}");
        assert_eq!(client.post("/api/undo", &step).status, status, "{known}");
        assert_eq!(client.post("/api/redo", &step).status, status, "{known}");
        assert_eq!(server.logged() == before, status == 409, "{known}");
    }
}

/// The server of the test below: this test program, started again with a limit on files.
#[cfg(unix)]
#[test]
#[ignore = "runs until it is killed"]
fn serve_with_little_room() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let all = candidates(&NAMES.map(|name| (name, Object)));
    let server = vocab_review::web::ReviewServer::bind(options(std::path::Path::new(&folder), all)).unwrap();
    println!("{}", server.url());
    server.run(|| false).unwrap();
}

/// A disk that is full part of the way through a stroke.
#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_not_said_to_be_saved() {
    use std::io::{BufRead, BufReader};

    use support::serving::Killed;

    let place = tempfile::tempdir().unwrap();
    // 8 blocks of 512 or 1,024 bytes.
    let limited =
        "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact serve_with_little_room --ignored --nocapture";
    let server = std::process::Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, place.path())
        .stdout(std::process::Stdio::piped())
        // Who reads this test's errors to the end would wait for the server's end too.
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Killed(server);
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let url = lines.find_map(|line| Some(line.unwrap().split_once("http://")?.1.to_owned())).unwrap();
    let client = Client::of(&format!("http://{url}"));
    let tags = NAMES.map(|name| tag(name, Object));
    let mut saved = 0;
    let refused = loop {
        let judgement = json!({ "verdict": "keep", "note": format!("{saved} {}", "x".repeat(200)) });
        let answer =
            client.post("/api/decide", &decide("anna", &tags.iter().collect::<Vec<_>>(), &judgement));
        if answer.status != 200 {
            break answer;
        }
        saved += 1;
        assert!(saved < 100);
    };
    assert_eq!(refused.status, 507, "{refused:?}");
    assert!(refused.json()["error"].as_str().unwrap().contains("cannot be written"));
    let all = review(&client, "anna");
    assert!(told(&all, 0)["own"]["note"].as_str().unwrap().starts_with(&format!("{} ", saved - 1)));
    server.end();
    let (log, aside) = open(&place.path().join("decisions.jsonl"));
    assert_eq!((log.decisions().len(), aside), (saved * NAMES.len(), None), "nothing half-written is left");
}
