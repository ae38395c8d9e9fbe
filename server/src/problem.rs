//! Error responses: RFC 9457, with the `error` field that the original's clients expect.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error response. Its sentences are fixed: they contain nothing from the service and nothing from the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: &'static str,
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem with a status and a sentence that says what to do.
    pub const fn new(status: StatusCode, detail: &'static str) -> Self {
        Self { status, detail, retry_after_s: None }
    }

    /// The same problem, with the seconds after which another attempt makes sense.
    #[must_use]
    pub const fn retry_after_s(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            r#type: &'static str,
            title: &'static str,
            status: u16,
            detail: &'static str,
            error: &'static str,
        }
        let Self { status, detail, retry_after_s } = self;
        // For this type the title is the status's reason phrase (RFC 9457, 4.2.1).
        let title = status.canonical_reason().unwrap_or_default();
        let body = Body { r#type: "about:blank", title, status: status.as_u16(), detail, error: detail };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
