//! The texts of the login page, in the languages of the interface.

use axum::http::{HeaderMap, header};

/// The texts of the login page in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Texts {
    /// The language's tag (BCP 47).
    pub(super) language: &'static str,
    pub(super) heading: &'static str,
    pub(super) password: &'static str,
    pub(super) sign_in: &'static str,
    pub(super) wrong: &'static str,
    /// `{}` is the number of seconds.
    pub(super) too_many: &'static str,
    pub(super) unreadable: &'static str,
    /// The title and the link of a page that leads to another at once.
    pub(super) one_moment: &'static str,
    pub(super) go_on: &'static str,
}

pub(super) const ENGLISH: Texts = Texts {
    language: "en",
    heading: "Speech to text",
    password: "Password",
    sign_in: "Sign in",
    wrong: "Wrong password.",
    too_many: "Too many attempts. Wait {} s, then try again.",
    unreadable: "The form did not arrive completely. Try again.",
    one_moment: "One moment",
    go_on: "Continue",
};

pub(super) const GERMAN: Texts = Texts {
    language: "de",
    heading: "Sprache zu Text",
    password: "Passwort",
    sign_in: "Anmelden",
    wrong: "Falsches Passwort.",
    too_many: "Zu viele Versuche. Warte {} s, dann versuche es noch einmal.",
    unreadable: "Das Formular kam nicht vollständig an. Versuche es noch einmal.",
    one_moment: "Einen Moment",
    go_on: "Weiter",
};

/// The texts in the language that the browser prefers, which decides in the page too.
pub(super) fn texts(headers: &HeaderMap) -> &'static Texts {
    let accepted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // RFC 9110, 12.5.4: ranges with weights, 1 by default. Of several with the same weight the first is preferred.
    let ranges = accepted.split(',').map(|range| {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        (tag.trim(), weight.unwrap_or_default())
    });
    let preferred = ranges.reduce(|best, range| if range.1 > best.1 { range } else { best });
    let language = preferred.and_then(|(tag, _)| tag.split('-').next()).unwrap_or_default();
    if language.eq_ignore_ascii_case("de") { &GERMAN } else { &ENGLISH }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_preferred_language_decides() {
        let german = ["de", "DE-at", "de-DE,de;q=0.9,en;q=0.8", "en;q=0.5, de;q=0.7", "en; q=0.5, de"];
        let english =
            ["", "en", "en-US,en;q=0.9,de;q=0.8", "fr, de;q=0.9", "*", "den", "de;q=odd, en", "de;q=0.2,en"];
        for (accepted, texts) in
            german.map(|it| (it, &GERMAN)).into_iter().chain(english.map(|it| (it, &ENGLISH)))
        {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted))]);
            assert_eq!(super::texts(&headers), texts, "{accepted}");
        }
        assert_eq!(super::texts(&HeaderMap::new()), &ENGLISH);
    }
}
