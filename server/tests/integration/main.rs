//! All tests of the server over its public interface, in one program: cargo links once, and tests that wait run at once.

mod access;
#[cfg(unix)]
mod attacks;
mod headers;
mod healthcheck;
mod http;
mod program;
mod protocols;
mod redis;
mod regions;
mod settings;
#[cfg(unix)]
mod stop;
mod support;
mod upstream;
