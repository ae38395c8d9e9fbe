//! What the routes share, made from the settings once.

use std::sync::Arc;
use std::time::Duration;

use assemblyai_service::Service as LocalService;
use axum::Router;
use axum::extract::FromRef;
use ipnet::IpNet;

use crate::assemblyai::{AssemblyAi, Service};
use crate::demo;
use crate::headers::SecurityHeaders;
use crate::health::Health;
use crate::hosts::Hosts;
use crate::issuer::TokenIssuer;
use crate::limits::{Limits, LimitsError};
use crate::local::{self, Local, LocalError};
use crate::login::LoginGate;
use crate::metrics::Metrics;
use crate::origin::AllowedOrigins;
use crate::page_config::ConfigResponse;
use crate::serve::{Serving, Tls, TlsError};
use crate::settings::Settings;
use crate::token::{RegionIssuer, Tokens};

/// Connections that may read the metrics at a time.
const METRICS_CONNECTIONS: usize = 16;

/// The state of the router. Handlers and layers extract the part that they need; clones share it.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) tokens: Tokens,
    pub(crate) page_config: Arc<ConfigResponse>,
    pub(crate) demo: Option<LocalService>,
    pub(crate) local: Option<Local>,
    pub(crate) allowed_origins: AllowedOrigins,
    pub(crate) login_gate: Option<LoginGate>,
    pub(crate) hosts: Hosts,
    pub(crate) trusted_proxies: Arc<[IpNet]>,
    pub(crate) limits: Limits,
    pub(crate) headers: SecurityHeaders,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
}

/// Why the server cannot start although each setting is within its range.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The system's certificates cannot be used.
    #[error("cannot use the system's certificates: {0}")]
    Certificates(#[from] reqwest::Error),
    /// The password or its hash cannot be used.
    #[error("ACCESS_PASSWORD cannot be used: {0}")]
    Password(#[from] argon2::password_hash::Error),
    /// Speech cannot be recognised on this machine.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The address of Redis cannot be used; it is not shown, since it may hold a password.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// The certificate or the key of this server cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl StartError {
    /// The exit code of the program: 2 if two settings contradict each other.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Local(LocalError::OtherSize { .. })) { 2 } else { 1 }
    }
}

impl AppState {
    /// The state for these settings; AssemblyAI has `time_limit` to answer.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(settings: &Settings, time_limit: Duration) -> Result<Self, StartError> {
        install_crypto_provider();
        let demo = settings.demo.then(demo::service);
        let local = if settings.demo { None } else { Local::new(&settings.local)? };
        // Each region has its own client: one that does not answer does not delay the others.
        let assemblyai = |service: &Service| -> reqwest::Result<Arc<dyn TokenIssuer>> {
            let key = settings.assemblyai.api_key.clone().unwrap_or_default();
            let body = settings.assemblyai.token_body.clone();
            Ok(Arc::new(AssemblyAi::new(service, body, key, time_limit)?))
        };
        let service = &settings.assemblyai.service;
        let (default, websocket_url): (Arc<dyn TokenIssuer>, String) = match (&demo, &local) {
            (Some(demo), _) => (Arc::new(demo.clone()), demo::WEBSOCKET_PATH.to_owned()),
            (None, Some(local)) => (Arc::new(local.service().clone()), local::WEBSOCKET_PATH.to_owned()),
            (None, None) => (assemblyai(service)?, service.websocket_url.to_string()),
        };
        let regions = &settings.assemblyai.regions;
        let issuers = regions.iter().map(|region| {
            let is_default = region.service == *service;
            let issuer = if is_default { default.clone() } else { assemblyai(&region.service)? };
            Ok(RegionIssuer { name: region.name, issuer })
        });
        let issuers = issuers.collect::<Result<_, StartError>>()?;
        let sockets = regions.iter().map(|region| region.service.websocket_url.as_str());
        let sockets = [websocket_url.as_str()].into_iter().chain(sockets);
        let metrics = Metrics::new(local.clone());
        Ok(Self(Arc::new(Parts {
            tokens: Tokens { default, regions: issuers, request: settings.token.request() },
            page_config: Arc::new(ConfigResponse::new(
                &websocket_url,
                &settings.page,
                &settings.assemblyai,
                settings.demo,
                local.as_ref().map(Local::size),
            )),
            demo,
            local,
            allowed_origins: AllowedOrigins::new(&settings.origin.allowed_origins),
            login_gate: settings.login.access_password.as_ref().map(LoginGate::new).transpose()?,
            hosts: Hosts::new(&settings.hosts.public_hosts, &settings.serve.host),
            trusted_proxies: settings.proxies.trusted_proxies.as_slice().into(),
            limits: Limits::new(&settings.limits, metrics.clone())?,
            headers: SecurityHeaders::new(sockets),
            health: Health::default(),
            metrics,
        })))
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// How [`crate::app`] is served.
    ///
    /// # Errors
    /// [`StartError`] if the certificate or the key cannot be used.
    pub fn serving(&self, settings: &Settings) -> Result<Serving, StartError> {
        Ok(Serving {
            max_connections: settings.serve.max_connections,
            shutdown_timeout: settings.serve.shutdown_timeout,
            tls: settings.serve.tls.files().map(Tls::new).transpose()?,
            trusted_proxies: self.0.trusted_proxies.clone(),
            metrics: Some(self.0.metrics.clone()),
            health: self.0.health.clone(),
        })
    }

    /// Ends the sessions of the recogniser on this machine, if there is one: each at the end of its turn, and all within
    /// `limit`.
    pub async fn drain(&self, limit: Duration) {
        if let Some(local) = &self.0.local {
            local.service().drain(limit).await;
        }
    }

    /// `GET /metrics`, which has an address of its own, and how it is served.
    pub fn metrics_app(&self) -> (Router, Serving) {
        let serving = Serving {
            max_connections: METRICS_CONNECTIONS,
            shutdown_timeout: Duration::ZERO,
            tls: None,
            trusted_proxies: Arc::default(),
            metrics: None,
            health: Health::default(),
        };
        (self.0.metrics.router(), serving)
    }
}

/// Selects the implementation of cryptography for reqwest, which a process can do once.
pub(crate) fn install_crypto_provider() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("the process has a crypto provider already");
    }
}

impl FromRef<AppState> for Tokens {
    fn from_ref(state: &AppState) -> Self {
        state.0.tokens.clone()
    }
}

impl FromRef<AppState> for Arc<ConfigResponse> {
    fn from_ref(state: &AppState) -> Self {
        state.0.page_config.clone()
    }
}

impl FromRef<AppState> for Limits {
    fn from_ref(state: &AppState) -> Self {
        state.0.limits.clone()
    }
}

impl FromRef<AppState> for Health {
    fn from_ref(state: &AppState) -> Self {
        state.0.health.clone()
    }
}

impl FromRef<AppState> for Metrics {
    fn from_ref(state: &AppState) -> Self {
        state.0.metrics.clone()
    }
}

impl FromRef<AppState> for Option<Local> {
    fn from_ref(state: &AppState) -> Self {
        state.0.local.clone()
    }
}
