//! The program ends while the page is open, and is started again: nothing that was decided is lost,
//! and nothing gets into another's log.

mod support;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::devtools::Tab;
use support::page::{SAVED, TAGS, browser, own, push, shows, visit, with_suggestions, words};
use support::serving::{Serving, candidates, options, tag};
use tag_vocabulary::TagKind::Object;
use vocab_review::{Judgement, Verdict};

/// The program, started again at the address of before or anew.
fn start(folder: &Path, before: Option<SocketAddr>) -> Serving {
    before.into_iter().for_each(wait_until_free);
    let mut options = with_suggestions(options(folder, candidates(&TAGS)));
    options.listen = before.unwrap_or(options.listen);
    Serving::start(options)
}

/// A process that another test starts at this moment has the sockets of this one until it runs its own
/// program.
fn wait_until_free(address: SocketAddr) {
    let start = Instant::now();
    while TcpListener::bind(address).is_err() && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn trouble(tab: &Tab, words: &str) {
    tab.wait(&format!("!document.querySelector('#trouble').hidden && document.querySelector('#trouble').textContent.startsWith('{words}')"));
}

/// From the next page on this tab's browser has no locks.
fn lockless(tab: &Tab, extra: &str) {
    let source =
        format!("Object.defineProperty(Navigator.prototype, 'locks', {{ value: undefined }}); {extra}");
    tab.call("Page.addScriptToEvaluateOnNewDocument", serde_json::json!({ "source": source }));
}

/// For a page without locks: the tab called `first` is waited for if it is slow to answer; its answer
/// ends the wait.
const PATIENT: &str = "const later = window.setTimeout, waits = new Set();
    let asked = '';
    window.setTimeout = (done, time, ...more) => {
        if (time !== 400 || !asked.startsWith(first)) return later(done, time, ...more);
        const end = () => waits.delete(end) && done();
        waits.add(end);
        return later(end, 5000);
    };
    window.BroadcastChannel = class extends BroadcastChannel {
        postMessage(message) {
            if (message.asks) asked = message.name;
            super.postMessage(message);
        }
        set onmessage(hear) {
            super.onmessage = (event) => {
                hear(event);
                if (event.data.answers) waits.forEach((end) => end());
            };
        }
    };";
const WELL: &str = "document.querySelector('#trouble').hidden";

#[test]
fn an_open_page_notices_that_the_program_ended_and_goes_on_with_the_next() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = start(place.path(), None);
    let address = server.address;
    let tab = visit(&browser, &server, "anna");
    tab.press("k");
    tab.wait(SAVED);
    drop(server);
    // Noticed without a decision, and told what to do.
    trouble(&tab, "mine-tags does not answer.");
    assert!(words(&tab, "#trouble").contains("start it again and open the link it prints"));
    assert_eq!(words(&tab, "#saving"), "No answer");
    tab.press("d");
    shows(&tab, "kitchen");
    tab.press("n");
    tab.write("half a thought");
    tab.press("Enter");
    tab.wait("document.querySelector('#saving').textContent === 'Not saved: 1'");

    // Without being told a port the program comes back where it was.
    wait_until_free(address);
    let server = start(place.path(), None);
    assert_eq!(server.address, address, "the page would not find it");
    trouble(&tab, "mine-tags was started again.");
    assert_eq!(server.decisions(), 1, "the old page is not let in without the new link");
    let new = tab.beside(&server.url);
    new.wait("document.body.dataset.ready");
    tab.wait(WELL);
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("doggy", Object), "anna"), Some(Verdict::Drop.into()));
    tab.press("d");
    shows(&tab, "bicycel");
    tab.wait(SAVED);
    let noted = Judgement { note: Some("half a thought".to_owned()), ..Verdict::Drop.into() };
    assert_eq!(own(&server, &tag("kitchen", Object), "anna"), Some(noted));
    assert_eq!(server.decisions(), 3, "each once");
}

#[test]
fn what_a_closed_page_could_not_save_is_saved_by_the_next_of_the_same_annotator() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = start(place.path(), None);
    let address = server.address;
    let tab = visit(&browser, &server, "anna");
    tab.press("k");
    tab.wait(SAVED);
    drop(server);
    tab.press("d");
    tab.press("u");
    shows(&tab, "bicycel");
    tab.press("n");
    tab.write("a draft");
    tab.wait("document.querySelector('#saving').textContent === 'Not saved: 2'");
    wait_until_free(address);
    let server = start(place.path(), None);
    let rename = "document.cookie = 'review-annotator=bo; Path=/; SameSite=Strict'";
    tab.evaluate(rename);
    let other = tab.beside(&server.url);
    tab.close();
    // Under another name nothing of it is sent or shown.
    other.wait("document.body.dataset.ready");
    other.wait("document.querySelector('#who').textContent === 'bo' && document.querySelector('#queue-count').textContent === '10'");
    other.press("k");
    other.wait(SAVED);
    assert_eq!(server.decisions(), 2);
    other.evaluate(&rename.replace("bo;", "anna;"));
    other.reload();
    other.wait("document.querySelector('#live').textContent.startsWith('2 decisions of your last visit')");
    other.wait(SAVED);
    assert_eq!(server.decisions(), 4);
    assert_eq!(own(&server, &tag("doggy", Object), "anna"), Some(Verdict::Drop.into()));
    assert_eq!(own(&server, &tag("kitchen", Object), "anna"), Some(Verdict::Mute.into()));
    shows(&other, "bicycel");
    assert_eq!(other.evaluate("document.querySelector('#note').value"), "a draft");
    other.reload();
    other.wait(SAVED);
    assert_eq!(server.decisions(), 4, "they are saved once");
}

#[test]
fn decisions_for_one_log_do_not_get_into_another() {
    let Some(browser) = browser() else { return };
    let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = start(place.path(), None);
    let address = server.address;
    let tab = visit(&browser, &server, "anna");
    tab.press("k");
    tab.wait(SAVED);
    drop(server);
    tab.press("d");
    tab.wait("document.querySelector('#saving').textContent === 'Not saved: 1'");
    // Another review at the same address; then one whose log took the place of the first.
    let other = start(elsewhere.path(), Some(address));
    let kept = std::fs::read(place.path().join("decisions.jsonl")).unwrap();
    let new = tab.beside(&other.url);
    new.wait("document.body.dataset.ready");
    trouble(&tab, "mine-tags was started again with other candidates");
    push(&tab, "Load again");
    tab.wait("document.body.dataset.ready && document.querySelector('#queue-count').textContent === '10'");
    tab.wait(SAVED);
    assert_eq!(other.decisions(), 0);
    drop(other);
    std::fs::remove_file(place.path().join("decisions.jsonl")).unwrap();
    let replaced = start(place.path(), Some(address));
    replaced.client().decide("anna", &[&tag("tree", Object)], &serde_json::json!({ "verdict": "keep" }));
    let newer = tab.beside(&replaced.url);
    newer.wait("document.body.dataset.ready");
    newer.wait(SAVED);
    assert_eq!(replaced.decisions(), 1);
    drop(replaced);
    // Its own log is back.
    std::fs::write(place.path().join("decisions.jsonl"), kept).unwrap();
    let server = start(place.path(), Some(address));
    let last = tab.beside(&server.url);
    last.wait("document.body.dataset.ready");
    last.wait(SAVED);
    last.wait("document.querySelector('#queue-count').textContent === '8'");
    assert_eq!(own(&server, &tag("doggy", Object), "anna"), Some(Verdict::Drop.into()));
    assert_eq!(last.evaluate(WELL), Value::Bool(true));
}

/// A decision whose answer was lost, and which is undone before the program answers again.
#[test]
fn what_may_have_been_saved_is_undone_in_the_log_too() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = start(place.path(), None);
    let tab = visit(&browser, &server, "anna");
    let network = "window.mode = 'lossy'; (() => { const known = window.fetch; window.fetch = async (path, options) => {
            if (window.mode === 'off') throw new TypeError('off');
            const answer = await known(path, options);
            if (window.mode !== 'lossy' || path !== '/api/decide') return answer;
            window.mode = 'off';
            throw new TypeError('lost');
        }; })()";
    for (reload, key) in [(false, "k"), (true, "d")] {
        let before = server.decisions();
        tab.evaluate(network);
        tab.press(key);
        shows(&tab, "doggy");
        tab.wait("document.querySelector('#saving').textContent === 'Not saved: 1'");
        assert_eq!(server.decisions(), before + 1, "it reached the log");
        tab.press("z");
        shows(&tab, "dog");
        tab.wait("document.querySelector('.standing .verdict').textContent === 'undecided'");
        if reload {
            tab.reload();
        }
        tab.evaluate("window.mode = 'on'");
        tab.wait(SAVED);
        tab.wait(WELL);
        tab.wait("document.querySelector('.standing .verdict').textContent === 'undecided'");
        assert_eq!(own(&server, &tag("dog", Object), "anna"), None);
        assert_eq!(server.decisions(), before + 2);
    }
    // What never reached the program leaves nothing behind, not even the line about trouble.
    let before = server.decisions();
    tab.evaluate(network);
    tab.evaluate("window.mode = 'off'");
    tab.press("k");
    tab.wait("document.querySelector('#saving').textContent === 'Not saved: 1'");
    tab.press("z");
    tab.evaluate("window.mode = 'on'");
    tab.wait(WELL);
    tab.wait(SAVED);
    assert_eq!(server.decisions(), before);
    assert_eq!(tab.evaluate("document.querySelector('#redo').disabled"), Value::Bool(false));
}

/// Where the address is neither loopback nor https, browsers have no locks to tell open tabs from closed.
#[test]
fn without_locks_closed_tabs_are_taken_over_and_open_ones_are_not() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = start(place.path(), None);
    let first = visit(&browser, &server, "anna");
    let off = "const known = window.fetch; window.fetch = async (path, options) => {
            if (!window.isOn && options?.method === 'POST') throw new TypeError('off');
            return known(path, options);
        };";
    let unsaved = |tab: &Tab, count: usize| {
        tab.wait(&format!("document.querySelector('#saving').textContent === 'Not saved: {count}'"));
    };
    lockless(&first, off);
    first.reload();
    first.press("k");
    unsaved(&first, 1);
    // A copy of the tab, with what the browser keeps for a tab.
    let name = first.evaluate("sessionStorage.getItem('tab')");
    let copy = first.beside("about:blank");
    lockless(
        &copy,
        &format!(
            "sessionStorage.getItem('tab') ?? sessionStorage.setItem('tab', {name}); {off} const first = {name}; {PATIENT}"
        ),
    );
    copy.call("Page.navigate", serde_json::json!({ "url": server.url }));
    copy.wait("document.body.dataset.ready");
    assert_ne!(copy.evaluate("sessionStorage.getItem('tab')"), name);
    assert_eq!(words(&copy, "#queue-count"), "10", "what the open tab has is not taken");
    copy.press("f");
    copy.press("d");
    unsaved(&copy, 1);
    // A reload keeps its own; a closed tab's is taken over, once.
    copy.reload();
    unsaved(&copy, 1);
    let last = copy.beside("about:blank");
    lockless(&last, "");
    first.close();
    copy.close();
    last.call("Page.navigate", serde_json::json!({ "url": server.url }));
    last.wait("document.querySelector('#live').textContent.startsWith('2 decisions of your last visit')");
    last.wait(SAVED);
    assert_eq!(own(&server, &tag("dog", Object), "anna"), Some(Verdict::Keep.into()));
    assert_eq!(own(&server, &tag("doggy", Object), "anna"), Some(Verdict::Drop.into()));
    assert_eq!(server.decisions(), 2, "each once");
}

/// A tab that is kept from answering, and so taken for closed, learns of it: its decisions are saved once.
#[test]
fn without_locks_a_tab_that_was_silent_gives_up_what_was_taken_over() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = start(place.path(), None);
    let first = visit(&browser, &server, "anna");
    lockless(
        &first,
        "if (!sessionStorage.getItem('slow')) {
            sessionStorage.setItem('slow', 1);
            window.BroadcastChannel = class extends BroadcastChannel {
                set onmessage(hear) { super.onmessage = (event) => setTimeout(() => hear(event), 2500); }
            };
            const known = window.fetch;
            window.fetch = async (path, options) => {
                if (options?.method === 'POST') throw new TypeError('off');
                return known(path, options);
            };
        }",
    );
    first.reload();
    first.press("k");
    first.wait("document.querySelector('#saving').textContent === 'Not saved: 1'");
    let last = first.beside("about:blank");
    lockless(&last, "");
    first.evaluate("void (window.isOld = true)");
    last.call("Page.navigate", serde_json::json!({ "url": server.url }));
    last.wait("document.querySelector('#live').textContent.startsWith('1 decision of your last visit')");
    last.wait(SAVED);
    first.wait("!window.isOld && document.body.dataset.ready");
    first.wait(SAVED);
    assert_eq!(words(&first, "#queue-count"), "9");
    let tab = "sessionStorage.getItem('tab')";
    assert_ne!(first.evaluate(tab), last.evaluate(tab));
    last.reload();
    last.wait(SAVED);
    assert_eq!(server.decisions(), 1);
}
