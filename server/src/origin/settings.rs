//! The setting of the allowed origins.

use reqwest::Url;

use crate::settings::values::{InvalidValue, List, list};

/// Pages of other servers.
#[derive(Debug, Clone, clap::Args)]
pub struct OriginSettings {
    /// Pages of other servers that may request tokens
    #[arg(
        long,
        env = "ALLOWED_ORIGINS",
        default_value = "",
        hide_default_value = true,
        value_name = "origins like https://example.org, separated by commas",
        value_parser = origins
    )]
    pub allowed_origins: List<String>,
}

fn origins(value: &str) -> Result<List<String>, InvalidValue> {
    list(value, origin)
}

/// An origin as browsers write it: scheme, host and, where it is not the scheme's default, port.
fn origin(value: &str) -> Result<String, InvalidValue> {
    let url = Url::parse(value).map_err(|_| InvalidValue)?;
    let origin = url.origin().ascii_serialization();
    // A path would have no effect, so it is refused rather than ignored.
    let is_origin = matches!(url.scheme(), "http" | "https") && url.as_str().trim_end_matches('/') == origin;
    is_origin.then_some(origin).ok_or(InvalidValue)
}
