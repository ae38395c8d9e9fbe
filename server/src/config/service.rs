//! Where the service is, and in which regions a page may choose to have it.

use assemblyai_protocol::{TOKEN_PATH, WEBSOCKET_PATH};
use reqwest::Url;

/// AssemblyAI's own addresses (its documentation, "Select the region"): routed to whatever is nearest in the US or the
/// EU, or kept in one of them.
const REGIONS: [(&str, &str); 3] = [
    ("global", "https://streaming.assemblyai.com"),
    ("us", "https://streaming.us.assemblyai.com"),
    ("eu", "https://streaming.eu.assemblyai.com"),
];

/// Where the service is: one setting for token and socket, since a token is good in its own region only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The token endpoint.
    pub token_url: Url,
    /// The socket's address, without parameters.
    pub websocket_url: Url,
}

/// The service in one place of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The name by which `GET /token?region=` knows it.
    pub name: &'static str,
    /// Where it is.
    pub service: Service,
}

impl Service {
    /// The endpoints below a base URL, `None` where it is no http or https address, or holds more than host,
    /// port and path.
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

    /// The regions that a page may choose from, this address among them: all where it is the global one, that of the
    /// default settings. None where it was set to one region, which speech must then not leave, nor for a mock or a
    /// proxy, of which nobody knows where else it is.
    pub fn regions(&self) -> Vec<Region> {
        let regions =
            REGIONS.iter().filter_map(|&(name, url)| Some(Region { name, service: Self::at(url)? }));
        let regions: Vec<Region> = regions.collect();
        if regions.first().is_some_and(|global| global.service == *self) { regions } else { Vec::new() }
    }
}
