//! What a browser may send: JSON of a known form and size.

use std::str::FromStr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tag_vocabulary::{Tag, TagKind};

use super::desk::Wish;
use super::problem::Problem;
use crate::candidates::Candidates;
use crate::decision::{Annotator, Judgement, Verdict};

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of a request that names few tags.
pub(super) const SMALL: usize = 64 << 10;

/// Most bytes of a request that names every candidate.
pub(super) fn largest(candidates: &Candidates) -> usize {
    // Name and kind with what stands around them; a quote in a name is escaped.
    let tags = candidates.all().iter().map(|candidate| 2 * candidate.tag.name.len() + 40);
    SMALL + tags.sum::<usize>()
}

/// `POST /api/decide`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    annotator: Annotator,
    since: usize,
    #[serde(default)]
    reveal: bool,
    edition: Option<String>,
    tags: Vec<PlainTag>,
    judgement: Option<PlainJudgement>,
    #[serde(default)]
    adjudicates: bool,
    #[serde(default)]
    withdrawn: bool,
}

/// `GET /api/review`, `POST /api/undo` and `/api/redo`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    pub(super) annotator: Annotator,
    pub(super) since: usize,
    #[serde(default)]
    pub(super) reveal: bool,
    pub(super) edition: Option<String>,
}

/// `GET /api/summary`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskSummary {
    pub(super) annotator: Annotator,
    #[serde(default)]
    pub(super) reveal: bool,
}

/// `GET /api/examples`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskExamples {
    at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainTag {
    name: String,
    kind: TagKind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainJudgement {
    verdict: PlainVerdict,
    into: Option<PlainTag>,
    kind: Option<TagKind>,
    rename: Option<String>,
    note: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PlainVerdict {
    Keep,
    Mute,
    Drop,
    Merge,
}

impl Decide {
    /// What is to be decided, in good form, and what is to be told then.
    pub(super) fn wish(self) -> Result<(Wish, Ask), Problem> {
        let Self { annotator, since, reveal, edition, adjudicates, withdrawn, .. } = self;
        let tags = self.tags.into_iter().map(PlainTag::tag).collect::<Result<_, _>>()?;
        let judgement = self.judgement.map(PlainJudgement::judgement).transpose()?;
        let wish = Wish { by: annotator.clone(), tags, judgement, adjudicates, withdrawn };
        Ok((wish, Ask { annotator, since, reveal, edition }))
    }
}

impl PlainTag {
    fn tag(self) -> Result<Tag, Problem> {
        Tag::new(self.name, self.kind).map_err(|error| Problem::unfit(error.to_string()))
    }
}

impl PlainJudgement {
    fn judgement(self) -> Result<Judgement, Problem> {
        let verdict = match (self.verdict, self.into) {
            (PlainVerdict::Keep, None) => Verdict::Keep,
            (PlainVerdict::Mute, None) => Verdict::Mute,
            (PlainVerdict::Drop, None) => Verdict::Drop,
            (PlainVerdict::Merge, Some(into)) => Verdict::Merge { into: into.tag()? },
            _ => return Err(Problem::unfit("a merge, and nothing else, names the tag to merge into")),
        };
        Ok(Judgement { verdict, kind: self.kind, rename: self.rename, note: self.note })
    }
}

impl AskExamples {
    /// Most tags of one request.
    const MOST: usize = 64;

    pub(super) fn places(&self) -> Result<Vec<usize>, Problem> {
        let places: Result<Vec<usize>, _> = self.at.split(',').map(usize::from_str).collect();
        let places = places.ok().filter(|places| places.len() <= Self::MOST);
        let reason = format!("expected up to {} places, parted by commas", Self::MOST);
        places.ok_or_else(|| Problem::refused(StatusCode::BAD_REQUEST, reason))
    }
}

/// Reads a body that says it is JSON and has at most `limit` bytes.
pub(super) async fn json<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    let content = parts.headers.get(header::CONTENT_TYPE).and_then(|content| content.to_str().ok());
    let media = content.map(|content| content.split(';').next().unwrap_or_default().trim());
    if !media.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
        return Err(Problem::refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body must be application/json",
        ));
    }
    let length =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limit as u64) {
        return Err(too_large(limit));
    }
    let bytes = read(body, limit).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::refused(StatusCode::BAD_REQUEST, error.to_string()))
}

async fn read(body: Body, limit: usize) -> Result<axum::body::Bytes, Problem> {
    let bytes = tokio::time::timeout(PATIENCE, to_bytes(body, limit)).await;
    let bytes =
        bytes.map_err(|_| Problem::refused(StatusCode::REQUEST_TIMEOUT, "the body does not arrive"))?;
    bytes.map_err(|_| too_large(limit))
}

fn too_large(limit: usize) -> Problem {
    let reason = format!("the body is broken off or has more than {limit} bytes");
    Problem::refused(StatusCode::PAYLOAD_TOO_LARGE, reason)
}
