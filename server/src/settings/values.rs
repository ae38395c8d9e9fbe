//! Value parsers that settings of several concerns share.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A list in one value; the alias keeps clap from reading `Vec` as a flag that may be repeated.
pub(crate) type List<T> = Vec<T>;

/// A value that its setting does not allow. The message names the setting and its range, so this has nothing to add.
#[derive(Debug, thiserror::Error)]
#[error("not allowed")]
pub(crate) struct InvalidValue;

/// A number within a range.
pub(crate) fn in_range<T: FromStr + PartialOrd + Display + Clone>(
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, InvalidValue> + Clone {
    move |value| value.parse().ok().filter(|number| range.contains(number)).ok_or(InvalidValue)
}

/// true or false, also as 1 or 0, yes or no, on or off.
pub(crate) fn boolean(value: &str) -> Result<bool, InvalidValue> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(InvalidValue),
    }
}

/// Several values, separated by commas; empty ones are skipped.
pub(crate) fn list<T>(
    value: &str,
    parse: impl Fn(&str) -> Result<T, InvalidValue>,
) -> Result<List<T>, InvalidValue> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(parse).collect()
}
