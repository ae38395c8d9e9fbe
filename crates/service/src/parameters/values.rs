//! Parses values from a query string or from JSON, with the service's error messages.

use std::cmp::Ordering;
use std::fmt::Display;
use std::num::{IntErrorKind, ParseIntError};

use serde_json::Value;

/// A whole number, as a number or as text: in a query string all values are text.
pub(super) fn integer(value: &Value) -> Result<i64, String> {
    let number = match value {
        Value::String(text) => integer_in_text(text),
        Value::Bool(value) => Some(i64::from(*value)),
        // Of a number that is too large only the range matters: `as` keeps it there.
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64))
        }
        _ => None,
    };
    number.ok_or_else(|| {
        let why = match value {
            Value::String(_) => ", unable to parse string as an integer",
            Value::Number(_) => ", got a number with a fractional part",
            _ => "",
        };
        format!("Input should be a valid integer{why}")
    })
}

/// A whole number as pydantic reads it from text: `60.0`, `+60` and `1_000` are numbers too. One that is too large is the
/// largest.
pub(crate) fn integer_in_text(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    without_underscores(whole)?.parse().map_or_else(
        |error: ParseIntError| match error.kind() {
            IntErrorKind::PosOverflow => Some(i64::MAX),
            IntErrorKind::NegOverflow => Some(i64::MIN),
            _ => None,
        },
        Some,
    )
}

/// A number without the underscores between its digits; `None` if one is elsewhere.
fn without_underscores(number: &str) -> Option<String> {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut parts = number.split('_');
    let mut joined = parts.next()?.to_owned();
    for part in parts {
        if !is_digit(joined.chars().next_back()) || !is_digit(part.chars().next()) {
            return None;
        }
        joined.push_str(part);
    }
    Some(joined)
}

/// A whole number from `least` to `most`.
pub(super) fn integer_in(value: &Value, least: i64, most: i64) -> Result<u32, String> {
    let number = within(integer(value)?, least, most)?;
    u32::try_from(number).map_err(|_| "Input should be a valid integer".to_owned())
}

/// A duration of silence in ms; the service clamps it to 50–10 000 and rejects only negative numbers.
pub(super) fn silence_ms(value: &Value) -> Result<u32, String> {
    let number = integer(value)?;
    within(number, 0, i64::MAX)?;
    Ok(number.clamp(50, 10_000) as u32)
}

/// A number from 0 to 1.
pub(super) fn fraction(value: &Value) -> Result<f64, String> {
    let number = match value {
        Value::String(text) => without_underscores(text.trim()).and_then(|number| number.parse().ok()),
        Value::Bool(value) => Some(f64::from(*value)),
        value => value.as_f64(),
    };
    let number = number.ok_or("Input should be a valid number, unable to parse string as a number")?;
    within(number, 0.0, 1.0)
}

fn within<T: PartialOrd + Display + Copy>(number: T, least: T, most: T) -> Result<T, String> {
    if number < least {
        return Err(format!("Input should be greater than or equal to {least}"));
    }
    // NaN, which text can be, is in no range.
    match number.partial_cmp(&most) {
        Some(Ordering::Less | Ordering::Equal) => Ok(number),
        _ => Err(format!("Input should be less than or equal to {most}")),
    }
}

/// `true` or `false` in any case (the Python SDK writes `True`), or another word that pydantic accepts.
pub(super) fn boolean(value: &Value) -> Result<bool, String> {
    let read = match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" | "yes" | "y" | "on" => Some(true),
            "false" | "0" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        },
        Value::Number(number) => {
            [false, true].into_iter().find(|value| number.as_f64() == Some(f64::from(*value)))
        }
        _ => None,
    };
    read.ok_or_else(|| "Input should be a valid boolean, unable to interpret input".to_owned())
}

/// Text of at most `most` characters.
pub(super) fn text(name: &str, value: &Value, most: usize) -> Result<String, String> {
    let text = value.as_str().ok_or("Input should be a valid string")?;
    let count = text.chars().count();
    if count > most {
        return Err(format!("Value error, {name} exceeds maximum length of {most} characters (got {count})"));
    }
    Ok(text.to_owned())
}

/// One of a list of words; returns the value that belongs to it.
pub(super) fn one_of<T: Copy>(value: &Value, words: &[(&str, T)]) -> Result<T, String> {
    let given = value.as_str();
    let found = words.iter().find(|(word, _)| given == Some(word));
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    found.map(|(_, meaning)| *meaning).ok_or_else(|| should_be(&names))
}

/// `Input should be 'a', 'b' or 'c'`.
pub(super) fn should_be(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("Input should be {} or {last}", rest.join(", "))
        }
        _ => format!("Input should be {}", quoted.concat()),
    }
}

/// A JSON array of strings; in a query string, the text of one.
pub(super) fn list(value: &Value) -> Result<Vec<String>, String> {
    let array = match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        value => Some(value.clone()),
    };
    let Some(Value::Array(items)) = array else {
        return Err("Value error, Invalid JSON array".to_owned());
    };
    items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Ok(text),
            _ => Err("Input should be a valid string".to_owned()),
        })
        .collect()
}

/// The texts of a list, which a query string has as JSON, or the only one.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let owned = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match value {
        Value::Array(list) => list.iter().map(owned).collect(),
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| vec![text.clone()]),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn booleans_are_parsed_in_any_case() {
        for (text, expected) in [("true", true), ("True", true), ("FALSE", false), ("False", false)] {
            assert_eq!(boolean(&json!(text)), Ok(expected));
        }
        assert!(boolean(&json!("maybe")).is_err());
        assert!(boolean(&json!(2)).is_err());
        assert_eq!((boolean(&json!(1.0)), boolean(&json!(0))), (Ok(true), Ok(false)));
    }

    #[test]
    fn whole_numbers_are_read_as_pydantic_reads_them() {
        let sixty = ["60", " 60\n", "60\u{a0}", "60.0", "60.000", "+60", "6_0", "6_0.0", "0060", "0_60"];
        for text in sixty {
            assert_eq!(integer(&json!(text)), Ok(60), "{text:?}");
        }
        for wrong in [
            "60.", ".0", "0.", "60.5", "60.0_0", "1.0.0", "+-60", "--6", "- 6", "6e1", "0x3c", "60,0", "_60",
            "60_", "6__0", "-_6", "-", "", " ", "٦٠",
        ] {
            let expected = "Input should be a valid integer, unable to parse string as an integer";
            assert_eq!(integer(&json!(wrong)), Err(expected.to_owned()), "{wrong:?}");
        }
        let numbers = [(json!(60.0), 60), (json!(true), 1), (json!(1e20), i64::MAX), (json!("-0"), 0)];
        for (value, expected) in numbers {
            assert_eq!(integer(&value), Ok(expected), "{value}");
        }
        let expected = "Input should be a valid integer, got a number with a fractional part";
        assert_eq!(integer(&json!(60.5)), Err(expected.to_owned()));
        assert_eq!(integer(&json!(null)), Err("Input should be a valid integer".to_owned()));
    }

    #[test]
    fn a_number_that_is_too_large_is_out_of_range() {
        for (value, problem) in [
            (json!("99999999999999999999"), "less than or equal to 600"),
            (json!("+99999999999999999999.0"), "less than or equal to 600"),
            (json!("-99999999999999999999"), "greater than or equal to 1"),
            (json!(-1e20), "greater than or equal to 1"),
        ] {
            assert_eq!(integer_in(&value, 1, 600), Err(format!("Input should be {problem}")), "{value}");
        }
    }

    #[test]
    fn fractions_are_read_as_pydantic_reads_them() {
        for text in ["0.5", " 0.5 ", "+.5", "5e-1", "0_0.5"] {
            assert_eq!(fraction(&json!(text)), Ok(0.5), "{text}");
        }
        for text in ["nan", "inf", "1e999", "1_0"] {
            let expected = "Input should be less than or equal to 1";
            assert_eq!(fraction(&json!(text)), Err(expected.to_owned()), "{text}");
        }
        for text in ["0x1", "", "٠.٥", "0._5"] {
            let expected = "Input should be a valid number, unable to parse string as a number";
            assert_eq!(fraction(&json!(text)), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn lists_are_one_json_array() {
        assert_eq!(list(&json!(r#"["a", "b"]"#)), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(list(&json!([])), Ok(vec![]));
        for bad in [json!("a,b"), json!("\"a\""), json!(7), json!({}), json!("[1]")] {
            assert!(list(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn silences_are_clamped() {
        assert_eq!(silence_ms(&json!("1")), Ok(50));
        assert_eq!(silence_ms(&json!(99_999)), Ok(10_000));
        assert!(silence_ms(&json!(-1)).is_err());
    }

    #[test]
    fn errors_about_numbers_out_of_range_name_the_bound() {
        assert_eq!(
            integer_in(&json!("4"), 5, 3600),
            Err("Input should be greater than or equal to 5".to_owned())
        );
        assert_eq!(fraction(&json!("1.5")), Err("Input should be less than or equal to 1".to_owned()));
        assert!(fraction(&json!("NaN")).is_err());
        assert!(integer(&json!(1.5)).is_err());
    }
}
