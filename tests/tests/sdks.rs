//! AssemblyAI's own SDKs, newest and unmodified, cannot tell the mock from the service.
//!
//! `sdks_support/sessions.rs` holds the sessions that go well, `refusals.rs` those that never begin, and
//! `failures.rs` those that break. What the SDKs make of each was found by running them: npm 4.41.5, PyPI 1.8.2.
#![cfg(feature = "sdks")]

mod sdks_support;
