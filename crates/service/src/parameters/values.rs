//! Parses values from a query string or from JSON, with the service's error messages.

use std::fmt::Display;

use serde_json::Value;

/// A whole number, as a number or as text: in a query string all values are text.
pub(super) fn integer(value: &Value) -> Result<i64, String> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 1e15).map(|n| n as i64)),
        _ => None,
    };
    number.ok_or_else(|| match value {
        Value::String(_) => {
            "Input should be a valid integer, unable to parse string as an integer".to_owned()
        }
        _ => "Input should be a valid integer".to_owned(),
    })
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
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    };
    let number = number
        .filter(|n: &f64| n.is_finite())
        .ok_or("Input should be a valid number, unable to parse string as a number")?;
    within(number, 0.0, 1.0)
}

fn within<T: PartialOrd + Display + Copy>(number: T, least: T, most: T) -> Result<T, String> {
    if number < least {
        return Err(format!("Input should be greater than or equal to {least}"));
    }
    if number > most {
        return Err(format!("Input should be less than or equal to {most}"));
    }
    Ok(number)
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
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
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
