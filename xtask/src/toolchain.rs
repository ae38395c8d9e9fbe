//! Which Rust the commands run with.

use crate::command::Call;

/// The name under which rustup knows Debian's Rust.
pub(crate) const DEBIAN: &str = "debian";

/// The Rust that has the wasm32 target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one that runs this program too.
    Active,
    /// Debian's, which rustup has a link to.
    DebianThroughRustup,
    /// Debian's, on a machine without rustup.
    Debian,
}

impl Toolchain {
    /// A call of this toolchain's cargo.
    pub(crate) fn cargo(self) -> Call {
        match self {
            Self::Active => Call::new("cargo"),
            Self::DebianThroughRustup => Call::new("cargo").env("RUSTUP_TOOLCHAIN", DEBIAN),
            Self::Debian => debian_cargo(),
        }
    }
}

/// Debian's cargo, with Debian's rustc before any other in `PATH`.
pub(crate) fn debian_cargo() -> Call {
    let path = std::env::var("PATH").unwrap_or_default();
    Call::new("/usr/bin/cargo").env("PATH", format!("/usr/bin:{path}"))
}
