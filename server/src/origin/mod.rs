//! Which page a request comes from: this server's own, an allowed one, or a foreign one.
//!
//! Browsers name it in headers that no page can set. Other clients send neither header and are let through: no page
//! misuses them, and the limits and the password apply to them too.

mod settings;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub use self::settings::OriginSettings;
use crate::client_address::Client;
use crate::hosts;
use crate::metrics::GuardRefusal;
use crate::problem::Problem;

/// Pages of other servers that are allowed, as browsers name them; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedOrigins(Arc<[String]>);

impl AllowedOrigins {
    pub(crate) fn new(origins: &[String]) -> Self {
        Self(origins.into())
    }
}

/// The page that a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestOrigin {
    /// This server's own, or no page at all.
    Own,
    /// One that the settings allow.
    Allowed,
    /// Any other.
    Foreign,
}

/// The origin by the request's headers; `host` and `https` are those of the requested address.
pub(crate) fn request_origin(
    headers: &HeaderMap,
    host: Option<&str>,
    https: bool,
    allowed: &AllowedOrigins,
) -> RequestOrigin {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    if let Some(origin) = origin
        && allowed.0.iter().any(|it| it.as_bytes() == origin)
    {
        return RequestOrigin::Allowed;
    }
    match (headers.get("sec-fetch-site").map(HeaderValue::as_bytes), origin) {
        // "none" is the user's own action: the address bar, a bookmark.
        (Some(b"same-origin" | b"none"), _) | (None, None) => RequestOrigin::Own,
        (Some(_), _) => RequestOrigin::Foreign,
        // Browsers before 2023 send no Sec-Fetch-Site; some are still in use.
        (None, Some(origin)) => {
            let (scheme, default_port) = if https { ("https://", ":443") } else { ("http://", ":80") };
            let is_own = host.is_some_and(|host| {
                // A proxy may name the port; a browser names it only if it is not the scheme's own.
                let host = host.strip_suffix(default_port).unwrap_or(host);
                origin
                    .strip_prefix(scheme.as_bytes())
                    .is_some_and(|it| it.eq_ignore_ascii_case(host.as_bytes()))
            });
            if is_own { RequestOrigin::Own } else { RequestOrigin::Foreign }
        }
    }
}

/// A layer that refuses foreign pages, and lets allowed ones read the response (CORS).
pub(crate) async fn guard(State(allowed): State<AllowedOrigins>, request: Request, next: Next) -> Response {
    let https = request.extensions().get::<Client>().is_some_and(|client| client.https);
    match request_origin(request.headers(), hosts::host(&request), https, &allowed) {
        RequestOrigin::Own => next.run(request).await,
        RequestOrigin::Foreign => {
            let problem =
                Problem::new(StatusCode::FORBIDDEN, "Only this server's own page may request this.");
            GuardRefusal::ForeignPage.mark(problem.into_response())
        }
        RequestOrigin::Allowed => {
            let origin = request.headers().get(header::ORIGIN).cloned();
            let is_preflight = request.method() == Method::OPTIONS;
            // Preflights carry no cookies, so the layers inside would refuse them.
            let mut response =
                if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
            let headers = response.headers_mut();
            if let Some(origin) = origin {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            }
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
            if is_preflight {
                headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
                // The key of the service on this machine.
                let key = HeaderValue::from_static("authorization");
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, key);
                headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
            }
            headers.append(header::VARY, HeaderValue::from_static("origin"));
            response
        }
    }
}

/// The handler of `OPTIONS` requests that [`guard`] has not answered.
pub(crate) async fn preflight() -> Response {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This address supports GET only.");
    ([(header::ALLOW, "GET,HEAD")], problem).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    fn decide(site: &str, origin: &str, https: bool) -> TestResult<RequestOrigin> {
        decide_at("talk.example:8000", site, origin, https)
    }

    fn decide_at(host: &str, site: &str, origin: &str, https: bool) -> TestResult<RequestOrigin> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
            if !value.is_empty() {
                headers.insert(name, value.parse()?);
            }
        }
        let allowed = AllowedOrigins::new(&["https://friend.example".to_owned()]);
        Ok(request_origin(&headers, Some(host), https, &allowed))
    }

    #[test]
    fn sec_fetch_site_decides_where_the_browser_sends_it() -> TestResult {
        assert_eq!(decide("same-origin", "", false)?, RequestOrigin::Own);
        assert_eq!(decide("same-origin", "http://talk.example:8000", false)?, RequestOrigin::Own);
        assert_eq!(decide("none", "", false)?, RequestOrigin::Own);
        for site in ["cross-site", "same-site", "Same-Origin", "anything"] {
            assert_eq!(decide(site, "", false)?, RequestOrigin::Foreign, "{site}");
            assert_eq!(decide(site, "http://talk.example:8000", false)?, RequestOrigin::Foreign, "{site}");
        }
        Ok(())
    }

    #[test]
    fn the_origin_decides_for_older_browsers() -> TestResult {
        assert_eq!(decide("", "http://talk.example:8000", false)?, RequestOrigin::Own);
        assert_eq!(decide("", "https://talk.example:8000", true)?, RequestOrigin::Own);
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
            assert_eq!(decide("", origin, false)?, RequestOrigin::Foreign, "{origin}");
        }
        assert_eq!(decide("", "http://talk.example:8000", true)?, RequestOrigin::Foreign);
        Ok(())
    }

    #[test]
    fn a_port_that_a_proxy_adds_makes_no_difference_if_it_is_the_schemes_own() -> TestResult {
        for (host, origin, https, expected) in [
            ("talk.example:443", "https://talk.example", true, RequestOrigin::Own),
            ("talk.example:80", "http://talk.example", false, RequestOrigin::Own),
            ("[::1]:80", "http://[::1]", false, RequestOrigin::Own),
            ("talk.example:80", "https://talk.example", true, RequestOrigin::Foreign),
            ("talk.example:8443", "https://talk.example", true, RequestOrigin::Foreign),
            ("talk.example:443", "https://evil.example", true, RequestOrigin::Foreign),
        ] {
            assert_eq!(decide_at(host, "", origin, https)?, expected, "{host} {origin}");
        }
        Ok(())
    }

    #[test]
    fn an_allowed_page_is_recognized_by_its_exact_origin() -> TestResult {
        assert_eq!(decide("cross-site", "https://friend.example", false)?, RequestOrigin::Allowed);
        assert_eq!(decide("", "https://friend.example", false)?, RequestOrigin::Allowed);
        for origin in
            ["http://friend.example", "https://friend.example.evil.example", "https://a.friend.example"]
        {
            assert_eq!(decide("cross-site", origin, false)?, RequestOrigin::Foreign, "{origin}");
        }
        Ok(())
    }

    #[test]
    fn a_client_other_than_a_browser_is_let_through() -> TestResult {
        assert_eq!(decide("", "", false)?, RequestOrigin::Own);
        Ok(())
    }
}
