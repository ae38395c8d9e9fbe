//! By which names the server is reached. A page of a foreign name that an attacker's DNS points to this server
//! ("DNS rebinding") is of the same origin to its browser: only the name in the request tells it apart.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header;

use crate::config::Config;

/// The names that are answered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// All: others reach this server by names it does not know.
    Any,
    /// Those of this machine, which listens to nobody else.
    Loopback,
    /// These, in lower case.
    Named(Vec<String>),
}

impl Hosts {
    pub(crate) fn new(config: &Config) -> Self {
        match (&config.public_hosts[..], is_local(&config.host)) {
            ([], true) => Self::Loopback,
            ([], false) => Self::Any,
            (names, _) => Self::Named(names.to_vec()),
        }
    }

    /// Whether a request for this host, with or without its port, is answered.
    pub(crate) fn answers_to(&self, host: Option<&str>) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Loopback, Some(host)) => is_local(host),
            (Self::Named(names), Some(host)) => names.iter().any(|it| it.eq_ignore_ascii_case(name(host))),
        }
    }
}

/// The host that a request is for: in HTTP/2 it is part of the address.
pub(crate) fn host(request: &Request) -> Option<&str> {
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    authority.or_else(|| {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok(),
            // Two of them are two readings of one request.
            _ => None,
        }
    })
}

/// Without the port, and without the dot that ends a full name.
fn name(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether a host, with or without its port, is this machine.
pub(crate) fn is_local(host: &str) -> bool {
    // A bare IPv6 address has no port.
    let name = if host.parse::<IpAddr>().is_ok() { host } else { name(host) };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let is_local_name = |name: &str| name == "localhost" || name.ends_with(".localhost");
    address.parse().map_or_else(|_| is_local_name(&name.to_ascii_lowercase()), |it: IpAddr| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_for_this_machine_answers_to_its_own_names_alone() {
        for host in
            ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000", "a.localhost."]
        {
            assert!(Hosts::Loopback.answers_to(Some(host)), "{host}");
        }
        let foreign = [
            "evil.example",
            "localhost.evil.example:8000",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[::2]",
            "",
            "evil.example:localhost",
            "localhost:80:80",
            "0x7f.1",
            "::1@evil.example",
            "[::1",
        ];
        for host in foreign {
            assert!(!Hosts::Loopback.answers_to(Some(host)), "{host}");
        }
        assert!(!Hosts::Loopback.answers_to(None));
    }

    #[test]
    fn a_server_with_names_answers_to_those_alone() {
        let hosts = Hosts::Named(vec!["talk.example".to_owned(), "[::1]".to_owned()]);
        for host in ["talk.example", "Talk.Example:443", "talk.example.", "[::1]:8000"] {
            assert!(hosts.answers_to(Some(host)), "{host}");
        }
        for host in ["localhost", "a.talk.example", "talk.example.evil", "talk.example:evil", ""] {
            assert!(!hosts.answers_to(Some(host)), "{host}");
        }
        assert!(!hosts.answers_to(None));
    }

    #[test]
    fn two_hosts_in_a_request_are_none() {
        let request = |hosts: &[&str]| {
            let request = hosts.iter().fold(Request::builder(), |it, host| it.header("host", *host));
            request.body(axum::body::Body::empty()).expect("a request")
        };
        assert_eq!(host(&request(&["a.example"])), Some("a.example"));
        assert_eq!(host(&request(&["a.example", "b.example"])), None);
        assert_eq!(host(&request(&[])), None);
    }
}
