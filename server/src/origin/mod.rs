//! Which page asks: this server's own, one that is allowed, or a foreign one.
//!
//! Browsers say so themselves, in headers that no page can set. What is no browser sends neither, and is let
//! through: it has no visitor's trust to abuse, and limits and password hold for it.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::AppState;
use crate::client_address::Client;
use crate::hosts;
use crate::metrics::TokenResult;
use crate::problem::Problem;

/// The page that a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// This server's own, or no page at all.
    Own,
    /// Another one that the settings name.
    Allowed,
    /// Any other.
    Foreign,
}

/// Decides by the headers; `host` and `https` are what the browser called.
pub(crate) fn from(headers: &HeaderMap, host: Option<&str>, https: bool, allowed: &[String]) -> From {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    if let Some(origin) = origin
        && allowed.iter().any(|it| it.as_bytes() == origin)
    {
        return From::Allowed;
    }
    match (headers.get("sec-fetch-site").map(HeaderValue::as_bytes), origin) {
        // "none" is the user: the address bar, a bookmark.
        (Some(b"same-origin" | b"none"), _) | (None, None) => From::Own,
        (Some(_), _) => From::Foreign,
        // Browsers before 2023, which are not all of them gone.
        (None, Some(origin)) => {
            let scheme = if https { "https://" } else { "http://" };
            let is_own = host.is_some_and(|host| {
                origin
                    .strip_prefix(scheme.as_bytes())
                    .is_some_and(|it| it.eq_ignore_ascii_case(host.as_bytes()))
            });
            if is_own { From::Own } else { From::Foreign }
        }
    }
}

/// A layer that lets no foreign page through, and lets the allowed ones read the answer (CORS).
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let https = request.extensions().get::<Client>().is_some_and(|client| client.https);
    let allowed = &state.access.allowed_origins;
    match from(request.headers(), hosts::host(&request), https, allowed) {
        From::Own => next.run(request).await,
        From::Foreign => {
            if request.uri().path() == "/token" {
                state.metrics.token(TokenResult::Foreign);
            }
            Problem::new(StatusCode::FORBIDDEN, "Only this server's own page may ask for this.")
                .into_response()
        }
        From::Allowed => {
            let origin = request.headers().get(header::ORIGIN).cloned();
            let is_preflight = request.method() == Method::OPTIONS;
            // Browsers ask ahead without cookies, so it is no matter for the layers behind.
            let mut response =
                if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
            let headers = response.headers_mut();
            if let Some(origin) = origin {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            }
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
            if is_preflight {
                headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
                headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
            }
            headers.append(header::VARY, HeaderValue::from_static("origin"));
            response
        }
    }
}

/// The handler of `OPTIONS`, for those whose question [`guard`] has not answered.
pub(crate) async fn preflight() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This address answers to GET only.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(site: &str, origin: &str, https: bool) -> From {
        let mut headers = HeaderMap::new();
        for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
            if !value.is_empty() {
                headers.insert(name, value.parse().expect("a header's value"));
            }
        }
        from(&headers, Some("talk.example:8000"), https, &["https://friend.example".to_owned()])
    }

    #[test]
    fn a_browser_that_says_where_it_is_is_believed() {
        assert_eq!(decide("same-origin", "", false), From::Own);
        assert_eq!(decide("same-origin", "http://talk.example:8000", false), From::Own);
        assert_eq!(decide("none", "", false), From::Own);
        for site in ["cross-site", "same-site", "Same-Origin", "anything"] {
            assert_eq!(decide(site, "", false), From::Foreign, "{site}");
            assert_eq!(decide(site, "http://talk.example:8000", false), From::Foreign, "{site}");
        }
    }

    #[test]
    fn an_older_browser_is_known_by_its_origin() {
        assert_eq!(decide("", "http://talk.example:8000", false), From::Own);
        assert_eq!(decide("", "https://talk.example:8000", true), From::Own);
        let foreign = [
            "null",
            "http://talk.example",
            "http://talk.example:80000",
            "http://talk.example:8000.evil.example",
            "http://evil.example",
            "https://talk.example:8000",
            "talk.example:8000",
            "http://",
        ];
        for origin in foreign {
            assert_eq!(decide("", origin, false), From::Foreign, "{origin}");
        }
        assert_eq!(decide("", "http://talk.example:8000", true), From::Foreign);
    }

    #[test]
    fn an_allowed_page_is_allowed_by_its_exact_origin() {
        assert_eq!(decide("cross-site", "https://friend.example", false), From::Allowed);
        assert_eq!(decide("", "https://friend.example", false), From::Allowed);
        for origin in
            ["http://friend.example", "https://friend.example.evil.example", "https://a.friend.example"]
        {
            assert_eq!(decide("cross-site", origin, false), From::Foreign, "{origin}");
        }
    }

    #[test]
    fn what_is_no_browser_is_let_through_to_the_limits() {
        assert_eq!(decide("", "", false), From::Own);
    }
}
