//! The subcommand `healthcheck`: a probe for containers that have no shell.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use tokio::net::lookup_host;

use crate::settings::Settings;
use crate::state::install_crypto_provider;

/// The name in the URL of a server whose address has a zone; it is not resolved.
const ZONED: &str = "zoned.localhost";
/// How long the server may take to answer; probes usually allow 5 s.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// Why the check failed.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// The server took a free port, which is not known here.
    #[error("PORT is 0, so the server has chosen a free port, which the health check does not know")]
    AnyPort,
    /// The HTTP client could not be built.
    #[error("cannot send a request")]
    Client(#[source] reqwest::Error),
    /// The zone of the address is unknown.
    #[error("HOST is not an address of this machine")]
    Zone(#[source] std::io::Error),
    /// No response, or not in time.
    #[error("no answer from {address}")]
    NoAnswer {
        /// The requested address.
        address: String,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// A response with an error status.
    #[error("{address} answers with status {status}")]
    BadStatus {
        /// The requested address.
        address: String,
        /// Other than 200 to 299.
        status: StatusCode,
    },
}

/// Requests `GET /healthz` from the server that runs with these settings on this machine.
///
/// # Errors
/// [`HealthcheckError`] if it does not answer with success.
pub async fn run(settings: &Settings) -> Result<(), HealthcheckError> {
    if settings.serve.port == 0 {
        return Err(HealthcheckError::AnyPort);
    }
    let scheme = if settings.serve.tls.files().is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}:{}/healthz", reachable(&settings.serve.host), settings.serve.port);
    install_crypto_provider();
    // The certificate is for the public name, not for the loopback address; nothing secret is sent.
    let mut client = Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).timeout(TIME_LIMIT);
    let mut url = address.clone();
    if settings.serve.host.contains('%') {
        // The grammar of URLs has no zones, such as that of fe80::1%eth0.
        let place = (&*settings.serve.host, settings.serve.port);
        let found: Vec<_> = lookup_host(place).await.map_err(HealthcheckError::Zone)?.collect();
        client = client.resolve_to_addrs(ZONED, &found);
        url = format!("{scheme}://{ZONED}:{}/healthz", settings.serve.port);
    }
    match client.build().map_err(HealthcheckError::Client)?.get(&url).send().await {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(HealthcheckError::BadStatus { address, status: response.status() }),
        Err(source) => Err(HealthcheckError::NoAnswer { address, source: source.without_url() }),
    }
}

/// The host in the URL of a server on this machine that listens on `host`.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => format!("[{}]", Ipv6Addr::LOCALHOST),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ if host.contains('%') => format!("[{host}]"),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_checked_on_loopback() {
        assert_eq!(reachable("0.0.0.0"), "127.0.0.1");
        assert_eq!(reachable("::"), "[::1]");
        assert_eq!(reachable("::1"), "[::1]");
        assert_eq!(reachable("192.0.2.1"), "192.0.2.1");
        assert_eq!(reachable("localhost"), "localhost");
    }
}
