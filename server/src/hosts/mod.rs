//! The host names that the server answers to.
//!
//! An attacker can point a DNS name of their own at this server ("DNS rebinding"). To a browser, a page of that name has
//! the same origin as this server; only the name in the request shows the difference.

mod settings;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub use self::settings::HostSettings;
use crate::metrics::Metrics;
use crate::problem::Problem;

/// The names that the server answers to; clones share them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// Any name: the server listens to other machines, and its names are not known.
    Any,
    /// The names of this machine: the server listens to it alone.
    Loopback,
    /// These names.
    Named(Arc<[String]>),
}

impl Hosts {
    /// The names for a server that listens on `listen_host` and whose public names are `names`, if any are set.
    pub(crate) fn new(names: &[String], listen_host: &str) -> Self {
        match (names, is_local(listen_host)) {
            ([], true) => Self::Loopback,
            ([], false) => Self::Any,
            (names, _) => Self::Named(names.into()),
        }
    }

    /// Whether the server answers to this host, with or without its port.
    pub(crate) fn answers_to(&self, host: Option<&str>) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Loopback, Some(host)) => is_local(host),
            (Self::Named(names), Some(host)) => names.iter().any(|it| it.eq_ignore_ascii_case(name(host))),
        }
    }
}

/// A layer that refuses requests for other hosts.
pub(crate) async fn guard(
    State((hosts, metrics)): State<(Hosts, Metrics)>,
    request: Request,
    next: Next,
) -> Response {
    if hosts.answers_to(host(&request)) {
        return next.run(request).await;
    }
    metrics.foreign_host();
    let sentence = "This server does not answer to this name. Its operator can add the name to PUBLIC_HOSTS.";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, sentence).into_response()
}

/// The host that a request is for; in HTTP/2 it is part of the address.
pub(crate) fn host(request: &Request) -> Option<&str> {
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    authority.or_else(|| {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok(),
            // With two, a proxy in front may have decided by the other one.
            _ => None,
        }
    })
}

/// The name without the port and without the dot that may end a full name.
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
    address.parse().map_or_else(
        |_| is_local_name(&name.to_ascii_lowercase()),
        |it: IpAddr| it.to_canonical().is_loopback(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn a_server_on_loopback_answers_to_loopback_names_only() {
        for host in [
            "localhost",
            "LOCALHOST:8000",
            "127.0.0.1:8000",
            "127.1.2.3",
            "[::1]:8000",
            "a.localhost.",
            "[::ffff:127.0.0.1]:8000",
            "[::ffff:7f00:1]",
        ] {
            assert!(Hosts::Loopback.answers_to(Some(host)), "{host}");
        }
        let foreign = [
            "evil.example",
            "localhost.evil.example:8000",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[::2]",
            "[::ffff:10.0.0.1]:8000",
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
    fn a_server_with_public_names_answers_to_those_only() {
        let hosts = Hosts::new(&["talk.example".to_owned(), "[::1]".to_owned()], "0.0.0.0");
        for host in ["talk.example", "Talk.Example:443", "talk.example.", "[::1]:8000"] {
            assert!(hosts.answers_to(Some(host)), "{host}");
        }
        for host in ["localhost", "a.talk.example", "talk.example.evil", "talk.example:evil", ""] {
            assert!(!hosts.answers_to(Some(host)), "{host}");
        }
        assert!(!hosts.answers_to(None));
    }

    #[test]
    fn a_request_with_two_host_headers_has_no_host() -> TestResult {
        let request = |hosts: &[&str]| -> TestResult<_> {
            let request = hosts.iter().fold(Request::builder(), |it, host| it.header("host", *host));
            Ok(request.body(axum::body::Body::empty())?)
        };
        assert_eq!(host(&request(&["a.example"])?), Some("a.example"));
        assert_eq!(host(&request(&["a.example", "b.example"])?), None);
        assert_eq!(host(&request(&[])?), None);
        Ok(())
    }
}
