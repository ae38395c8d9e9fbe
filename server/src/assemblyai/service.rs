//! The addresses of the service, and the regions that a page may choose from.

use assemblyai_protocol::{TOKEN_PATH, WEBSOCKET_PATH};
use reqwest::Url;

/// AssemblyAI's addresses (its documentation, "Select the region"): the first is routed to the nearest region.
const REGIONS: [(&str, &str); 3] = [
    ("global", "https://streaming.assemblyai.com"),
    ("us", "https://streaming.us.assemblyai.com"),
    ("eu", "https://streaming.eu.assemblyai.com"),
];

/// Path of the endpoint for narrowed tokens (AssemblyAI's documentation, "Temporary tokens").
const NARROWED_TOKEN_PATH: &str = "/v1/token";

/// The addresses of the service. One setting gives both, since a token is valid in its own region only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The token endpoint.
    pub token_url: Url,
    /// The token endpoint that can narrow what a token may do.
    pub narrowed_token_url: Url,
    /// The socket's address, without parameters.
    pub websocket_url: Url,
}

/// The service in one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The name by which `GET /token?region=` knows it.
    pub name: &'static str,
    /// Its addresses.
    pub service: Service,
}

/// AssemblyAI mints narrowed tokens on hosts of their own: `token.eu.` belongs to `streaming.eu.` Another host, such as
/// a mock or a proxy, serves both.
fn narrowed_token_url(mut url: Url) -> Option<Url> {
    let is_assemblyai = |host: &&str| host.ends_with(".assemblyai.com");
    let zone = url.host_str().filter(is_assemblyai).and_then(|host| host.strip_prefix("streaming."));
    if let Some(host) = zone.map(|zone| format!("token.{zone}")) {
        url.set_host(Some(&host)).ok()?;
    }
    Some(url)
}

impl Service {
    /// The endpoints below a base URL; `None` if it is not an http or https address, or has more than host, port and
    /// path.
    pub fn at(base_url: &str) -> Option<Self> {
        let base = Url::parse(base_url).ok()?;
        let plain = base.username().is_empty() && base.password().is_none() && base.query().is_none();
        if !plain || base.fragment().is_some() || !base.has_host() {
            return None;
        }
        let below = |scheme: &str, path: &str| {
            let rest = base.as_str().trim_end_matches('/').split_once("://")?.1;
            Url::parse(&format!("{scheme}://{rest}{path}")).ok()
        };
        let websocket_scheme = match base.scheme() {
            "http" => "ws",
            "https" => "wss",
            _ => return None,
        };
        Some(Self {
            token_url: below(base.scheme(), TOKEN_PATH)?,
            narrowed_token_url: narrowed_token_url(below(base.scheme(), NARROWED_TOKEN_PATH)?)?,
            websocket_url: below(websocket_scheme, WEBSOCKET_PATH)?,
        })
    }

    /// The regions that a page may choose from: all of them if this is the global address, which is the default. None
    /// if it is one region, which the audio must not leave, or another address (a mock, a proxy), whose regions are
    /// unknown.
    pub fn regions(&self) -> Vec<Region> {
        let regions =
            REGIONS.iter().filter_map(|&(name, url)| Some(Region { name, service: Self::at(url)? }));
        let regions: Vec<Region> = regions.collect();
        if regions.first().is_some_and(|global| global.service == *self) { regions } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowed_tokens_come_from_the_token_host_of_the_same_zone() {
        let narrowed = |base| Service::at(base).map(|service| service.narrowed_token_url.to_string());
        for (base, url) in [
            ("https://streaming.assemblyai.com", "https://token.assemblyai.com/v1/token"),
            ("https://streaming.eu.assemblyai.com", "https://token.eu.assemblyai.com/v1/token"),
            ("https://streaming.us.assemblyai.com/", "https://token.us.assemblyai.com/v1/token"),
            ("http://localhost:8765/proxy", "http://localhost:8765/proxy/v1/token"),
            ("https://streaming.example.org", "https://streaming.example.org/v1/token"),
        ] {
            assert_eq!(narrowed(base).as_deref(), Some(url));
        }
    }
}
