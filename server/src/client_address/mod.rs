//! The client's address, which the limits count by, and whether the client uses https.
//!
//! Proxies write `X-Forwarded-For`, and clients can forge it. Each proxy appends the address that its request came from,
//! so the list is read from its end, and only as long as the addresses are those of trusted proxies.

mod settings;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;

pub use self::settings::ProxySettings;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Whether it should be: the port is that of https.
    pub misses_tls: bool,
}

impl Default for Peer {
    /// This machine, for a router that is called without a connection.
    fn default() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::LOCALHOST), tls: false, misses_tls: false }
    }
}

/// The sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// The client's address, as trusted proxies report it.
    pub(crate) address: IpAddr,
    /// Whether the client's browser sees https.
    pub(crate) https: bool,
    /// Whether a trusted proxy forwarded the request.
    pub(crate) by_proxy: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self { address: Peer::default().address, https: false, by_proxy: false }
    }
}

impl Client {
    /// Evaluates the proxies' headers if the peer is a trusted proxy.
    pub(crate) fn new(peer: Peer, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let address = peer.address.to_canonical();
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
        if trusted.is_empty() || !is_trusted(address) {
            return Self { address, https: peer.tls, by_proxy: false };
        }
        let mut client = address;
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|&byte| byte == b','));
        for hop in hops {
            // No trusted proxy writes anything but addresses: the last valid one counts.
            let Some(hop) = std::str::from_utf8(hop).ok().and_then(address_of) else { break };
            client = hop;
            if !is_trusted(hop) {
                break;
            }
        }
        // The nearest proxy writes the last value.
        let scheme = headers.get_all(FORWARDED_PROTO).iter().next_back();
        let scheme = scheme.and_then(|line| line.as_bytes().rsplit(|&byte| byte == b',').next());
        // Some proxies name the scheme of a WebSocket.
        let is_https =
            |scheme: &[u8]| [&b"https"[..], b"wss"].iter().any(|it| scheme.eq_ignore_ascii_case(it));
        let https = scheme.map_or(peer.tls, |scheme| is_https(scheme.trim_ascii()));
        Self { address: client, https, by_proxy: true }
    }
}

/// An address as proxies write it: with or without a port, IPv6 also in brackets or with a zone.
fn address_of(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Some((address, _zone)) = text.split_once('%') {
        return address.trim_start_matches('[').parse().ok().map(IpAddr::V6);
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_result::TestResult;

    const PROXY: &str = "10.0.0.1";

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> TestResult<Client> {
        let peer = Peer { address: peer.parse()?, ..Peer::default() };
        let trusted = ["10.0.0.0/8".parse()?, "fd00::/8".parse()?];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), value.parse()?);
        }
        Ok(Client::new(peer, &map, &trusted))
    }

    fn forwarded(peer: &str, list: &[&str]) -> TestResult<String> {
        let headers: Vec<_> = list.iter().map(|line| ("x-forwarded-for", *line)).collect();
        Ok(client(peer, &headers)?.address.to_string())
    }

    #[test]
    fn a_forged_list_changes_nothing_without_a_trusted_proxy() -> TestResult {
        assert_eq!(forwarded("192.0.2.1", &["198.51.100.7"])?, "192.0.2.1");
        let it = client("192.0.2.1", &[("x-forwarded-proto", "https")])?;
        assert!(!it.https && !it.by_proxy);
        Ok(())
    }

    #[test]
    fn behind_proxies_the_client_is_the_last_address_that_is_not_trusted() -> TestResult {
        let cases: [(&[&str], &str); 15] = [
            (&["198.51.100.7"], "198.51.100.7"),
            (&["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
            (&["1.1.1.1, 198.51.100.7, 10.2.3.4"], "198.51.100.7"),
            (&["1.1.1.1", "198.51.100.7,10.2.3.4"], "198.51.100.7"),
            (&["198.51.100.7:4711"], "198.51.100.7"),
            (&["[2001:db8::7]:4711"], "2001:db8::7"),
            (&["2001:db8::7, fd00::1"], "2001:db8::7"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&["fe80::7%eth0"], "fe80::7"),
            (&["[fe80::7%25eth0]:4711"], "fe80::7"),
            (&["198.51.100.7%eth0"], PROXY),
            (&["10.9.9.9"], "10.9.9.9"),
            (&["1.1.1.1, unknown"], PROXY),
            (&["1.1.1.1, nonsense, 10.2.3.4"], "10.2.3.4"),
            (&[""], PROXY),
        ];
        for (list, expected) in cases {
            assert_eq!(forwarded(PROXY, list)?, expected, "{list:?}");
        }
        assert_eq!(forwarded(&format!("::ffff:{PROXY}"), &["198.51.100.7"])?, "198.51.100.7");
        Ok(())
    }

    #[test]
    fn only_the_nearest_proxy_decides_whether_it_was_https() -> TestResult {
        let https = |value: &'static str| -> TestResult<_> {
            Ok(client(PROXY, &[("x-forwarded-proto", value)])?.https)
        };
        assert!(https("https")? && https("http, HTTPS")? && https("wss")? && !https("ws")?);
        assert!(!https("http")? && !https("https, http")? && !https("")?);
        Ok(())
    }

    proptest! {
        #[test]
        fn what_a_client_prepends_does_not_change_its_address(forged in "[ -~]{0,200}") {
            let address = forwarded(PROXY, &[&forged, "198.51.100.7, 10.1.1.1"]).ok();
            prop_assert_eq!(address.as_deref(), Some("198.51.100.7"));
        }

        #[test]
        fn no_list_panics(lines in proptest::collection::vec("[ -~]{0,60}", 0..4)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            prop_assert!(forwarded(PROXY, &lines).is_ok());
        }
    }
}
