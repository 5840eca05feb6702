//! The answers to the page's requests. What reads or writes files or parses captions runs on
//! threads of its own, so that no request waits for it but the one that asked.

use axum::extract::{Query, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::desk::Desk;
use super::listing;
use super::problem::Problem;
use super::request::{Ask, AskExamples, AskSummary, Decide, SMALL, json};
use super::summary::Summary;
use super::{App, Shared};
use crate::decision::Annotator;

type Answer = Result<Response, Problem>;

pub(super) async fn annotators(State(app): State<App>) -> Answer {
    let names = aside(app, |app| Ok(app.desk().review().annotators().cloned().collect::<Vec<Annotator>>()));
    to_json(&names.await?)
}

pub(super) async fn candidates(State(app): State<App>) -> Response {
    json_bytes(app.listing.clone())
}

pub(super) async fn examples(State(app): State<App>, Query(ask): Query<AskExamples>) -> Answer {
    let places = ask.places()?;
    to_json(&aside(app, move |app| Ok(listing::examples(app, &places))).await?)
}

pub(super) async fn review(State(app): State<App>, Query(ask): Query<Ask>) -> Answer {
    let changes = aside(app, move |app| {
        let desk = app.desk();
        desk.recognise(ask.edition.as_deref())?;
        Ok(desk.changes(&ask.annotator, ask.since, ask.reveal))
    });
    to_json(&changes.await?)
}

pub(super) async fn summary(State(app): State<App>, Query(ask): Query<AskSummary>) -> Answer {
    to_json(&aside(app, move |app| Summary::of(&app.desk(), &ask)).await?)
}

pub(super) async fn decide(State(app): State<App>, request: Request) -> Answer {
    let body: Decide = json(request, app.largest).await?;
    let (wish, ask) = body.wish()?;
    change(app, ask, |desk, _| desk.decide(wish)).await
}

pub(super) async fn undo(State(app): State<App>, request: Request) -> Answer {
    change(app, json(request, SMALL).await?, Desk::undo).await
}

pub(super) async fn redo(State(app): State<App>, request: Request) -> Answer {
    change(app, json(request, SMALL).await?, Desk::redo).await
}

/// Changes something, and tells what is new since the page last asked.
async fn change<F>(app: App, ask: Ask, make: F) -> Answer
where
    F: FnOnce(&mut Desk, &Annotator) -> Result<Vec<usize>, Problem> + Send + 'static,
{
    let changes = aside(app, move |app| {
        let mut desk = app.desk();
        desk.recognise(ask.edition.as_deref())?;
        let stroke = make(&mut desk, &ask.annotator)?;
        let mut changes = desk.changes(&ask.annotator, ask.since, ask.reveal);
        changes.stroke = stroke;
        Ok(changes)
    });
    to_json(&changes.await?)
}

/// Works on a thread that may wait.
async fn aside<T, F>(app: App, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Shared) -> Result<T, Problem> + Send + 'static,
{
    tokio::task::spawn_blocking(move || work(&app)).await.unwrap_or(Err(Problem::Fault))
}

fn to_json(answer: &impl Serialize) -> Answer {
    serde_json::to_vec(answer).map(json_bytes).map_err(|_| Problem::Fault)
}

fn json_bytes(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}
