//! The setting of the trusted proxies.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::settings::values::{InvalidValue, List, list};

/// The proxies in front of the server.
#[derive(Debug, Clone, clap::Args)]
pub struct ProxySettings {
    /// Proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are trusted
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        value_name = "addresses or networks like 10.0.0.0/8, separated by commas",
        value_parser = networks
    )]
    pub trusted_proxies: List<IpNet>,
}

fn networks(value: &str) -> Result<List<IpNet>, InvalidValue> {
    list(value, network)
}

/// An address or a network.
fn network(value: &str) -> Result<IpNet, InvalidValue> {
    value.parse::<IpNet>().or_else(|_| value.parse::<IpAddr>().map(IpNet::from)).map_err(|_| InvalidValue)
}
