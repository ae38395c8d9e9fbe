//! Reads `.env`: lines of `NAME=value`, and nothing else.
//!
//! Values are literal: `$` has no meaning, since it would silently change a password's hash. Single or double quotes
//! around a value are removed; within double quotes a backslash escapes a quote or a backslash. `#` starts a comment at
//! the beginning of a line or after a space. `export` before the name is ignored.

use std::collections::HashMap;

/// What is wrong with a line. The texts do not repeat the line, since it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DotEnvError {
    /// Not text in UTF-8.
    #[error("save it as UTF-8")]
    Encoding,
    /// No `=`, or something else than a name before it.
    #[error("line {0}: write NAME=value")]
    Name(usize),
    /// An opening quote without a closing one.
    #[error("line {0}: close the quote")]
    OpenQuote(usize),
    /// Text after the closing quote.
    #[error("line {0}: remove the text after the closing quote")]
    AfterQuote(usize),
    /// A value with a space in it.
    #[error("line {0}: put the value in single quotes, because it has spaces")]
    Space(usize),
}

/// The variables in the content of a file; of two with one name the first counts.
///
/// # Errors
/// [`DotEnvError`], for the first line that is wrong.
pub fn parse(content: &[u8]) -> Result<HashMap<String, String>, DotEnvError> {
    // Some editors start a file with a byte order mark.
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    let text = std::str::from_utf8(content).map_err(|_| DotEnvError::Encoding)?;
    if text.contains('\0') {
        return Err(DotEnvError::Encoding); // UTF-16 without a byte order mark.
    }
    let mut variables = HashMap::new();
    // Lines may end with CR LF, LF or CR.
    for (index, line) in text.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
        if let Some((name, value)) = parse_line(line.trim(), index + 1)? {
            variables.entry(name.to_owned()).or_insert(value);
        }
    }
    Ok(variables)
}

fn parse_line(line: &str, number: usize) -> Result<Option<(&str, String)>, DotEnvError> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or(DotEnvError::Name(number))?;
    let name = name.trim();
    let name = name.strip_prefix("export ").map_or(name, str::trim);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(DotEnvError::Name(number));
    }
    let value = value.trim();
    let value = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(&value[1..], quote, number)?,
        _ => unquoted(value, number)?.to_owned(),
    };
    Ok(Some((name, value)))
}

/// The value before a comment.
fn unquoted(value: &str, number: usize) -> Result<&str, DotEnvError> {
    if value.starts_with('#') {
        return Ok("");
    }
    let value = value.find(" #").or_else(|| value.find("\t#")).map_or(value, |end| value[..end].trim_end());
    if value.contains([' ', '\t']) { Err(DotEnvError::Space(number)) } else { Ok(value) }
}

/// The value up to the closing quote; only a comment may follow.
fn quoted(text: &str, quote: char, number: usize) -> Result<String, DotEnvError> {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => {
                let rest = chars.as_str().trim_start();
                let is_comment = rest.is_empty() || rest.starts_with('#');
                return if is_comment { Ok(value) } else { Err(DotEnvError::AfterQuote(number)) };
            }
            '\\' if quote == '"' => match chars.next() {
                Some(c @ ('"' | '\\')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => return Err(DotEnvError::OpenQuote(number)),
            },
            c => value.push(c),
        }
    }
    Err(DotEnvError::OpenQuote(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";

    fn value(line: &str) -> Result<String, DotEnvError> {
        parse(line.as_bytes()).map(|mut variables| variables.remove("X").unwrap_or_default())
    }

    #[test]
    fn a_dollar_sign_is_literal_with_and_without_quotes() -> Result<(), DotEnvError> {
        for quote in ["", "'", "\""] {
            assert_eq!(value(&format!("X={quote}{HASH}{quote}"))?, HASH);
        }
        Ok(())
    }

    #[test]
    fn quotes_comments_and_export_are_not_part_of_the_value() -> Result<(), DotEnvError> {
        let cases = [
            ("X=a", "a"),
            (" export X = a # comment", "a"),
            ("X=a#b", "a#b"),
            ("X=# comment", ""),
            ("X='a # b' # comment", "a # b"),
            (r#"X="a \"b\" \n \\""#, r#"a "b" \n \"#),
            ("X='it\\'", "it\\"),
            ("# X=a", ""),
            ("X=a\nX=b", "a"),
            ("Y=1\r\nX=a\r\n", "a"),
            ("Y=1\rX=a\r", "a"),
            ("\u{feff}X=a", "a"),
        ];
        for (line, expected) in cases {
            assert_eq!(value(line)?, expected, "{line}");
        }
        Ok(())
    }

    #[test]
    fn an_error_names_the_line() {
        assert_eq!(value("Y=1\n\nX"), Err(DotEnvError::Name(3)));
        assert_eq!(value("# a\r\nX Y=1"), Err(DotEnvError::Name(2)));
        assert_eq!(value("X=a b"), Err(DotEnvError::Space(1)));
        assert_eq!(value("X='a"), Err(DotEnvError::OpenQuote(1)));
        assert_eq!(value("X=\"a\\"), Err(DotEnvError::OpenQuote(1)));
        assert_eq!(value("X='a' b"), Err(DotEnvError::AfterQuote(1)));
        for encoded in [&b"\xFF\xFEX\0=\0a\0"[..], b"X\0=\0a\0", b"X=\xE9"] {
            assert_eq!(parse(encoded), Err(DotEnvError::Encoding));
        }
    }

    proptest! {
        #[test]
        fn every_value_in_single_quotes_is_literal(expected in "[^'\r\n\0]{0,40}") {
            prop_assert_eq!(value(&format!("X='{expected}'")), Ok(expected));
        }

        #[test]
        fn no_content_panics(content in proptest::collection::vec(any::<u8>(), 0..60)) {
            parse(&content).ok();
        }
    }
}
