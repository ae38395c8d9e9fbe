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

/// A value that its setting does not allow, and how to correct it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Remedy(pub(crate) &'static str);

/// The remedy for a secret in quotes: a shell or `.env` removes them, `docker run --env-file` does not.
pub(crate) const REMOVE_QUOTES: Remedy =
    Remedy("remove the quotes around it, which are part of the value here");

/// Whether a value is in single or double quotes.
pub(crate) fn is_quoted(value: &str) -> bool {
    let is_between = |quote: char| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote);
    is_between('"') || is_between('\'')
}

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
