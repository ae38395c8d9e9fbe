//! What Prometheus sees of the server.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// The type of what [`Metrics::router`] answers with (Prometheus, "OpenMetrics text format").
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What became of a request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TokenResult {
    Issued,
    /// A foreign page asked.
    Foreign,
    /// No cookie, or an old one.
    NotLoggedIn,
    ClientLimit,
    HourLimit,
    DayLimit,
    /// Redis is away.
    Uncounted,
    /// Too many calls of the service are under way.
    Busy,
    /// The service refused our key or our request.
    Refused,
    PaymentRequired,
    TooMany,
    BadAnswer,
    Unreachable,
    TooSlow,
}

impl TokenResult {
    fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Foreign => "foreign",
            Self::NotLoggedIn => "not_logged_in",
            Self::ClientLimit => "client_limit",
            Self::HourLimit => "hour_limit",
            Self::DayLimit => "day_limit",
            Self::Uncounted => "uncounted",
            Self::Busy => "busy",
            Self::Refused => "refused",
            Self::PaymentRequired => "payment_required",
            Self::TooMany => "too_many",
            Self::BadAnswer => "bad_answer",
            Self::Unreachable => "unreachable",
            Self::TooSlow => "too_slow",
        }
    }
}

/// What became of a try at the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LoginResult {
    LoggedIn,
    Wrong,
    Limited,
}

impl LoginResult {
    fn name(self) -> &'static str {
        match self {
            Self::LoggedIn => "logged_in",
            Self::Wrong => "wrong",
            Self::Limited => "limited",
        }
    }
}

/// Why a connection was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cut {
    /// It asked for nothing for too long, or did not finish asking.
    Idle,
    /// It was the idlest when a new one came and all places were taken.
    GaveWay,
}

impl Cut {
    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::GaveWay => "gave_way",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    status: u16,
}

/// All metrics; clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    tokens: Family<Outcome, Counter>,
    logins: Family<Outcome, Counter>,
    cuts: Family<Outcome, Counter>,
    responses: Family<Status, Counter>,
    foreign_hosts: Counter,
    upstream_seconds: Histogram,
    connections: Gauge,
    redis_up: Gauge<f64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("transcription");
        // A token takes about 1 s; 10 s is the limit.
        let bounds = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let mut inner = Inner {
            tokens: Family::default(),
            logins: Family::default(),
            cuts: Family::default(),
            responses: Family::default(),
            foreign_hosts: Counter::default(),
            upstream_seconds: Histogram::new(bounds),
            connections: Gauge::default(),
            redis_up: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("tokens", "Requests for tokens, by what became of them", inner.tokens.clone());
        registry.register("logins", "Tries at the password, by what became of them", inner.logins.clone());
        registry.register("connections_cut", "Connections that were cut, by reason", inner.cuts.clone());
        registry.register("responses", "Answers, by status", inner.responses.clone());
        registry.register(
            "foreign_hosts",
            "Requests for a host that is not this server",
            inner.foreign_hosts.clone(),
        );
        registry.register_with_unit(
            "upstream",
            "How long AssemblyAI took to answer",
            Unit::Seconds,
            inner.upstream_seconds.clone(),
        );
        registry.register("connections", "Connections that are open", inner.connections.clone());
        registry.register("redis_up", "0 while Redis is away, else 1", inner.redis_up.clone());
        inner.registry = registry;
        Self(Arc::new(inner))
    }

    pub(crate) fn token(&self, result: TokenResult) {
        self.0.tokens.get_or_create(&Outcome { result: result.name() }).inc();
    }

    pub(crate) fn login(&self, result: LoginResult) {
        self.0.logins.get_or_create(&Outcome { result: result.name() }).inc();
    }

    pub(crate) fn connection_cut(&self, result: Cut) {
        self.0.cuts.get_or_create(&Outcome { result: result.name() }).inc();
    }

    pub(crate) fn response(&self, status: u16) {
        self.0.responses.get_or_create(&Status { status }).inc();
    }

    pub(crate) fn foreign_host(&self) {
        self.0.foreign_hosts.inc();
    }

    pub(crate) fn upstream(&self, took: Duration) {
        self.0.upstream_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn connections(&self, open: usize) {
        self.0.connections.set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    pub(crate) fn redis_is_up(&self, up: bool) {
        self.0.redis_up.set(f64::from(u8::from(up)));
    }

    /// What Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = text::encode(&mut text, &self.0.registry);
        text
    }

    /// `GET /metrics`, for an address of its own.
    pub(crate) fn router(&self) -> Router {
        let metrics = self.clone();
        let answer = async move || ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics.text());
        Router::new().route("/metrics", get(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_what_prometheus_reads() {
        let metrics = Metrics::new();
        metrics.token(TokenResult::Issued);
        metrics.token(TokenResult::ClientLimit);
        metrics.token(TokenResult::ClientLimit);
        metrics.login(LoginResult::Wrong);
        metrics.connection_cut(Cut::GaveWay);
        metrics.response(429);
        metrics.foreign_host();
        metrics.upstream(Duration::from_millis(200));
        metrics.connections(7);
        metrics.redis_is_up(false);
        let text = metrics.text();
        for line in [
            "transcription_tokens_total{result=\"issued\"} 1",
            "transcription_tokens_total{result=\"client_limit\"} 2",
            "transcription_logins_total{result=\"wrong\"} 1",
            "transcription_connections_cut_total{result=\"gave_way\"} 1",
            "transcription_responses_total{status=\"429\"} 1",
            "transcription_foreign_hosts_total 1",
            "transcription_upstream_seconds_bucket{le=\"0.25\"} 1",
            "transcription_connections 7",
            "transcription_redis_up 0.0",
            "# EOF",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
    }
}
