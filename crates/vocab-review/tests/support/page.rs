//! The page in a browser, as an annotator has it.

use serde_json::json;
use tag_vocabulary::TagKind::{Action, Attribute, Object};
use tag_vocabulary::{Tag, TagKind};
use vocab_review::suggestions::{Suggestion, SuggestionKind};
use vocab_review::web::ServerOptions;
use vocab_review::{Annotator, Decision, Judgement, Review};

use super::devtools::{Browser, Tab, chromium};
use super::serving::{Serving, candidates, options, tag};

/// What is up for review.
pub const TAGS: [(&str, TagKind); 10] = [
    ("dog", Object),
    ("doggy", Object),
    ("kitchen", Object),
    ("bicycel", Object),
    ("idea", Object),
    ("one", Attribute),
    ("ride", Action),
    ("orange", Object),
    ("orange", Attribute),
    ("tree", Object),
];
/// Whether nothing is on its way.
pub const SAVED: &str = "document.querySelector('#saving').dataset.state === 'saved'";

/// A browser; none, with a word about it, where there is none.
pub fn browser() -> Option<Browser> {
    let found = chromium();
    if found.is_none() {
        println!("skipped: no Chromium that runs was found; MINE_TAGS_CHROMIUM may name one");
    }
    found.map(|program| Browser::start(&program))
}

/// A server of [`TAGS`], with a suggestion about some.
pub fn serve(place: &tempfile::TempDir) -> Serving {
    Serving::start(with_suggestions(options(place.path(), candidates(&TAGS))))
}

/// Options for [`TAGS`] with suggestions and highlights.
pub fn with_suggestions(mut options: ServerOptions) -> ServerOptions {
    options.highlight = Box::new(|caption, tag| {
        caption.match_indices(&tag.name).map(|(at, name)| at..at + name.len()).collect()
    });
    let suggestions = [
        (SuggestionKind::Variants, &["dog", "doggy"][..]),
        (SuggestionKind::Kind { better: Some(TagKind::Scene) }, &["kitchen"]),
        (SuggestionKind::NotVisible, &["idea"]),
    ];
    let suggestion = |(kind, names): (_, &[&str])| {
        let tags = names.iter().map(|name| tag(name, Object)).collect();
        Suggestion { kind, tags, reason: "<i>who knows</i>".to_owned() }
    };
    options.suggestions = suggestions.into_iter().map(suggestion).collect();
    options
}

/// An annotator's first visit.
pub fn visit<'b>(browser: &'b Browser, server: &Serving, name: &str) -> Tab<'b> {
    let tab = browser.open(&server.url);
    tab.wait("document.activeElement.id === 'name'");
    tab.write(name);
    tab.press("Enter");
    tab.wait("document.body.dataset.ready");
    tab
}

/// Waits until a tag is shown.
pub fn shows(tab: &Tab, name: &str) {
    tab.wait(&format!("document.querySelector('#card h1 .name').textContent === {}", json!(name)));
}

pub fn review(server: &Serving) -> Review {
    let text = String::from_utf8(server.logged()).unwrap();
    let decisions: Vec<Decision> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Review::of(&decisions)
}

pub fn own(server: &Serving, tag: &Tag, by: &str) -> Option<Judgement> {
    review(server).judgement(tag, &Annotator::new(by).unwrap()).cloned()
}

pub fn words(tab: &Tab, selector: &str) -> String {
    let text = tab.evaluate(&format!("document.querySelector({})?.textContent ?? ''", json!(selector)));
    text.as_str().unwrap().to_owned()
}

/// Clicks on the button that says this.
pub fn push(tab: &Tab, label: &str) {
    let found = format!(
        "[...document.querySelectorAll('button')].find((button) => button.checkVisibility() && button.textContent.startsWith({}))",
        json!(label)
    );
    tab.wait(&found);
    tab.evaluate(&format!("{found}.click()"));
}

/// Chooses an option of a select.
pub fn choose(tab: &Tab, selector: &str, value: &str) {
    let script = "((select, value) => { select.value = value; select.dispatchEvent(new Event('change')); })";
    tab.evaluate(&format!("{script}(document.querySelector({}), {})", json!(selector), json!(value)));
}

/// Names that mean nearly the same.
pub const NEAR: [&str; 12] = [
    "dog", "puppy", "doggy", "hound", "canine", "pup", "cat", "poodle", "terrier", "mutt", "pooch", "beagle",
];

/// Twelve near-synonyms; of the first all that can be suggested is suggested.
pub fn serve_near(place: &tempfile::TempDir) -> Serving {
    let all: Vec<(&str, TagKind)> = NEAR.map(|name| (name, Object)).to_vec();
    let mut options = options(place.path(), candidates(&all));
    let suggestion = |kind, names: &[&str]| {
        let tags = names.iter().map(|name| tag(name, Object)).collect();
        Suggestion { kind, tags, reason: String::new() }
    };
    options.suggestions = vec![
        suggestion(SuggestionKind::Variants, &["dog", "doggy"]),
        suggestion(SuggestionKind::Synonyms, &NEAR),
        suggestion(SuggestionKind::Kind { better: Some(TagKind::Scene) }, &["dog"]),
        suggestion(SuggestionKind::NotVisible, &["dog"]),
    ];
    Serving::start(options)
}
