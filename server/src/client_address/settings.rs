//! The setting of the trusted proxies.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::values::{InvalidValue, List, list};

/// The bits that stand before an IPv4 address written as IPv6, `::ffff:0:0/96` (RFC 4291, 2.5.5.2).
const MAPPED_PREFIX_BITS: u8 = 96;

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

/// An address or a network; IPv4 that is written as IPv6 becomes IPv4, as the addresses of clients do.
fn network(value: &str) -> Result<IpNet, InvalidValue> {
    let network = value.parse::<IpNet>().or_else(|_| value.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_| InvalidValue)?;
    let mapped = match network {
        IpNet::V6(it) => it.addr().to_ipv4_mapped().zip(it.prefix_len().checked_sub(MAPPED_PREFIX_BITS)),
        IpNet::V4(_) => None,
    };
    let Some((address, bits)) = mapped else { return Ok(network) };
    Ipv4Net::new(address, bits).map(IpNet::V4).map_err(|_| InvalidValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_that_is_written_as_ipv6_is_ipv4() {
        let read = |value| network(value).map(|it| it.to_string()).ok();
        assert_eq!(read("::ffff:10.0.0.0/104").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(read("::ffff:192.0.2.7").as_deref(), Some("192.0.2.7/32"));
        assert_eq!(read("fd00::/8").as_deref(), Some("fd00::/8"));
        assert_eq!(read("::/0").as_deref(), Some("::/0"));
        assert_eq!(read("10.0.0.0/33"), None);
    }
}
