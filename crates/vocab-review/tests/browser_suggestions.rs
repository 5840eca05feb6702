//! Suggestions on the page: several about one tag, and a walk through all of them.

mod support;

use serde_json::json;
use support::devtools::Tab;
use support::page::{
    SAVED, TAGS, browser, choose, own, push, serve, serve_near, shows, visit, with_suggestions, words,
};
use support::serving::{Serving, candidates, options, tag};
use tag_vocabulary::TagKind;
use tag_vocabulary::TagKind::{Attribute, Object};
use vocab_review::{Judgement, Verdict};

const MARKED: &str = "document.querySelector('.proposal.marked strong').textContent";

#[test]
fn each_of_several_suggestions_is_reached_by_key() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve_near(&place);
    let tab = visit(&browser, &server, "anna");
    shows(&tab, "dog");
    tab.wait("document.querySelectorAll('#card .proposal').length === 4");
    tab.wait(&format!("{MARKED} === 'Variants'"));
    for expected in ["Near-synonyms", "Kind is doubtful", "Probably not visible", "Variants"] {
        tab.press("j");
        tab.wait(&format!("{MARKED} === {}", json!(expected)));
    }
    // What is waved off is out of the way, also after a reload, and can be called back.
    tab.press("x");
    tab.wait("document.querySelector('#card .proposal.waved').textContent.startsWith('1 suggestion')");
    tab.reload();
    tab.wait(&format!("{MARKED} === 'Near-synonyms'"));
    tab.press("j");
    tab.press("p");
    shows(&tab, "puppy");
    tab.wait(SAVED);
    let scene = Judgement { kind: Some(TagKind::Scene), ..Verdict::Keep.into() };
    assert_eq!(own(&server, &tag("dog", Object), "anna"), Some(scene));
    tab.press("z");
    shows(&tab, "dog");
    push(&tab, "Show again");
    tab.wait("document.querySelectorAll('#card .proposal').length === 4");
    // Of a cluster of which several tags are left, all are looked at before they are merged.
    tab.press("j");
    tab.press("p");
    tab.wait("document.querySelector('#suggestion .judge').textContent.startsWith('Merge 11 tags into dog')");
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("puppy", Object), "anna"), None, "nothing is merged before it is confirmed");
    tab.press("Escape");
    shows(&tab, "dog");
    tab.wait("document.querySelector('main').dataset.view === 'queue'");
}

/// The cluster of twelve.
fn open_cluster(tab: &Tab) {
    tab.press("2");
    choose(tab, "#suggestions select", "synonyms");
    tab.wait("document.querySelectorAll('.members > li').length === 12");
}

#[test]
fn a_cluster_is_merged_at_one_stroke_without_what_does_not_belong() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve_near(&place);
    let tab = visit(&browser, &server, "anna");
    open_cluster(&tab);
    tab.wait("document.querySelectorAll('.members .captions li').length === 12");
    // "cat" is left out by keys, "mutt" is dropped by itself, and "puppy" is what the rest goes into.
    for _ in 0..7 {
        tab.press("j");
    }
    tab.wait("document.activeElement.closest('li').querySelector('.name').textContent === 'cat'");
    tab.press(" ");
    for _ in 0..3 {
        tab.press("ArrowDown");
    }
    tab.press("d");
    tab.wait("document.querySelector('#suggestion .judge').textContent.startsWith('Merge 9 tags into dog')");
    for _ in 0..4 {
        tab.press("j");
    }
    tab.wait("document.activeElement.closest('li').querySelector('.name').textContent === 'puppy'");
    tab.press("i");
    tab.wait(
        "document.querySelector('#suggestion .judge').textContent.startsWith('Merge 9 tags into puppy')",
    );
    let before = server.decisions();
    tab.press("p");
    tab.wait("document.querySelector('#suggestion .empty').textContent === 'You have gone through all suggestions.'");
    tab.wait(SAVED);
    assert_eq!(server.decisions(), before + 9);
    let of = |name| own(&server, &tag(name, Object), "anna");
    let into = Some(Judgement::from(Verdict::Merge { into: tag("puppy", Object) }));
    assert!(["dog", "doggy", "beagle"].iter().all(|name| of(name) == into));
    assert_eq!((of("cat"), of("puppy"), of("mutt")), (None, None, Some(Verdict::Drop.into())));
    // One undo takes all of it back and asks again, as it was chosen.
    tab.press("z");
    tab.wait(
        "document.querySelector('#suggestion .judge').textContent.startsWith('Merge 9 tags into puppy')",
    );
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("beagle", Object), "anna"), None);
    // Waved off, it is found among what was waved off.
    tab.press("x");
    tab.wait("!document.querySelector('#suggestion .empty').hidden");
    tab.reload();
    tab.press("2");
    tab.wait("document.querySelector('#suggestion-count').textContent === '3'");
    choose(&tab, "#suggestions [aria-label=Which]", "waved");
    tab.wait("document.querySelectorAll('.members > li').length === 12");
    push(&tab, "Ask again");
    tab.wait("document.querySelector('#suggestion-count').textContent === '4'");
}

#[test]
fn all_suggestions_are_walked_through_and_lead_to_their_tags() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = Serving::start(with_suggestions(options(place.path(), candidates(&TAGS))));
    let tab = visit(&browser, &server, "anna");
    tab.press("2");
    tab.wait("document.querySelectorAll('#suggestions .row').length === 3");
    assert_eq!(words(&tab, "#suggestions .row .name"), "dog, doggy");
    tab.press("v");
    tab.wait("document.querySelector('#live').textContent.startsWith('Choose one of the tags first')");
    tab.press("p");
    tab.wait("document.querySelector('#suggestion h1').textContent === 'Kind is doubtful'");
    tab.press("v");
    shows(&tab, "kitchen");
    tab.press("v");
    tab.wait("document.querySelector('main').dataset.view === 'suggestions'");
    tab.press("p");
    tab.wait("document.querySelector('main').dataset.view === 'queue'");
    shows(&tab, "bicycel");
    tab.press("b");
    shows(&tab, "kitchen");
    tab.press("2");
    tab.wait("document.querySelector('#suggestion h1').textContent === 'Kind is doubtful'");
    tab.press("f");
    tab.press("p");
    tab.wait("document.querySelector('#suggestion .empty').checkVisibility()");
    tab.wait(SAVED);
    let scene = Judgement { kind: Some(TagKind::Scene), ..Verdict::Keep.into() };
    let found = ["dog", "doggy", "kitchen", "idea"].map(|name| own(&server, &tag(name, Object), "anna"));
    let into_dog = Verdict::Merge { into: tag("dog", Object) };
    assert_eq!(found, [None, Some(into_dog.into()), Some(scene), Some(Verdict::Drop.into())]);
    // The queue asks for one kind only, by key.
    tab.press("1");
    tab.press("T");
    shows(&tab, "one");
    tab.wait("document.querySelectorAll('#queue .row').length === 2");
    tab.press("k");
    shows(&tab, "orange");
    tab.press("k");
    tab.wait("document.querySelector('#card .empty').textContent === 'No attribute is left to judge.'");
    tab.press("T");
    shows(&tab, "dog");
    tab.wait(SAVED);
    assert_eq!(own(&server, &tag("orange", Attribute), "anna"), Some(Verdict::Keep.into()));
}

/// Where one tag is in question, it is judged as on its card.
#[test]
fn a_suggestion_about_one_tag_is_answered_with_the_keys_of_tags() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve(&place);
    let tab = visit(&browser, &server, "anna");
    tab.press("2");
    tab.press("O");
    tab.wait("document.querySelector('#suggestions [aria-label=\"Kind of tag\"]').value === 'object'");
    tab.press("f");
    tab.wait("document.querySelector('#suggestion h1').textContent === 'Kind is doubtful'");
    tab.press("a");
    tab.wait("document.querySelector('#suggestion h1').textContent === 'Probably not visible'");
    tab.press("k");
    tab.wait("document.querySelector('#suggestion h1').textContent === 'Variants'");
    tab.wait(SAVED);
    let action = Judgement { kind: Some(TagKind::Action), ..Verdict::Keep.into() };
    assert_eq!(own(&server, &tag("kitchen", Object), "anna"), Some(action));
    assert_eq!(own(&server, &tag("idea", Object), "anna"), Some(Verdict::Keep.into()));
}

/// A merge that would go in a circle is refused; the cluster is asked about again, not passed over.
#[test]
fn a_cluster_that_cannot_be_merged_comes_back() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve_near(&place);
    let tab = visit(&browser, &server, "anna");
    let into = |name| json!({ "verdict": "merge", "into": tag(name, Object) });
    server.client().decide("anna", &[&tag("dog", Object)], &into("puppy"));
    tab.wait("document.querySelector('#queue-count').textContent === '11'");
    open_cluster(&tab);
    tab.press("j");
    tab.press("i");
    tab.wait("document.querySelector('#suggestion .judge').textContent.includes('into dog')");
    tab.press("j");
    tab.press("j");
    tab.press(" ");
    tab.press("p");
    tab.wait("document.querySelector('#live').textContent.includes('merged into itself')");
    tab.wait("document.querySelectorAll('.members > li').length === 12 && document.querySelector('.members').checkVisibility()");
    assert_eq!(server.decisions(), 1);
}

/// Undo opens a cluster again that was followed before the page was loaded again.
#[test]
fn undo_after_a_reload_opens_the_cluster_again() {
    let Some(browser) = browser() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = serve_near(&place);
    let tab = visit(&browser, &server, "anna");
    open_cluster(&tab);
    tab.press("j");
    tab.press("j");
    tab.press(" ");
    tab.press("p");
    tab.wait("document.querySelector('#suggestion-count').textContent === '2'");
    tab.wait(SAVED);
    tab.reload();
    tab.press("2");
    tab.wait("document.querySelector('#suggestion-count').textContent === '2'");
    tab.press("z");
    tab.wait("document.querySelector('#suggestion-count').textContent === '4'");
    tab.wait("document.querySelectorAll('.members > li').length === 12");
}
