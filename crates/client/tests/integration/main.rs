//! All tests of the client and its program over sockets, in one program: cargo links once, and tests that wait run at
//! once. What needs the machine for itself takes [`support::Machine`].

#[cfg(feature = "blocking")]
mod blocking;
#[cfg(all(unix, feature = "cli"))]
mod examples;
#[cfg(all(unix, feature = "model-tests"))]
mod local;
mod log_records;
#[cfg(all(target_os = "linux", feature = "cli", feature = "microphone"))]
mod microphone;
mod network;
mod no_word_lost;
mod sessions;
#[cfg(all(target_os = "linux", feature = "cli", feature = "microphone"))]
mod sound;
mod support;
#[cfg(all(unix, feature = "cli"))]
mod terminal;
#[cfg(all(unix, feature = "cli"))]
mod transcribe_live;
