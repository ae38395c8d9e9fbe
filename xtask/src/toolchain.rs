//! The Rust that the commands run with.

use crate::command::CommandSpec;

/// The target of page and worklet.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
/// The compiler of [`Toolchain::Debian`].
pub(crate) const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// The Rust that has the wasm32 target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The one in `PATH`, which also runs this program.
    Active,
    /// Debian's packages.
    Debian,
}

impl Toolchain {
    /// A command of this toolchain's cargo.
    pub(crate) fn cargo(self) -> CommandSpec {
        match self {
            Self::Active => CommandSpec::new("cargo"),
            Self::Debian => {
                // cargo takes the first rustc in PATH, and so does the build of the page.
                let path = std::env::var("PATH").unwrap_or_default();
                CommandSpec::new("/usr/bin/cargo").env("PATH", format!("/usr/bin:{path}"))
            }
        }
    }
}
