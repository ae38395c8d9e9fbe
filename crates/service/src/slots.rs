use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::session::Credential;

/// The sessions that may be open at a time; clones share them.
#[derive(Debug, Clone)]
pub struct SessionSlots(Arc<Slots>);

#[derive(Debug)]
struct Slots {
    most: usize,
    open: AtomicUsize,
}

/// The right to one open session, released when dropped.
#[derive(Debug)]
pub struct SessionSlot(Arc<Slots>);

impl SessionSlots {
    /// Room for so many sessions.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Slots { most, open: AtomicUsize::new(0) }))
    }

    /// The most sessions that may be open.
    pub fn most(&self) -> usize {
        self.0.most
    }

    /// The sessions that are open.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Acquire)
    }

    /// Reserves a session for a client with a valid credential, if there is room; otherwise returns why there is none.
    pub fn admit(&self, credential: Credential) -> (Option<SessionSlot>, Credential) {
        if !matches!(credential, Credential::Key | Credential::Token { .. }) {
            return (None, credential);
        }
        let more = |open| (open < self.0.most).then_some(open + 1);
        match self.0.open.fetch_update(Ordering::AcqRel, Ordering::Acquire, more) {
            Ok(_) => (Some(SessionSlot(self.0.clone())), credential),
            Err(_) => (None, Credential::TooMany),
        }
    }
}

impl Drop for SessionSlot {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}
