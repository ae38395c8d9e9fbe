//! Where values come from, and what becomes of them.

use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::ArgMatches;
use ipnet::IpNet;
use reqwest::Url;
use secrecy::SecretString;

use super::{ConfigError, SETTINGS};
use crate::login::{LEAST_CHARACTERS, MOST_CHARACTERS, is_hash};

/// The older name of `MIN_TURN_SILENCE`, which AssemblyAI's examples of 2025 use.
pub(super) const OLD_MIN_TURN_SILENCE: &str = "MIN_END_OF_TURN_SILENCE_WHEN_CONFIDENT";
/// How the hashes that `ACCESS_PASSWORD` takes begin (the PHC string format).
const ARGON2: &str = "$argon2";

/// Where values come from.
pub(super) struct Values<'a, F> {
    pub(super) flags: &'a ArgMatches,
    pub(super) environment: F,
}

impl<F: Fn(&str) -> Option<String>> Values<'_, F> {
    /// The value, or the default; what is empty counts as not set.
    pub(super) fn get(&self, variable: &str) -> Option<String> {
        let flag = self.flags.try_get_one::<String>(variable).ok().flatten().cloned();
        let set = |value: String| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        let given = flag.and_then(set).or_else(|| (self.environment)(variable).and_then(set));
        given.or_else(|| {
            let setting = SETTINGS.iter().find(|setting| setting.variable == variable)?;
            (!setting.default.is_empty()).then(|| setting.default.to_owned())
        })
    }

    pub(super) fn optional<T>(
        &self,
        variable: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.get(variable) else { return Ok(None) };
        parse(&value).map(Some).ok_or_else(|| bad(variable, &value))
    }

    /// For settings that have a default.
    pub(super) fn parsed<T>(
        &self,
        variable: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        self.optional(variable, parse)?.ok_or_else(|| bad(variable, ""))
    }

    /// For what no message may show.
    pub(super) fn secret(
        &self,
        variable: &'static str,
        is_good: impl Fn(&str) -> bool,
    ) -> Result<Option<SecretString>, ConfigError> {
        match self.get(variable) {
            None => Ok(None),
            Some(value) if is_good(&value) => Ok(Some(SecretString::from(value))),
            Some(_) => Err(ConfigError::BadSecret { variable, range: range_of(variable) }),
        }
    }
}

fn bad(variable: &'static str, value: &str) -> ConfigError {
    let name = if variable == OLD_MIN_TURN_SILENCE { "MIN_TURN_SILENCE" } else { variable };
    // A password before the host is one of the things that an address must not have.
    let value = value.rsplit_once('@').map_or(value.to_owned(), |(_, host)| format!("…@{host}"));
    ConfigError::BadValue { variable, value, range: range_of(name) }
}

fn range_of(variable: &str) -> &'static str {
    let setting = SETTINGS.iter().find(|setting| setting.variable == variable);
    setting.map_or("something else", |setting| setting.range)
}

pub(super) fn within<T: FromStr + PartialOrd + Display>(
    range: RangeInclusive<T>,
) -> impl Fn(&str) -> Option<T> {
    move |value| value.parse().ok().filter(|number| range.contains(number))
}

/// An address or a name; an IPv6 address with the brackets of URLs as well.
pub(super) fn host(value: &str) -> Option<String> {
    let bare = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value);
    (!bare.contains(['/', ' ', '[', ']'])).then(|| bare.to_owned())
}

pub(super) fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Several values with commas between; empty ones do not count.
pub(super) fn list<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Option<Vec<T>> {
    move |value| value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(&parse).collect()
}

/// An origin as browsers write it: scheme, host and, where it is not the scheme's own, port.
pub(super) fn origin(value: &str) -> Option<String> {
    let url = Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let origin = url.origin().ascii_serialization();
    // Nothing else in it: whoever writes a path expects it to count.
    (url.as_str().trim_end_matches('/') == origin).then_some(origin)
}

/// A host name or address as it stands in the `Host` field, without its port.
pub(super) fn public_host(value: &str) -> Option<String> {
    let url = Url::parse(&format!("http://{value}")).ok()?;
    let host = url.host_str()?;
    (url.as_str() == format!("http://{host}/")).then(|| host.to_owned())
}

/// An address or a network.
pub(super) fn trusted_proxy(value: &str) -> Option<IpNet> {
    value.parse::<IpNet>().or_else(|_| value.parse::<IpAddr>().map(IpNet::from)).ok()
}

/// A password of some length, or a hash that can be read.
pub(super) fn password(value: &str) -> bool {
    if value.starts_with(ARGON2) {
        return is_hash(value);
    }
    // Other hashes would be taken for passwords, and let in whoever reads the settings.
    !value.starts_with("$2") && (LEAST_CHARACTERS..=MOST_CHARACTERS).contains(&value.chars().count())
}

/// An address that the Redis client takes.
pub(super) fn redis_url(value: &str) -> bool {
    Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "redis" | "rediss") && url.has_host())
}
