//! The setting of the allowed origins.

use reqwest::Url;

use crate::values::{InvalidValue, List, list};

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
    let origin = match url.scheme() {
        "http" | "https" => url.origin().ascii_serialization(),
        // No page has one of these.
        "ws" | "wss" | "ftp" | "blob" => return Err(InvalidValue),
        // Pages of extensions and of programs: chrome-extension, moz-extension, tauri, app. A local file has no host.
        scheme => {
            format!("{scheme}://{}", url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidValue)?)
        }
    };
    // A path would have no effect, so it is refused rather than ignored.
    let is_origin = url.as_str().trim_end_matches('/') == origin && !origin.contains('*');
    is_origin.then_some(origin).ok_or(InvalidValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_that_of_a_site_an_extension_or_a_program() {
        let read = |value| origin(value).ok();
        for (value, expected) in [
            ("https://Example.org:443/", "https://example.org"),
            ("http://localhost:3000", "http://localhost:3000"),
            (
                "chrome-extension://dofdpnoclkigpakdndmhigfojjecnfln",
                "chrome-extension://dofdpnoclkigpakdndmhigfojjecnfln",
            ),
            (
                "moz-extension://3c0a1b5e-0000-4000-8000-00000000000f",
                "moz-extension://3c0a1b5e-0000-4000-8000-00000000000f",
            ),
            ("tauri://localhost", "tauri://localhost"),
            ("app://obsidian.md", "app://obsidian.md"),
        ] {
            assert_eq!(read(value).as_deref(), Some(expected));
        }
        for value in [
            "*",
            "null",
            "file://",
            "https://example.org/x",
            "https://*.example.org",
            "mailto:a@b",
            "app://*",
            "",
        ] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
