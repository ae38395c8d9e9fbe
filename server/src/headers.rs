//! What a browser may do with what this server answers. The same in development, in tests and in production.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::Url;

/// What the login page may do: be styled by its own file, and send its form here.
pub(crate) const LOGIN_POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Two years, the least that browsers' lists take (hstspreload.org); subdomains are not ours to decide about.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// No window of another site has a hold on the page's.
const OPENER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));

/// How a browser came by an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// By https.
    pub(crate) https: bool,
    /// From its own machine.
    pub(crate) local: bool,
}

/// The headers of every answer, made once.
#[derive(Debug, Clone)]
pub(crate) struct SecurityHeaders {
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl SecurityHeaders {
    /// For a page whose sockets go to these addresses.
    pub(crate) fn new<'a>(websocket_urls: impl Iterator<Item = &'a str>) -> Self {
        let fixed = |name, value| (name, HeaderValue::from_static(value));
        let headers = vec![
            (header::CONTENT_SECURITY_POLICY, content_security_policy(websocket_urls)),
            fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            fixed(header::REFERRER_POLICY, "no-referrer"),
            fixed(
                HeaderName::from_static("permissions-policy"),
                "camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()",
            ),
            fixed(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ];
        Self { headers }
    }

    /// Puts them into an answer, but for those that it has already.
    pub(crate) fn put_into(&self, headers: &mut HeaderMap, way: Way) {
        headers.reserve(self.headers.len() + 2);
        for (name, value) in &self.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        // Elsewhere browsers take no notice of it, and complain.
        if way.https || way.local {
            let (name, value) = OPENER;
            headers.insert(name, value);
        }
        // The name localhost is not only this server's.
        if way.https && !way.local {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }
}

/// What the page may do: run its own files, compile wasm, talk to its own server and to the service, and make no
/// code of text.
fn content_security_policy<'a>(websocket_urls: impl Iterator<Item = &'a str>) -> HeaderValue {
    // The demo's is a path on this server.
    let origins = websocket_urls.filter_map(|url| Some(Url::parse(url).ok()?.origin().ascii_serialization()));
    let mut sources = vec!["'self'".to_owned()];
    for origin in origins {
        if !sources.contains(&origin) {
            sources.push(origin);
        }
    }
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        sources.join(" ")
    );
    // Origins are ASCII; should one not be, the page is better off with the strictest policy.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
