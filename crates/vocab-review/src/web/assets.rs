//! The page, its style and its scripts, embedded.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

const PAGE: &str = include_str!("../../assets/index.html");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Name, type and content of what the page is made of.
macro_rules! embedded {
    ($($name:literal: $media:expr),* $(,)?) => {
        [$(($name, $media, include_str!(concat!("../../assets/", $name)))),*]
    };
}

const ASSETS: [(&str, &str, &str); 28] = embedded! {
    "style.css": STYLE,
    "card.css": STYLE,
    "suggestions.css": STYLE,
    "views.css": STYLE,
    "icon.svg": "image/svg+xml",
    "main.js": SCRIPT,
    "annotator.js": SCRIPT,
    "api.js": SCRIPT,
    "bulk.js": SCRIPT,
    "card.js": SCRIPT,
    "connection.js": SCRIPT,
    "disagreements.js": SCRIPT,
    "dom.js": SCRIPT,
    "examples.js": SCRIPT,
    "kept.js": SCRIPT,
    "keys.js": SCRIPT,
    "list.js": SCRIPT,
    "members.js": SCRIPT,
    "merge.js": SCRIPT,
    "outbox.js": SCRIPT,
    "page.js": SCRIPT,
    "panel.js": SCRIPT,
    "queue.js": SCRIPT,
    "store.js": SCRIPT,
    "suggestions.js": SCRIPT,
    "summary.js": SCRIPT,
    "table.js": SCRIPT,
    "walk.js": SCRIPT,
};

pub(super) async fn page() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE).into_response()
}

pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|(asset, ..)| *asset == name);
    let (_, media, content) =
        found.ok_or_else(|| Problem::refused(StatusCode::NOT_FOUND, "there is nothing here"))?;
    Ok(([(header::CONTENT_TYPE, *media)], *content).into_response())
}
