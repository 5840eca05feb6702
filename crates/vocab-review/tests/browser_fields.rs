//! What is typed, which keys act, and what verdicts are about.

mod support;

use serde_json::{Value, json};
use support::page::{SAVED, browser, choose, own, push, review, serve, shows, visit, words};
use support::serving::tag;
use tag_vocabulary::TagKind::{self, Attribute, Object};
use vocab_review::{Judgement, Verdict};

/// Undo, or a click on another tag, may lead from a disagreement to what nobody disagrees about.
#[test]
fn verdicts_settle_disagreements_alone() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let (dog, doggy) = (tag("dog", Object), tag("doggy", Object));
    let tab = visit(&browser, &server, "anna");
    let client = server.client();
    tab.press("f");
    shows(&tab, "doggy");
    tab.press("d");
    shows(&tab, "kitchen");
    tab.wait(SAVED);
    tab.press("4");
    tab.press("z");
    shows(&tab, "doggy");
    tab.press("k");
    tab.wait("document.querySelector('#queue-count').textContent === '9'");
    tab.wait(SAVED);
    assert_eq!(review(&server).adjudication(&doggy), None);
    assert_eq!(own(&server, &doggy, "anna"), Some(Verdict::Keep.into()));
    // The other tag of a cluster on a disagreement's card.
    client.decide("anna", &[&dog], &json!({ "verdict": "keep", "kind": "scene" }));
    client.decide("hal", &[&dog], &json!({ "verdict": "keep" }));
    tab.wait("document.querySelector('#disputed-count').textContent === '1'");
    tab.press("4");
    shows(&tab, "dog");
    assert_eq!(
        words(&tab, "#disagreements .voices"),
        "youkeep as dog (scene)halkeep",
        "what differs is shown"
    );
    tab.click("#card .member:not([disabled])");
    shows(&tab, "doggy");
    assert_eq!(tab.evaluate("document.querySelector('.mode').hidden"), true);
    tab.press("d");
    tab.wait(SAVED);
    tab.wait("document.querySelector('main').dataset.view === 'queue'");
    assert_eq!(review(&server).adjudication(&doggy), None);
    // A settlement that outlives the disagreement is found and taken back.
    tab.press("4");
    shows(&tab, "dog");
    tab.press("d");
    tab.wait("document.querySelector('#disputed-count').textContent === ''");
    tab.wait(SAVED);
    client.decide("hal", &[&dog], &json!({ "verdict": "keep", "kind": "scene" }));
    choose(&tab, "#disagreements select", "settled");
    tab.wait("document.querySelector('#disagreements .row .detail').textContent === 'settled, agreed since'");
    tab.click("#disagreements .row");
    shows(&tab, "dog");
    tab.press("c");
    tab.wait("document.querySelectorAll('#disagreements .row').length === 0");
    tab.wait(SAVED);
    assert_eq!(review(&server).adjudication(&dog), None);
    assert_eq!(review(&server).judgements(&dog).count(), 2);
}

/// A new name for a dropped tag waits for a verdict that keeps it; a note that is not saved says so.
#[test]
fn what_was_typed_is_kept_until_it_counts() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    let hint = |words: &str| {
        tab.wait(&format!("document.querySelector('.hint').textContent.startsWith({})", json!(words)));
    };
    tab.press("d");
    shows(&tab, "doggy");
    tab.press("b");
    shows(&tab, "dog");
    tab.press("r");
    tab.write("hound");
    tab.press("Enter");
    tab.press("s");
    hint("Name and kind are saved when you keep or mute it.");
    tab.wait(SAVED);
    assert_eq!(server.decisions(), 1);
    tab.press("k");
    shows(&tab, "doggy");
    tab.wait(SAVED);
    let renamed = Judgement {
        rename: Some("hound".to_owned()),
        kind: Some(TagKind::Scene),
        ..Judgement::from(Verdict::Keep)
    };
    assert_eq!(own(&server, &tag("dog", Object), "anna"), Some(renamed.clone()));

    tab.press("b");
    shows(&tab, "dog");
    tab.press("n");
    tab.write("half");
    hint("Not saved yet");
    tab.reload();
    tab.press("g");
    tab.write("dog");
    tab.press("Enter");
    shows(&tab, "dog");
    assert_eq!(tab.evaluate("document.querySelector('#note').value"), "half");
    hint("Not saved yet");
    tab.press("n");
    tab.press("Enter");
    hint("");
    tab.wait("document.querySelector('.hint').textContent === ''");
    tab.wait(SAVED);
    let noted = Judgement { note: Some("half".to_owned()), ..renamed };
    assert_eq!(own(&server, &tag("dog", Object), "anna"), Some(noted));
}

/// What one tab has saved is no draft of another any more.
#[test]
fn a_draft_of_another_tab_does_not_overwrite_a_newer_note() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let first = visit(&browser, &server, "anna");
    first.press("n");
    first.write("old");
    let second = first.beside(&server.url);
    second.wait("document.body.dataset.ready && document.querySelector('#note').value === 'old'");
    first.press("Escape");
    first.press("n");
    first.write("newer");
    first.press("Enter");
    first.press("k");
    first.wait(SAVED);
    second.wait("document.querySelector('#note').value === 'newer'");
    second.wait("document.querySelector('.standing').textContent.includes('keep')");
    second.press("s");
    second.wait(SAVED);
    second.wait("document.querySelector('.standing').textContent.includes('scene')");
    second.wait(SAVED);
    let dog = own(&server, &tag("dog", Object), "anna").unwrap();
    assert_eq!((dog.note.as_deref(), dog.kind), (Some("newer"), Some(TagKind::Scene)));
}

#[test]
fn keys_act_after_a_choice_and_whatever_caps_lock_says() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    // With Caps Lock, Shift gives the small letter.
    let key = json!({ "type": "keyDown", "key": "t", "code": "KeyT", "text": "t", "modifiers": 8 });
    tab.call("Input.dispatchKeyEvent", key);
    shows(&tab, "one");
    assert_eq!(tab.evaluate("document.querySelector('#queue select').value"), "attribute");
    // Chosen by the mouse; by arrows there may be more to come.
    tab.evaluate("document.querySelector('#queue select').focus()");
    tab.press("ArrowDown");
    tab.wait("document.activeElement === document.querySelector('#queue select')");
    tab.evaluate(
        "document.querySelector('#queue select').dispatchEvent(new Event('pointerdown', { bubbles: true }))",
    );
    let change = "(() => { const select = document.querySelector('#queue select'); select.value = 'attribute'; select.dispatchEvent(new Event('change', { bubbles: true })); })()";
    tab.evaluate(change);
    tab.wait("document.activeElement === document.body");
    shows(&tab, "one");
    tab.press("k");
    shows(&tab, "orange");
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("one", Attribute), "anna"), Some(Verdict::Keep.into()));
    // Among the undecided, forward goes on from where the judged one was.
    tab.press("3");
    choose(&tab, "#table [aria-label=Verdict]", "undecided");
    for _ in 0..2 {
        tab.press("f");
    }
    shows(&tab, "kitchen");
    tab.press("d");
    shows(&tab, "bicycel");
    tab.press("b");
    shows(&tab, "kitchen");
    tab.press("f");
    shows(&tab, "bicycel");
}

/// A name that the program would refuse is asked for again.
#[test]
fn a_name_that_is_none_is_asked_for_again() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    for name in ["%E0%A4%A", &"x".repeat(65), "%20bo", "a%00b"] {
        tab.evaluate(&format!("document.cookie = 'review-annotator={name}; Path=/; SameSite=Strict'"));
        tab.evaluate("void (window.isOld = true)");
        tab.call("Page.reload", json!({}));
        tab.wait("!window.isOld && document.activeElement.id === 'name'");
        assert_eq!(tab.evaluate("document.querySelector('#name').value"), "");
    }
    // Marks of direction stay with the name.
    tab.write("\u{202e}evil");
    tab.press("Enter");
    tab.wait("document.body.dataset.ready");
    assert_eq!(tab.evaluate("document.querySelector('#who bdi').textContent"), "\u{202e}evil");
}

/// A key is about the tag that an undo leads to, however fast it is pressed.
#[test]
fn verdicts_wait_for_an_undo() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    tab.press("d");
    shows(&tab, "doggy");
    tab.press("f");
    shows(&tab, "kitchen");
    tab.wait(SAVED);
    // The page's clock goes slowly: keys wait for a second, and a disk may take longer.
    let slow = "(() => { const start = Date.now(), now = Date.now.bind(Date);
        Date.now = () => start + (now() - start) / 50;
        const known = window.fetch;
        window.fetch = async (path, options) => {
            if (path === '/api/undo') await new Promise((done) => setTimeout(done, 300));
            return known(path, options);
        }; })()";
    tab.evaluate(slow);
    tab.press("z");
    tab.press("k");
    shows(&tab, "doggy");
    tab.wait("document.querySelector('#queue-count').textContent === '9'");
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("dog", Object), "anna"), Some(Verdict::Keep.into()));
    assert_eq!(own(&server, &tag("kitchen", Object), "anna"), None);
}

/// What is judged while the window of many is open stays out, and the tag to merge into can be changed.
#[test]
fn a_stroke_is_what_its_window_says_when_it_is_confirmed() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    tab.press("3");
    push(&tab, "Judge all");
    let pick = |name: &str| {
        tab.wait("document.querySelector('dialog.pick input') === document.activeElement");
        tab.write(name);
        tab.press("Enter");
    };
    tab.click("dialog.many [value=merge]");
    tab.click("dialog.many [type=submit]");
    pick("tree");
    tab.wait("document.querySelector('dialog.many [type=submit]').textContent === 'Merge into tree: 9 tags'");
    push(&tab, "Into tree (object): choose another");
    pick("kitchen");
    let says = "document.querySelector('dialog.many [type=submit]').textContent === 'Merge into kitchen:";
    tab.wait(&format!("{says} 9 tags'"));
    server.client().decide("anna", &[&tag("dog", Object)], &json!({ "verdict": "keep" }));
    tab.wait(&format!("{says} 8 tags'"));
    tab.click("dialog.many [type=submit]");
    tab.wait("document.querySelector('#queue-count').textContent === '1'");
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("dog", Object), "anna"), Some(Verdict::Keep.into()));
    let into = Judgement::from(Verdict::Merge { into: tag("kitchen", Object) });
    assert_eq!(own(&server, &tag("tree", Object), "anna"), Some(into));
    assert_eq!(tab.evaluate("document.querySelector('dialog')"), Value::Null);
}
