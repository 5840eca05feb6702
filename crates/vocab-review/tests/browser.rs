//! The page in a headless Chromium, used by keyboard as annotators do.

mod support;

use serde_json::{Value, json};
use support::page::{SAVED, TAGS, browser, own, review, serve, shows, visit, words};
use support::serving::tag;
use tag_vocabulary::TagKind;
use tag_vocabulary::TagKind::Object;
use vocab_review::{Judgement, Verdict};

#[test]
fn everything_is_decided_undone_and_redone_by_keys() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    shows(&tab, "dog");
    tab.wait("document.querySelectorAll('.captions mark').length === 3");
    assert_eq!(words(&tab, ".captions li"), "a dog near a <b>fence</b>", "captions are text");
    assert_eq!(tab.evaluate("document.querySelectorAll('.captions b').length"), 0);

    tab.press("k");
    shows(&tab, "doggy");
    tab.press("m");
    tab.wait("document.querySelector('dialog.pick input') === document.activeElement");
    assert_eq!(words(&tab, ".pick li .name"), "dog", "its cluster is offered");
    tab.write("tre");
    tab.wait("document.querySelector('.pick li .name').textContent === 'tree'");
    tab.press("Enter");
    shows(&tab, "kitchen");
    tab.press("s");
    tab.press("k");
    shows(&tab, "bicycel");
    tab.press("r");
    tab.write("bicycle");
    tab.press("Enter");
    tab.press("k");
    shows(&tab, "idea");
    tab.press("n");
    tab.write("dkmu: <i>nothing</i> to see");
    tab.press("Enter");
    tab.press("d");
    shows(&tab, "one");
    tab.press("u");
    shows(&tab, "ride");
    tab.press("f");
    shows(&tab, "orange");
    tab.press("b");
    shows(&tab, "ride");
    tab.wait(SAVED);
    let judged: Vec<Option<Judgement>> =
        TAGS.iter().map(|&(name, kind)| own(&server, &tag(name, kind), "anna")).collect();
    let keep = Judgement::from(Verdict::Keep);
    let note = Some("dkmu: <i>nothing</i> to see".to_owned());
    let expected = [
        Some(keep.clone()),
        Some(Verdict::Merge { into: tag("tree", Object) }.into()),
        Some(Judgement { kind: Some(TagKind::Scene), ..keep.clone() }),
        Some(Judgement { rename: Some("bicycle".to_owned()), ..keep }),
        Some(Judgement { note, ..Verdict::Drop.into() }),
        Some(Verdict::Mute.into()),
    ];
    assert_eq!(judged[..6], expected);
    assert!(judged[6..].iter().all(Option::is_none));

    for name in ["one", "idea", "bicycel", "kitchen", "doggy", "dog"] {
        tab.press("z");
        shows(&tab, name);
        tab.wait("document.querySelector('.standing .verdict').textContent === 'undecided'");
    }
    assert_eq!(tab.evaluate("document.querySelector('#undo').disabled"), true);
    tab.reload();
    tab.wait("document.querySelector('#queue-count').textContent === '10'");
    tab.wait("!document.querySelector('#redo').disabled");
    for left in (4..10).rev() {
        tab.press("y");
        tab.wait(&format!("document.querySelector('#queue-count').textContent === '{left}'"));
    }
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("bicycel", Object), "anna"), expected[3]);
    // A judged tag is opened again, and its note is changed without a new verdict.
    tab.press("g");
    tab.wait("document.querySelector('dialog.pick input') === document.activeElement");
    tab.write("idea");
    tab.press("Enter");
    shows(&tab, "idea");
    tab.press("n");
    tab.write("unseen");
    tab.press("Enter");
    tab.wait(SAVED);
    tab.wait("document.querySelector('#note').value === 'unseen'");
    assert_eq!(own(&server, &tag("idea", Object), "anna").unwrap().note.as_deref(), Some("unseen"));
    tab.press("c");
    tab.wait("document.querySelector('#queue-count').textContent === '5'");
    tab.press("?");
    tab.wait("document.querySelector('dialog.keys').innerText.includes('Keep')");
    tab.press("k");
    tab.press("Escape");
    tab.wait("!document.querySelector('dialog')");
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("idea", Object), "anna"), None, "keys do nothing behind a window");
}

#[test]
fn many_are_found_and_judged_at_one_stroke() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    tab.press("k");
    shows(&tab, "doggy");
    tab.press("p");
    shows(&tab, "kitchen");
    tab.press("p");
    shows(&tab, "bicycel");
    tab.press("f");
    shows(&tab, "idea");
    tab.press("p");
    shows(&tab, "one");
    tab.wait(SAVED);
    let scene = Judgement { kind: Some(TagKind::Scene), ..Verdict::Keep.into() };
    assert_eq!(own(&server, &tag("kitchen", Object), "anna"), Some(scene));
    assert_eq!(own(&server, &tag("idea", Object), "anna"), Some(Verdict::Drop.into()));
    let into_dog = Judgement::from(Verdict::Merge { into: tag("dog", Object) });
    assert_eq!(own(&server, &tag("doggy", Object), "anna"), Some(into_dog.clone()));
    tab.press("3");
    tab.press("g");
    tab.wait("document.activeElement.id === 'search'");
    tab.write("orange");
    tab.wait("document.querySelectorAll('#table .row').length === 2");
    assert_eq!(words(&tab, "#table .found"), "2 of 10 tags");
    tab.evaluate("(() => { const who = document.querySelector('#table select'); who.value = 'attribute'; who.dispatchEvent(new Event('change')); })()");
    tab.wait("document.querySelectorAll('#table .row').length === 1");
    let clear = "[...document.querySelectorAll('#table button')].find((button) => button.textContent === 'Clear filters').click()";
    tab.evaluate(clear);
    tab.wait("document.querySelectorAll('#table .row').length === 10");
    tab.evaluate("document.querySelectorAll('#table .head button')[1].click()");
    tab.wait("document.querySelector('#table .row .of-name').textContent.startsWith('bicycel')");

    let judge = "[...document.querySelectorAll('#table button')].find((button) => button.textContent.startsWith('Judge all')).click()";
    tab.evaluate(judge);
    tab.click("dialog.many [value=drop]");
    tab.wait("document.querySelector('dialog.many [type=submit]').textContent === 'Drop: 6 tags'");
    assert_eq!(server.decisions(), 4, "nothing before it is confirmed");
    tab.click("dialog.many [type=submit]");
    tab.wait("document.querySelector('#queue-count').textContent === '0'");
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("tree", Object), "anna"), Some(Verdict::Drop.into()));
    assert_eq!(own(&server, &tag("doggy", Object), "anna"), Some(into_dog.clone()), "what was judged stays");
    tab.reload();
    tab.wait("document.querySelector('#queue-count').textContent === '0'");
    tab.press("z");
    tab.wait("document.querySelector('#queue-count').textContent === '6'");
    assert_eq!(own(&server, &tag("tree", Object), "anna"), None, "one undo takes all of it back");
    tab.press("3");
    tab.evaluate(judge);
    tab.click("dialog.many [value=merge]");
    tab.click("dialog.many [type=submit]");
    tab.wait("document.querySelector('dialog.pick input') === document.activeElement");
    tab.write("dog");
    tab.press("Enter");
    tab.wait("document.querySelector('dialog.many [type=submit]').textContent === 'Merge into dog: 6 tags'");
    tab.click("dialog.many [type=submit]");
    tab.wait("document.querySelector('#queue-count').textContent === '0'");
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("tree", Object), "anna"), Some(into_dog));
    tab.press("z");
    tab.wait("document.querySelector('#queue-count').textContent === '6'");
    tab.press("5");
    tab.wait("document.querySelector('#summary dd').textContent === '4 of 10'");
}

#[test]
fn two_annotators_disagree_and_a_third_settles_it() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let anna = visit(&browser, &server, "anna");
    let bo = visit(&browser, &server, "bo");
    anna.press("k");
    shows(&anna, "doggy");
    bo.wait("document.querySelector('.others')?.textContent.startsWith('1 other has judged this')");
    assert!(!words(&bo, ".others").contains("keep"), "bo is not swayed");
    bo.press("d");
    shows(&bo, "doggy");
    bo.press("b");
    shows(&bo, "dog");
    bo.wait("document.querySelector('.others').textContent.includes('annakeep')");
    anna.wait("document.querySelector('#disputed-count').textContent === '1'");

    let cy = visit(&browser, &server, "cy");
    cy.press("4");
    cy.wait("document.querySelector('#disagreements .note').textContent.startsWith('1 more')");
    assert_eq!(cy.evaluate("document.querySelectorAll('#disagreements .row').length"), 0);
    cy.click("#disagreements [type=checkbox]");
    cy.wait("document.querySelectorAll('#disagreements .row').length === 1");
    shows(&cy, "dog");
    assert!(words(&cy, ".others").contains("annakeep") && words(&cy, ".others").contains("bodrop"));
    cy.press("u");
    cy.wait("document.querySelector('#disputed-count').textContent === ''");
    cy.wait(SAVED);
    let dog = tag("dog", Object);
    assert_eq!(review(&server).adjudication(&dog), Some(&Verdict::Mute.into()));
    assert_eq!(own(&server, &dog, "cy"), None, "to settle is not to vote");
    cy.press("z");
    cy.wait("document.querySelector('#disputed-count').textContent === '1'");
    cy.click(".others li button");
    cy.wait("document.querySelector('#disputed-count').textContent === ''");
    assert_eq!(review(&server).adjudication(&dog), Some(&Verdict::Keep.into()));
    anna.press("5");
    anna.wait("document.querySelector('#summary').innerText.includes('Cohen’s κ, anna and bo')");
    // The name stays when the page is opened again.
    anna.reload();
    anna.wait("document.querySelector('#who').textContent === 'anna'");
    shows(&anna, "doggy");
}

#[test]
fn what_curate_would_leave_out_is_listed() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let anna = visit(&browser, &server, "anna");
    anna.press("m");
    anna.wait("document.querySelector('dialog.pick input') === document.activeElement");
    anna.write("tre");
    anna.wait("document.querySelector('.pick li .name').textContent === 'tree'");
    anna.press("Enter");
    shows(&anna, "doggy");
    anna.wait(SAVED);
    let bo = visit(&browser, &server, "bo");
    bo.press("5");
    bo.wait(
        "document.querySelector('#summary').innerText.includes('1 judged tag, 1 of them by what others say')",
    );
    assert_eq!(bo.evaluate("document.querySelectorAll('.left-out li').length"), 0, "bo is not swayed");

    anna.press("5");
    anna.wait("document.querySelector('.left-out li')");
    let row = "merged into tree (object), which nobody has judged:dog (object)";
    assert_eq!(words(&anna, ".left-out li"), row);
    anna.click(".left-out .tags button");
    shows(&anna, "dog");
    anna.press("b");
    anna.wait("document.activeElement === document.querySelector('.left-out .tags button')");
    // A summary that is open follows what others do, and keeps the focus.
    let cy = server.client();
    cy.decide("cy", &[&tag("doggy", Object)], &json!({ "verdict": "keep" }));
    anna.wait("document.querySelector('#summary').innerText.includes('would find 1 tag,')");
    assert_eq!(
        anna.evaluate("document.activeElement === document.querySelector('.left-out .tags button')"),
        true
    );
    cy.decide("cy", &[&tag("tree", Object)], &json!({ "verdict": "keep" }));
    anna.wait("document.querySelector('#summary').innerText.includes('would find 2 tags,')");
    assert_eq!(anna.evaluate("document.querySelectorAll('.left-out').length"), 0);
    assert_eq!(anna.evaluate("document.activeElement.textContent"), "The vocabulary by now");
    bo.wait("document.querySelector('#summary').innerText.includes('would find 2 tags,')");
}

#[test]
fn what_is_not_saved_is_said_so_and_kept() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    let connect = |offline: bool| {
        let network =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        tab.call("Network.emulateNetworkConditions", network);
    };
    tab.call("Network.enable", json!({}));
    connect(true);
    tab.press("k");
    shows(&tab, "doggy");
    tab.press("d");
    shows(&tab, "kitchen");
    tab.press("d");
    shows(&tab, "bicycel");
    tab.wait("document.querySelector('#saving').textContent === 'Not saved: 3'");
    assert_eq!(tab.evaluate("document.querySelector('#trouble').hidden"), false);
    tab.press("b");
    tab.wait("document.querySelector('.standing').textContent.includes('not saved yet')");
    tab.press("z");
    tab.wait("document.querySelector('#saving').textContent === 'Not saved: 2'");
    assert_eq!(server.decisions(), 0);
    // The page may notice by itself before the click, and take the button away.
    tab.evaluate("void (window.again = document.querySelector('#trouble button'))");
    connect(false);
    tab.evaluate("window.again.click()");
    tab.wait(SAVED);
    assert_eq!(server.decisions(), 2);
    assert_eq!(own(&server, &tag("doggy", Object), "anna"), Some(Verdict::Drop.into()));
    assert_eq!(tab.evaluate("document.querySelector('#trouble').hidden"), Value::Bool(true));
    // A reload finds what could not be saved before.
    connect(true);
    tab.press("k");
    tab.wait("document.querySelector('#saving').textContent === 'Not saved: 1'");
    connect(false);
    tab.reload();
    tab.wait(SAVED);
    tab.wait("document.querySelector('#queue-count').textContent === '7'");
    assert_eq!(server.decisions(), 3);
    // What the program refuses comes back to its fields.
    tab.press("r");
    tab.write("Big Tree");
    tab.press("Enter");
    let before = words(&tab, "#card h1 .name");
    tab.press("k");
    tab.wait("document.querySelector('#live').textContent.includes('not in lower case')");
    shows(&tab, &before);
    assert_eq!(tab.evaluate("document.querySelector('#rename').value"), "Big Tree");
    assert_eq!(server.decisions(), 3);
}

/// Captions that were asked for ahead, and come when their tag is shown already, are shown.
#[test]
fn captions_that_come_late_are_drawn() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    let slow = "const known = window.fetch;
        const held = new Promise((done) => { window.release = done; });
        window.fetch = async (path, options) => {
            if (path.startsWith('/api/examples')) await held;
            return known(path, options);
        };";
    tab.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": slow }));
    tab.reload();
    shows(&tab, "dog");
    tab.press("f");
    shows(&tab, "doggy");
    assert_eq!(words(&tab, "#card .captions"), "…", "they are on their way");
    tab.evaluate("window.release()");
    tab.wait("document.querySelector('#card .captions mark').textContent === 'doggy'");
}
