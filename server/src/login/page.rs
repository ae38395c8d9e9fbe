//! The login page: a form that works without scripts.

use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use super::language::Texts;
use crate::headers::LOGIN_POLICY;

/// The path of the page, and of its form.
pub(super) const PATH: &str = "/login";
/// It from the page, and the page from it: both may be below a path of a proxy.
pub(super) const FROM_PAGE: &str = "login";
pub(super) const TO_PAGE: &str = "./";
/// The path of its style sheet.
pub(super) const STYLE_PATH: &str = "/login.css";

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// The placeholder for a message.
const MESSAGE: &str = "<!-- message -->";

/// The message on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// None: nothing was submitted yet.
    None,
    Wrong,
    TooMany {
        retry_after_s: u32,
    },
    Unreadable,
}

/// The page with a message, in a language.
pub(super) fn page(message: Message, texts: &Texts) -> Response {
    let (status, text) = match message {
        Message::None => (StatusCode::OK, String::new()),
        Message::Wrong => (StatusCode::UNAUTHORIZED, texts.wrong.to_owned()),
        Message::TooMany { retry_after_s } => {
            (StatusCode::TOO_MANY_REQUESTS, texts.too_many.replace("{}", &retry_after_s.to_string()))
        }
        Message::Unreadable => (StatusCode::BAD_REQUEST, texts.unreadable.to_owned()),
    };
    let text = if text.is_empty() { text } else { format!("<p role=\"alert\" id=\"message\">{text}</p>") };
    let mut response = (status, Html(html(texts).replace(MESSAGE, &text))).into_response();
    if let Message::TooMany { retry_after_s } = message {
        response.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
    }
    private(response)
}

/// The page without a message, in a language.
fn html(texts: &Texts) -> String {
    let texts = [
        ("{{language}}", texts.language),
        ("{{heading}}", texts.heading),
        ("{{password}}", texts.password),
        ("{{sign-in}}", texts.sign_in),
    ];
    texts.iter().fold(PAGE.to_owned(), |page, (name, text)| page.replace(name, text))
}

/// The page's style sheet.
pub(super) async fn style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, STYLE).into_response()
}

/// A path with the query of a request, which says how the page is shown: it must survive the login.
pub(super) fn with_query(path: &str, uri: &Uri) -> String {
    match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

/// Redirects the browser to an address on this server, with GET.
pub(super) fn redirect(to: &str) -> Response {
    // An address consists of what headers may contain, so this does not fail.
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    private((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
}

/// Sends the browser to an address on this server as if the user had clicked on its page. After a link on another site,
/// browsers send no `SameSite=Strict` cookie on a redirect, but they do after this.
pub(super) fn redirect_as_own(to: &str, texts: &Texts) -> Response {
    let refresh = HeaderValue::from_str(&format!("0; url={to}"));
    let Texts { language, one_moment, go_on, .. } = texts;
    // Addresses have neither quotation marks nor angle brackets (RFC 3986, appendix A).
    let href = to.replace('&', "&amp;");
    let page = Html(format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<title>{one_moment}</title>\n<a href=\"{href}\">{go_on}</a>\n"
    ));
    let mut response = private(page.into_response());
    if let Ok(refresh) = refresh {
        response.headers_mut().insert(HeaderName::from_static("refresh"), refresh);
    }
    response
}

fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    // With `no-referrer`, browsers send the form with `Origin: null`, so that it would seem foreign.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(LOGIN_POLICY));
    response
}

#[cfg(test)]
mod tests {
    use super::super::language::{ENGLISH, GERMAN};
    use super::*;

    #[test]
    fn the_page_has_no_inline_code_and_sends_its_form_to_its_own_address() {
        assert_eq!(PAGE.matches(MESSAGE).count(), 1);
        assert!(!PAGE.contains("<style") && !PAGE.contains("<script") && !PAGE.contains("style="));
        assert!(PAGE.contains(&format!("href=\"{}\"", STYLE_PATH.trim_start_matches('/'))));
        // With the query.
        assert!(PAGE.contains("<form method=\"post\"") && !PAGE.contains("action="));
        assert!(PAGE.len() + STYLE.len() < 4_000);
    }

    #[test]
    fn each_text_of_the_page_is_filled_in() {
        for (texts, lang) in [(ENGLISH, "<html lang=\"en\">"), (GERMAN, "<html lang=\"de\">")] {
            let page = html(&texts);
            assert!(page.contains(lang) && !page.contains('{'), "{page}");
        }
    }

    #[test]
    fn the_field_has_a_label_and_password_managers_recognize_it() {
        assert!(PAGE.contains("<label for=\"password\">") && PAGE.contains("id=\"password\""));
        assert!(PAGE.contains("autocomplete=\"current-password\""));
    }
}
