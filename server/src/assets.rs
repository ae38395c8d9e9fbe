//! The embedded files of the page.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// A file of the page; the bundle generates the table.
struct File {
    path: &'static str,
    content_type: &'static str,
    /// Whether the path changes with the content.
    immutable: bool,
    /// The hash of the content, in hex.
    hash: &'static str,
    identity: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The handler of `GET /` and of the files that the page names.
pub(crate) async fn asset(uri: Uri, headers: HeaderMap) -> Response {
    match FILES.iter().find(|file| file.path == uri.path()) {
        Some(file) => file.respond(&headers),
        None => Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address.").into_response(),
    }
}

impl File {
    fn respond(&self, headers: &HeaderMap) -> Response {
        let (coding, content) = self.content_for(headers);
        // Each coding has a tag of its own (RFC 9110, 8.8.3.3).
        let etag =
            format!("\"{}{}{}\"", self.hash, if coding.is_some() { "-" } else { "" }, coding.unwrap_or(""));
        // The content of a hashed name never changes; index.html, which lists those names, is always revalidated.
        let cache_control = if self.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        let is_current = headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|tags| tags.to_str().ok())
            .flat_map(|tags| tags.split(','))
            .any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == etag);

        let mut response = if is_current {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Body::from(content).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            if let Some(coding) = coding {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, etag);
        }
        response
    }

    /// The coding that the request prefers, and of equally preferred ones the smallest (RFC 9110, 12.5.3).
    fn content_for(&self, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let mut best = (None, self.identity);
        let mut best_weight = weight(headers, "identity").unwrap_or(0.0);
        for (coding, content) in [("gzip", self.gzip), ("br", self.brotli)] {
            let weight = weight(headers, coding).unwrap_or(0.0);
            if let Some(content) = content
                && weight > 0.0
                && weight >= best_weight
            {
                best = (Some(coding), content);
                best_weight = weight;
            }
        }
        best
    }
}

/// The weight of a content coding in the request, by its name or by `*`: `None` if it is not mentioned, 0 if it is
/// refused.
fn weight(headers: &HeaderMap, coding: &str) -> Option<f32> {
    let mut by_star = None;
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for item in lines.flat_map(|line| line.split(',')) {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
        let weight = weight.map_or(1.0, |(_, weight)| weight.trim().parse().unwrap_or(0.0));
        if name.trim().eq_ignore_ascii_case(coding) {
            return Some(weight);
        }
        if name.trim() == "*" {
            by_star = Some(weight);
        }
    }
    by_star
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_request_selects_the_coding() {
        let file = File {
            path: "/",
            content_type: "text/plain",
            immutable: false,
            hash: "0",
            identity: b"as it is",
            brotli: Some(b"br"),
            gzip: Some(b"gzip"),
        };
        let cases = [
            ("gzip, deflate, br, zstd", "br"),
            ("BR", "br"),
            ("br;q=0.1", "br"),
            ("br;Q=0, gzip;Q=0", "as it is"),
            ("br; Q=0.5, gzip; q=0.6", "gzip"),
            ("br; q=1.0, gzip", "br"),
            ("br;q=0.5, gzip;q=0.9", "gzip"),
            ("br;q=0.000, *", "gzip"),
            ("*", "br"),
            ("gzip", "gzip"),
            ("br;q=0.5, identity", "as it is"),
            ("gzip;q=0.5, *;q=0.1", "gzip"),
            ("br;q=0", "as it is"),
            ("*;q=0", "as it is"),
            ("brotli", "as it is"),
            ("", "as it is"),
            ("br;q=much", "as it is"),
            ("br;q=NaN", "as it is"),
        ];
        for (value, expected) in cases {
            let (_, content) = file.content_for(&headers(header::ACCEPT_ENCODING, value));
            assert_eq!(String::from_utf8_lossy(content), expected, "{value}");
        }
        assert_eq!(file.content_for(&HeaderMap::new()), (None, &b"as it is"[..]));
        let without_brotli = File { brotli: None, ..file };
        assert_eq!(without_brotli.content_for(&headers(header::ACCEPT_ENCODING, "br, gzip")).0, Some("gzip"));
    }

    #[test]
    fn the_page_names_only_existing_files_and_those_are_immutable() -> TestResult {
        let index = FILES.iter().find(|file| file.path == "/").ok_or("no page")?;
        assert!(!index.immutable);
        let html = String::from_utf8_lossy(index.identity);
        let named: Vec<&str> = html.split('"').filter(|text| text.starts_with("assets/")).collect();
        assert!(named.len() >= 5, "{named:?}");
        for path in named {
            assert!(
                FILES.iter().any(|file| file.path.strip_prefix('/') == Some(path) && file.immutable),
                "{path}"
            );
        }
        Ok(())
    }

    #[test]
    fn wasm_has_its_content_type_and_is_smaller_compressed() -> TestResult {
        let modules: Vec<&File> = FILES.iter().filter(|file| file.path.ends_with(".wasm")).collect();
        assert_eq!(modules.len(), 3, "the page's, the tools' and the worklet's");
        for module in &modules {
            assert_eq!(module.content_type, "application/wasm");
            assert!(module.identity.starts_with(b"\0asm"), "{}", module.path);
            let (brotli, gzip) =
                (module.brotli.ok_or("no brotli")?.len(), module.gzip.ok_or("no gzip")?.len());
            assert!(brotli < gzip && gzip < module.identity.len(), "{}", module.path);
        }
        Ok(())
    }

    #[test]
    fn only_the_worklet_has_the_worklets_exports() {
        // Exports of a linked crate become exports of the module, unless a feature disables them.
        let has = |file: &&File| file.identity.windows(12).any(|bytes| bytes == b"capture_push");
        let holders: Vec<&str> = FILES
            .iter()
            .filter(|file| file.content_type == "application/wasm")
            .filter(has)
            .map(|file| file.path)
            .collect();
        assert!(matches!(holders[..], [path] if path.starts_with("/assets/worklet-")), "{holders:?}");
    }
}
