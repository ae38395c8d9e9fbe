//! What a host decides about credentials, beside whether they are valid.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

/// A decision that may have to be asked for elsewhere.
pub type Decision<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who sends a request, as the host knows it: an extension of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The client's address.
    pub address: IpAddr,
    /// Whether it is served without a key.
    pub needs_no_key: bool,
}

/// Decides about credentials in place of a service, for all its replicas.
pub trait Gate: fmt::Debug + Send + Sync + 'static {
    /// Whether a right key of this client is accepted: not after too many wrong ones.
    fn right_key(&self, client: IpAddr) -> Decision<'_, Result<(), TooManyKeys>>;

    /// Counts a wrong key of this client.
    fn wrong_key(&self, client: IpAddr) -> Decision<'_, Result<(), TooManyKeys>>;

    /// Marks a valid token as used, until it expires.
    fn use_token(&self, number: u64, expires_in: Duration) -> Decision<'_, TokenUse>;
}

/// A client has presented too many wrong keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyKeys {
    /// When it may try again, in s.
    pub retry_after_s: u32,
}

/// Whether a token opens a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// It does.
    Granted,
    /// It has opened one before.
    Used,
    /// Nobody knows: what remembers the used ones is unavailable.
    Unknown,
}

/// The gate of a service without a host that decides: right keys are accepted, and tokens until they expire.
#[derive(Debug)]
pub(crate) struct OpenGate;

impl Gate for OpenGate {
    fn right_key(&self, _client: IpAddr) -> Decision<'_, Result<(), TooManyKeys>> {
        Box::pin(async { Ok(()) })
    }

    fn wrong_key(&self, _client: IpAddr) -> Decision<'_, Result<(), TooManyKeys>> {
        Box::pin(async { Ok(()) })
    }

    fn use_token(&self, _number: u64, _expires_in: Duration) -> Decision<'_, TokenUse> {
        Box::pin(async { TokenUse::Granted })
    }
}
