//! Reads `.env` with dotenvy, but takes `$` literally: dotenvy would substitute it, and silently change a password's hash.

use std::collections::HashMap;

/// What is wrong with the file. The texts do not repeat a line, since it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DotEnvError {
    /// Not text in UTF-8.
    #[error("save it as UTF-8")]
    Encoding,
    /// A line, counted from 1, that dotenvy cannot read.
    #[error("line {0}: write NAME=value, and put a value with spaces or quotes in single quotes")]
    Line(usize),
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
    // Lines may end with CR LF, LF or CR. One at a time: dotenvy's errors name no line.
    for (index, line) in text.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
        let escaped = escape_dollar_signs(line.trim());
        for variable in dotenvy::from_read_iter(escaped.as_bytes()) {
            let (name, value) = variable.map_err(|_| DotEnvError::Line(index + 1))?;
            variables.entry(name).or_insert(value);
        }
    }
    Ok(variables)
}

/// Puts a backslash before each `$` that dotenvy would substitute: all but those in single quotes.
fn escape_dollar_signs(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    let (mut quote, mut is_escaped) = (None, false);
    for c in line.chars() {
        let is_literal = is_escaped || quote == Some('\'');
        if c == '$' && !is_literal {
            escaped.push('\\');
        }
        escaped.push(c);
        is_escaped = c == '\\' && !is_literal;
        match quote {
            None if !is_escaped && !is_literal && matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if c == open && (open == '\'' || !is_literal) => quote = None,
            _ => {}
        }
    }
    escaped
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
            (r#"X="a \"b\" \\""#, r#"a "b" \"#),
            (r"X=a\$b", "a$b"),
            (r#"X="it's $5" # $HOME"#, "it's $5"),
            (r"X='a\b$c'", r"a\b$c"),
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
        assert_eq!(value("Y=1\n\nX Y"), Err(DotEnvError::Line(3)));
        assert_eq!(value("# a\r\nX Y=1"), Err(DotEnvError::Line(2)));
        for line in ["X=a b", "X='a", "X=\"a\\", "X='a' b", r"X='a\'"] {
            assert_eq!(value(line), Err(DotEnvError::Line(1)), "{line}");
        }
        for encoded in [&b"\xFF\xFEX\0=\0a\0"[..], b"X\0=\0a\0", b"X=\xE9"] {
            assert_eq!(parse(encoded), Err(DotEnvError::Encoding));
        }
    }

    proptest! {
        #[test]
        fn every_value_in_single_quotes_is_literal(expected in "[^'\r\n\0\\\\]{0,40}") {
            prop_assert_eq!(value(&format!("X='{expected}'")), Ok(expected));
        }

        #[test]
        fn no_content_panics(content in proptest::collection::vec(any::<u8>(), 0..60)) {
            parse(&content).ok();
        }
    }
}
