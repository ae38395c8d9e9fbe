//! AssemblyAI's own SDKs, newest and unmodified, run against the mock as they do against the service.
//!
//! `sdks_support/sessions.rs` tests complete sessions, `refusals.rs` those that never begin, and
//! `failures.rs` those that break. The expected behaviour was observed by running npm 4.41.5 and PyPI 1.8.2.
#![cfg(feature = "sdks")]

mod sdks_support;
