use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const UNKNOWN: u64 = u64::MAX;

/// How far a session has come in a recording. Clones share the value: the session's recogniser sets it, and its script
/// reads it.
#[derive(Debug, Clone)]
pub(crate) struct Position(Arc<AtomicU64>);

impl Default for Position {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(UNKNOWN)))
    }
}

impl Position {
    /// The position in ms of the recording; `None` while it is unknown.
    pub(crate) fn get(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|ms| *ms != UNKNOWN)
    }

    pub(super) fn set(&self, recording_ms: Option<u64>) {
        self.0.store(recording_ms.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }
}
