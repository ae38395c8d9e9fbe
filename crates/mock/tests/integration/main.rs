//! All tests of the mock over its public interface, in one program: cargo links once, and tests that wait run at once.

#[cfg(feature = "cli")]
mod binary;
mod common;
mod control;
mod faults;
mod finish;
mod frames;
mod outage;
#[cfg(all(unix, feature = "cli"))]
mod readme;
mod secrets;
mod session;
#[cfg(feature = "tls")]
mod tls;
mod token;
