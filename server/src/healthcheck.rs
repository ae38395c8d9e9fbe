//! Asks a server with the same settings whether it is alive: what containers without a shell have for a probe.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use reqwest::{Client, StatusCode};

use crate::config::Config;

/// How long the server may take: less than the 5 s that probes are usually given.
const LIMIT: Duration = Duration::from_secs(3);

/// Why the server is not known to be alive.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// It listens on a port that nobody knows.
    #[error("PORT is 0, so that the server took a free port: there is no telling which")]
    AnyPort,
    /// The question could not be asked at all.
    #[error("cannot ask")]
    Client(#[source] reqwest::Error),
    /// Nobody answers, or not in time.
    #[error("no answer from {address}")]
    NoAnswer {
        /// What was asked.
        address: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// It answers, but not well.
    #[error("{address} answers with status {status}")]
    Unwell {
        /// What was asked.
        address: String,
        /// Other than 200 to 299.
        status: StatusCode,
    },
}

/// Asks `GET /healthz` of the server that runs with these settings on this machine.
///
/// # Errors
/// [`HealthcheckError`], where it is not alive.
pub async fn run(config: &Config) -> Result<(), HealthcheckError> {
    if config.port == 0 {
        return Err(HealthcheckError::AnyPort);
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}:{}/healthz", reachable(&config.host), config.port);
    // The source of cryptography for reqwest, once in a process: an error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Its certificate is for its public name, and here it is asked by another; nothing secret is sent.
    let client = Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).timeout(LIMIT).build();
    match client.map_err(HealthcheckError::Client)?.get(&address).send().await {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(HealthcheckError::Unwell { address, status: response.status() }),
        Err(source) => Err(HealthcheckError::NoAnswer { address, source: source.without_url() }),
    }
}

/// The host of an URL by which this machine reaches a server that listens on `host`.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => format!("[{}]", Ipv6Addr::LOCALHOST),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_this_machine() {
        assert_eq!(reachable("0.0.0.0"), "127.0.0.1");
        assert_eq!(reachable("::"), "[::1]");
        assert_eq!(reachable("::1"), "[::1]");
        assert_eq!(reachable("192.0.2.1"), "192.0.2.1");
        assert_eq!(reachable("localhost"), "localhost");
    }
}
