//! Settings of a mock. They are a leaf: builder, state and server depend on them.

use std::time::Duration;

use assemblyai_protocol::MAX_SESSION_DURATION_S;

use crate::delay_line::Network;
use crate::script::Script;
use assemblyai_service::Strictness;
use assemblyai_service::ViolationKind;

/// Settings that all sessions of a mock share; [`Builder`](crate::Builder) documents each.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) api_keys: Vec<String>,
    pub(crate) strictness: Strictness,
    pub(crate) scripts: Vec<Script>,
    pub(crate) single_use_tokens: bool,
    pub(crate) begin_delay: Duration,
    pub(crate) ending_delay: Duration,
    pub(crate) max_session_s: u32,
    pub(crate) max_sessions: usize,
    pub(crate) keep_records: bool,
    pub(crate) allowed: Vec<ViolationKind>,
    pub(crate) network: Network,
}

impl Settings {
    /// Whether an API key is valid; every key is if none is configured.
    pub(crate) fn accepts_key(&self, key: &str) -> bool {
        self.api_keys.is_empty() || self.api_keys.iter().any(|known| known == key)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_keys: Vec::new(),
            strictness: Strictness::default(),
            scripts: Vec::new(),
            single_use_tokens: false,
            begin_delay: Duration::ZERO,
            ending_delay: Duration::ZERO,
            max_session_s: *MAX_SESSION_DURATION_S.end(),
            max_sessions: usize::MAX,
            keep_records: true,
            allowed: Vec::new(),
            network: Network::default(),
        }
    }
}

/// Settings of a mock's listener.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ListenerSettings {
    pub(crate) port: u16,
    pub(crate) tls: bool,
    pub(crate) receive_buffer_bytes: Option<u32>,
}
