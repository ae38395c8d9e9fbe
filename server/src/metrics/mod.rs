//! The metrics for Prometheus.

mod local;
mod settings;

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
use axum::response::Response;
use axum::routing::get;

use self::local::LocalCollector;
pub use self::settings::MetricsSettings;
use crate::local::Local;

/// The content type of the metrics (Prometheus, "OpenMetrics text format").
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The result of a request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TokenResult {
    Issued,
    /// The request came from a foreign page.
    Foreign,
    /// No cookie, or an expired one.
    NotLoggedIn,
    ClientLimit,
    HourLimit,
    DayLimit,
    /// Redis is unavailable.
    Uncounted,
    /// Too many requests to the service are in progress.
    Busy,
    /// The service rejected the key or the request.
    Refused,
    PaymentRequired,
    TooMany,
    BadAnswer,
    Unreachable,
    TooSlow,
}

impl TokenResult {
    const ALL: [Self; 14] = [
        Self::Issued,
        Self::Foreign,
        Self::NotLoggedIn,
        Self::ClientLimit,
        Self::HourLimit,
        Self::DayLimit,
        Self::Uncounted,
        Self::Busy,
        Self::Refused,
        Self::PaymentRequired,
        Self::TooMany,
        Self::BadAnswer,
        Self::Unreachable,
        Self::TooSlow,
    ];

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

/// Why a guard refused a request. A guard marks its response with it, since it does not know which route it guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GuardRefusal {
    ForeignPage,
    NotLoggedIn,
}

impl GuardRefusal {
    /// The response with this mark.
    pub(crate) fn mark(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}

/// The result of a login attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LoginResult {
    LoggedIn,
    Wrong,
    Limited,
}

impl LoginResult {
    const ALL: [Self; 3] = [Self::LoggedIn, Self::Wrong, Self::Limited];

    fn name(self) -> &'static str {
        match self {
            Self::LoggedIn => "logged_in",
            Self::Wrong => "wrong",
            Self::Limited => "limited",
        }
    }
}

/// Why a key or a token of the recogniser was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KeyResult {
    Wrong,
    /// The client has presented too many wrong ones.
    Limited,
}

impl KeyResult {
    const ALL: [Self; 2] = [Self::Wrong, Self::Limited];

    fn name(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Limited => "limited",
        }
    }
}

/// Why a connection was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cut {
    /// It sent no complete request in time.
    Idle,
    /// It was the longest idle or unread when a new one arrived and the limit was reached.
    GaveWay,
    /// Its client did not read a response in time.
    Unread,
}

impl Cut {
    const ALL: [Self; 3] = [Self::Idle, Self::GaveWay, Self::Unread];

    fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::GaveWay => "gave_way",
            Self::Unread => "unread",
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

/// All metrics; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    tokens: Family<Outcome, Counter>,
    logins: Family<Outcome, Counter>,
    keys: Family<Outcome, Counter>,
    cuts: Family<Outcome, Counter>,
    responses: Family<Status, Counter>,
    foreign_hosts: Counter,
    abandoned: Counter,
    upstream_seconds: Histogram,
    connections: Gauge,
    redis_up: Gauge<f64, AtomicU64>,
}

impl Inner {
    /// Prometheus does not notice the first count of a counter that did not exist before.
    fn start_at_zero(&self) {
        let start =
            |family: &Family<Outcome, Counter>, result| drop(family.get_or_create(&Outcome { result }));
        for it in TokenResult::ALL {
            start(&self.tokens, it.name());
        }
        for it in LoginResult::ALL {
            start(&self.logins, it.name());
        }
        for it in KeyResult::ALL {
            start(&self.keys, it.name());
        }
        for it in Cut::ALL {
            start(&self.cuts, it.name());
        }
    }
}

impl Metrics {
    /// The metrics, with those of the recogniser if there is one.
    pub(crate) fn new(local: Option<Local>) -> Self {
        let mut registry = Registry::with_prefix("transcription");
        // In s: a token takes about 1 s, and at most 10 s.
        let bounds = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        let mut inner = Inner {
            tokens: Family::default(),
            logins: Family::default(),
            keys: Family::default(),
            cuts: Family::default(),
            responses: Family::default(),
            foreign_hosts: Counter::default(),
            abandoned: Counter::default(),
            upstream_seconds: Histogram::new(bounds),
            connections: Gauge::default(),
            redis_up: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("tokens", "Requests for tokens, by result", inner.tokens.clone());
        registry.register("logins", "Login attempts, by result", inner.logins.clone());
        let keys = "Keys of the recogniser that were refused, by reason";
        registry.register("local_keys_refused", keys, inner.keys.clone());
        registry.register(
            "connections_cut",
            "Connections that the server closed, by reason",
            inner.cuts.clone(),
        );
        registry.register("responses", "Responses, by status", inner.responses.clone());
        registry.register(
            "foreign_hosts",
            "Requests for a host name that this server does not answer to",
            inner.foreign_hosts.clone(),
        );
        let abandoned = "Requests whose client left before the response";
        registry.register("requests_abandoned", abandoned, inner.abandoned.clone());
        registry.register_with_unit(
            "upstream",
            "Time until AssemblyAI answered",
            Unit::Seconds,
            inner.upstream_seconds.clone(),
        );
        registry.register("connections", "Open connections", inner.connections.clone());
        registry.register("redis_up", "0 while Redis is unavailable, else 1", inner.redis_up.clone());
        if let Some(local) = local {
            registry.register_collector(Box::new(LocalCollector(local)));
        }
        inner.registry = registry;
        inner.start_at_zero();
        Self(Arc::new(inner))
    }

    pub(crate) fn token(&self, result: TokenResult) {
        self.0.tokens.get_or_create(&Outcome { result: result.name() }).inc();
    }

    pub(crate) fn login(&self, result: LoginResult) {
        self.0.logins.get_or_create(&Outcome { result: result.name() }).inc();
    }

    pub(crate) fn key(&self, result: KeyResult) {
        self.0.keys.get_or_create(&Outcome { result: result.name() }).inc();
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

    pub(crate) fn abandoned(&self) {
        self.0.abandoned.inc();
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

    /// The metrics as Prometheus reads them.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        match text::encode(&mut text, &self.0.registry) {
            Ok(()) => text,
            Err(_) => unreachable!("writing to a String does not fail"),
        }
    }

    /// The route `GET /metrics`, which has an address of its own.
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
    fn the_metrics_that_prometheus_reads_are_those_counted() {
        let metrics = Metrics::new(None);
        metrics.token(TokenResult::Issued);
        metrics.token(TokenResult::ClientLimit);
        metrics.token(TokenResult::ClientLimit);
        metrics.login(LoginResult::Wrong);
        metrics.key(KeyResult::Limited);
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
            "transcription_local_keys_refused_total{result=\"limited\"} 1",
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

    #[test]
    fn what_was_never_counted_is_zero() {
        let text = Metrics::new(None).text();
        for line in [
            "transcription_tokens_total{result=\"issued\"} 0",
            "transcription_tokens_total{result=\"unreachable\"} 0",
            "transcription_logins_total{result=\"wrong\"} 0",
            "transcription_local_keys_refused_total{result=\"limited\"} 0",
            "transcription_connections_cut_total{result=\"gave_way\"} 0",
            "transcription_foreign_hosts_total 0",
            "transcription_requests_abandoned_total 0",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
        assert_eq!(text.matches("transcription_tokens_total{").count(), TokenResult::ALL.len());
    }
}
