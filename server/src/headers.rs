//! The security headers of every response: the same in development, in tests and in production.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::Url;

/// The policy of the login page: it may load its own style sheet and send its form here.
pub(crate) const LOGIN_POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Two years, the minimum for browsers' preload lists (hstspreload.org). Subdomains may belong to somebody else.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// No window of another site gets a reference to the page's window.
const OPENER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));

/// How a browser is connected to this server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    /// By https.
    pub(crate) https: bool,
    /// By a name of its own machine.
    pub(crate) local: bool,
}

/// The headers of every response, made once; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct SecurityHeaders {
    headers: Arc<[(HeaderName, HeaderValue)]>,
}

impl SecurityHeaders {
    /// The headers for a page that opens sockets at these addresses.
    pub(crate) fn new<'a>(websocket_urls: impl Iterator<Item = &'a str>) -> Self {
        let fixed = |name, value| (name, HeaderValue::from_static(value));
        let headers = [
            (header::CONTENT_SECURITY_POLICY, content_security_policy(websocket_urls)),
            fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            fixed(header::REFERRER_POLICY, "no-referrer"),
            fixed(
                HeaderName::from_static("permissions-policy"),
                "camera=(), display-capture=(self), geolocation=(), microphone=(self), payment=(), usb=()",
            ),
            fixed(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ];
        Self { headers: headers.into() }
    }

    /// Adds the headers that a response does not have yet.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap, connection: Connection) {
        headers.reserve(self.headers.len() + 2);
        for (name, value) in &*self.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        // On other connections browsers ignore it and log a warning.
        if connection.https || connection.local {
            let (name, value) = OPENER;
            headers.insert(name, value);
        }
        // Other servers on this machine share the name localhost.
        if connection.https && !connection.local {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }
}

/// The page may run its own files, compile wasm, connect to its own server and the service, and look at a file that the
/// user chose (`blob:`); it may not turn text into code.
fn content_security_policy<'a>(websocket_urls: impl Iterator<Item = &'a str>) -> HeaderValue {
    // The demo's socket is a path on this server, which 'self' covers.
    let origins = websocket_urls.filter_map(|url| Some(Url::parse(url).ok()?.origin().ascii_serialization()));
    let mut sources = vec!["'self'".to_owned()];
    for origin in origins {
        if !sources.contains(&origin) {
            sources.push(origin);
        }
    }
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; manifest-src 'self'; media-src blob:; \
         connect-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types worker",
        sources.join(" ")
    );
    // Origins are ASCII, so this does not fail; if it did, the strictest policy would be the safe one.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
