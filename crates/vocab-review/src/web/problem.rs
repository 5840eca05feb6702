//! Why a request is refused, and how that is said.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is refused.
#[derive(Debug)]
pub(super) enum Problem {
    /// It breaks a rule of the protocol.
    Refused(StatusCode, String),
    /// It asks for something that cannot be decided so.
    Unfit(String),
    /// The disk or the file does not take the decision.
    NotSaved(String),
    /// A fault of the program.
    Fault,
}

impl Problem {
    pub(super) fn refused(status: StatusCode, reason: impl Into<String>) -> Self {
        Self::Refused(status, reason.into())
    }

    pub(super) fn unfit(reason: impl Into<String>) -> Self {
        Self::Unfit(reason.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Refused(status, reason) => (status, reason),
            Self::Unfit(reason) => (StatusCode::UNPROCESSABLE_ENTITY, reason),
            Self::NotSaved(reason) => (StatusCode::INSUFFICIENT_STORAGE, reason),
            Self::Fault => (StatusCode::INTERNAL_SERVER_ERROR, "the program made a mistake".to_owned()),
        };
        let body = json!({ "error": error }).to_string();
        (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}
