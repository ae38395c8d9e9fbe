//! The addresses of the service, and the regions that a page may choose from.

use assemblyai_protocol::{TOKEN_PATH, WEBSOCKET_PATH};
use reqwest::Url;

/// AssemblyAI's addresses (its documentation, "Select the region"): the first is routed to the nearest region.
const REGIONS: [(&str, &str); 3] = [
    ("global", "https://streaming.assemblyai.com"),
    ("us", "https://streaming.us.assemblyai.com"),
    ("eu", "https://streaming.eu.assemblyai.com"),
];

/// The addresses of the service. One setting gives both, since a token is valid in its own region only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The token endpoint.
    pub token_url: Url,
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
