//! JSON as Python's `json` module reads it, whose error messages the service sends.
//!
//! Python takes a little more than JSON allows: `NaN`, `Infinity`, numbers that are too large, and halves of surrogate
//! pairs, which JavaScript writes where a text was cut inside a character. This follows CPython's `_json.c` up to 3.12.

use std::fmt;

use serde_json::{Map, Number, Value};

/// The same as the limit of `serde_json`.
const MOST_LEVELS: usize = 128;

/// Why a text is no JSON, and at which character, from 0.
#[derive(Debug, PartialEq)]
pub(super) struct Problem {
    text: &'static str,
    line: usize,
    column: usize,
    at: usize,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {} column {} (char {})", self.text, self.line, self.column, self.at)
    }
}

/// Parses a text. A number that a JSON value cannot hold is the largest one.
///
/// # Errors
/// Returns the error message of Python.
pub(super) fn read(text: &str) -> Result<Value, Problem> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    reader.document().map_err(|(text, at)| {
        let before = &reader.chars[..at];
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
        Problem { text, line, column, at }
    })
}

/// A message and the character that it is about.
type SyntaxError = (&'static str, usize);

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn document(&mut self) -> Result<Value, SyntaxError> {
        if self.peek() == Some('\u{feff}') {
            return Err(("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
        }
        self.skip_whitespace();
        let value = self.value(MOST_LEVELS)?;
        self.skip_whitespace();
        if self.peek().is_some() { Err(("Extra data", self.at)) } else { Ok(value) }
    }

    fn value(&mut self, levels: usize) -> Result<Value, SyntaxError> {
        let expected = ("Expecting value", self.at);
        let inner = levels.checked_sub(1).ok_or(expected);
        match self.peek() {
            Some('"') => self.string().map(Value::String),
            Some('{') => self.object(inner?),
            Some('[') => self.array(inner?),
            _ => {
                let words = [
                    ("null", Value::Null),
                    ("true", Value::Bool(true)),
                    ("false", Value::Bool(false)),
                    ("NaN", f64::MAX.into()),
                    ("Infinity", f64::MAX.into()),
                    ("-Infinity", f64::MIN.into()),
                ];
                let word = words.into_iter().find(|(word, _)| self.take(word));
                word.map(|(_, value)| value).or_else(|| self.number()).ok_or(expected)
            }
        }
    }

    fn object(&mut self, levels: usize) -> Result<Value, SyntaxError> {
        let mut fields = Map::new();
        self.at += 1;
        self.skip_whitespace();
        if self.take("}") {
            return Ok(Value::Object(fields));
        }
        loop {
            if self.peek() != Some('"') {
                return Err(("Expecting property name enclosed in double quotes", self.at));
            }
            let name = self.string()?;
            self.skip_whitespace();
            if !self.take(":") {
                return Err(("Expecting ':' delimiter", self.at));
            }
            self.skip_whitespace();
            fields.insert(name, self.value(levels)?);
            if self.ends("}")? {
                return Ok(Value::Object(fields));
            }
        }
    }

    fn array(&mut self, levels: usize) -> Result<Value, SyntaxError> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_whitespace();
        if self.take("]") {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(levels)?);
            if self.ends("]")? {
                return Ok(Value::Array(items));
            }
        }
    }

    /// Whether a list ends here; if it does not, skips the comma.
    fn ends(&mut self, bracket: &str) -> Result<bool, SyntaxError> {
        self.skip_whitespace();
        if self.take(bracket) {
            return Ok(true);
        }
        if !self.take(",") {
            return Err(("Expecting ',' delimiter", self.at));
        }
        self.skip_whitespace();
        Ok(false)
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        let unterminated = ("Unterminated string starting at", self.at);
        let mut text = String::new();
        self.at += 1;
        loop {
            let c = self.peek().ok_or(unterminated)?;
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => {
                    let escaped = *self.chars.get(self.at + 1).ok_or(unterminated)?;
                    text.push(match escaped {
                        'u' => self.character()?,
                        _ => self.escape(escaped)?,
                    });
                }
                '\0'..='\u{1f}' => return Err(("Invalid control character at", self.at)),
                _ => {
                    self.at += 1;
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self, escaped: char) -> Result<char, SyntaxError> {
        let character = match escaped {
            '"' | '\\' | '/' => escaped,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => return Err(("Invalid \\escape", self.at)),
        };
        self.at += 2;
        Ok(character)
    }

    /// A character `\uXXXX`, or two that are a surrogate pair. Half of a pair is U+FFFD.
    fn character(&mut self) -> Result<char, SyntaxError> {
        let first = self.unit(self.at)?;
        self.at += 6;
        let is_escape = self.chars.get(self.at..self.at + 2) == Some(&['\\', 'u']);
        // Python looks for the second half only if the text has a character behind it.
        if (0xd800..0xdc00).contains(&first) && is_escape && self.at + 6 < self.chars.len() {
            let second = self.unit(self.at)?;
            if let Some(Ok(character)) = char::decode_utf16([first, second]).next() {
                self.at += 6;
                return Ok(character);
            }
        }
        Ok(char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The four digits of the `\uXXXX` at a place.
    fn unit(&self, at: usize) -> Result<u16, SyntaxError> {
        let digits = self.chars.get(at + 2..at + 6).filter(|_| at + 6 < self.chars.len());
        let value = digits.and_then(|digits| {
            digits.iter().try_fold(0, |value, digit| Some(value * 16 + digit.to_digit(16)?))
        });
        value.and_then(|value| u16::try_from(value).ok()).ok_or(("Invalid \\uXXXX escape", at + 1))
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        let skip_digits = |reader: &mut Self| {
            let from = reader.at;
            while reader.peek().is_some_and(|c| c.is_ascii_digit()) {
                reader.at += 1;
            }
            reader.at > from
        };
        self.take("-");
        // No digit follows a first 0; Python calls what follows extra.
        if !self.take("0") && !skip_digits(self) {
            self.at = start;
            return None;
        }
        for (marks, signs) in [(["."].as_slice(), [].as_slice()), (&["e", "E"], &["+", "-"])] {
            let end = self.at;
            if self.take_one_of(marks) {
                self.take_one_of(signs);
                if !skip_digits(self) {
                    self.at = end;
                }
            }
        }
        let text: String = self.chars[start..self.at].iter().collect();
        let number = text.parse::<i64>().ok().map(Number::from);
        let number = number.or_else(|| Number::from_f64(text.parse::<f64>().ok()?.clamp(f64::MIN, f64::MAX)));
        number.map(Value::Number)
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Skips a word if it comes next.
    fn take(&mut self, word: &str) -> bool {
        let rest = &self.chars[self.at..];
        let comes = word.chars().enumerate().all(|(index, c)| rest.get(index) == Some(&c));
        if comes {
            self.at += word.chars().count();
        }
        comes
    }

    fn take_one_of(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use test_result::TestResult;

    /// Each with the message of Python 3.11.
    #[test]
    fn errors_have_pythons_words_and_places() {
        let cases = [
            ("", "Expecting value: line 1 column 1 (char 0)"),
            ("{not json", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("{\"type\":\"abc", "Unterminated string starting at: line 1 column 9 (char 8)"),
            ("[1,]", "Expecting value: line 1 column 4 (char 3)"),
            ("{\"a\":1,}", "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)"),
            ("nul", "Expecting value: line 1 column 1 (char 0)"),
            (
                "{\"type\":\"é\", x}",
                "Expecting property name enclosed in double quotes: line 1 column 14 (char 13)",
            ),
            ("{\"é\":\"ü\"\n \"x\":1}", "Expecting ',' delimiter: line 2 column 2 (char 10)"),
            ("[", "Expecting value: line 1 column 2 (char 1)"),
            ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("{\"a\"", "Expecting ':' delimiter: line 1 column 5 (char 4)"),
            ("{\"a\":", "Expecting value: line 1 column 6 (char 5)"),
            ("{\"a\":1", "Expecting ',' delimiter: line 1 column 7 (char 6)"),
            ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
            ("{\"a\":1 \"b\":2}", "Expecting ',' delimiter: line 1 column 8 (char 7)"),
            ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
            ("1 2", "Extra data: line 1 column 3 (char 2)"),
            ("{} x", "Extra data: line 1 column 4 (char 3)"),
            ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
            ("\"\\u12\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("\"\\u12g4\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("\"\\u123", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("\"a\\", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("\"\t\"", "Invalid control character at: line 1 column 2 (char 1)"),
            ("\"\n\"", "Invalid control character at: line 1 column 2 (char 1)"),
            ("01", "Extra data: line 1 column 2 (char 1)"),
            ("-", "Expecting value: line 1 column 1 (char 0)"),
            ("-x", "Expecting value: line 1 column 1 (char 0)"),
            ("+1", "Expecting value: line 1 column 1 (char 0)"),
            (".5", "Expecting value: line 1 column 1 (char 0)"),
            ("1.", "Extra data: line 1 column 2 (char 1)"),
            ("1.e", "Extra data: line 1 column 2 (char 1)"),
            ("1e", "Extra data: line 1 column 2 (char 1)"),
            ("1e+", "Extra data: line 1 column 2 (char 1)"),
            ("tru", "Expecting value: line 1 column 1 (char 0)"),
            ("\u{feff}{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
            ("{'a':1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("[1,\n2,\n ü]", "Expecting value: line 3 column 2 (char 8)"),
            ("{\"a\":\"\\ud83d\\u12g4x\"}", "Invalid \\uXXXX escape: line 1 column 14 (char 13)"),
            ("\"\\ud83d\\ude00", "Invalid \\uXXXX escape: line 1 column 9 (char 8)"),
            ("  ", "Expecting value: line 1 column 3 (char 2)"),
            ("{\"a\":1}}", "Extra data: line 1 column 8 (char 7)"),
            ("[[1,2]", "Expecting ',' delimiter: line 1 column 7 (char 6)"),
            ("{\"a\":[1,2}", "Expecting ',' delimiter: line 1 column 10 (char 9)"),
            ("\"\\ud83d\\", "Unterminated string starting at: line 1 column 1 (char 0)"),
            ("\"\\ud83d\\u", "Invalid \\uXXXX escape: line 1 column 9 (char 8)"),
            ("1e5 e", "Extra data: line 1 column 5 (char 4)"),
            ("{\"a\":-}", "Expecting value: line 1 column 6 (char 5)"),
            ("[,]", "Expecting value: line 1 column 2 (char 1)"),
            ("{,}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("-Inf", "Expecting value: line 1 column 1 (char 0)"),
            ("{\"a\":NaNs}", "Expecting ',' delimiter: line 1 column 9 (char 8)"),
            ("\"\\u1234", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("\"\\u 123\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("\"\\u-123\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                read(text).map_err(|problem| problem.to_string()),
                Err(expected.to_owned()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn json_is_read_as_serde_reads_it() -> TestResult {
        let texts = [
            r#"{"a": [1, -2.5e-3, true, false, null, "x\n\u00e9\ud83d\ude00\/"], "b": {}, "c": []}"#,
            " [0, -0.0, 1E+2, 9007199254740993, 18446744073709551616] \n",
            r#""\"\\\b\f\r\t""#,
            r#"{"a": 1, "a": 2}"#,
        ];
        for text in texts {
            let expected: Value = serde_json::from_str(text)?;
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        Ok(())
    }

    #[test]
    fn what_python_takes_and_json_forbids_is_read() {
        assert_eq!(read("[NaN, Infinity, 1e999]"), Ok(json!([f64::MAX, f64::MAX, f64::MAX])));
        assert_eq!(read("[-Infinity, -1e999]"), Ok(json!([f64::MIN, f64::MIN])));
        assert_eq!(
            read(r#""a\ud83db\ude00\ud83d\ud83d\ude00\ud83d\n""#),
            Ok(json!("a\u{fffd}b\u{fffd}\u{fffd}😀\u{fffd}\n"))
        );
    }

    #[test]
    fn deep_lists_end_with_an_error() {
        let deep = |levels: usize| read(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
        assert!(deep(MOST_LEVELS - 1).is_ok());
        assert_eq!(deep(100_000).map_err(|problem| problem.text), Err("Expecting value"));
    }
}
