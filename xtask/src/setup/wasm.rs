//! The wasm32 target: from rustup, else from Debian.

use std::path::Path;

use super::{debian, step};
use crate::command::Call;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// What page and worklet are compiled for.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// Brings the target where it is missing.
pub(super) fn bring(system: &dyn System, root: &Path) -> Result<Toolchain, Failure> {
    if is_there(system, "rustc") {
        return Ok(Toolchain::Active);
    }
    let rustup = system.find("rustup").is_some();
    if rustup {
        match step(system, "wasm32 target", &Call::new("rustup").args(["target", "add", TARGET])) {
            Ok(_) if is_there(system, "rustc") => return Ok(Toolchain::Active),
            Ok(_) => system.say("rustup has added the target to another Rust than the one in PATH\n"),
            Err(failure) => {
                system.say(&format!("{failure}\nrustup does not bring it, so Debian's Rust has to\n"));
            }
        }
    }
    debian::bring(system, root, rustup)
}

/// Brings formatter and linter where rustup left them out, as its minimal profile does.
pub(super) fn bring_components(system: &dyn System, toolchain: Toolchain) -> Result<(), Failure> {
    let there = |tool| system.run(&toolchain.cargo().args([tool, "--version"])).is_ok();
    if (there("fmt") && there("clippy")) || system.find("rustup").is_none() {
        return Ok(());
    }
    step(
        system,
        "formatter and linter",
        &Call::new("rustup").args(["component", "add", "clippy", "rustfmt"]),
    )?;
    Ok(())
}

/// Whether this compiler has the target's standard library.
pub(super) fn is_there(system: &dyn System, rustc: &str) -> bool {
    let call = Call::new(rustc).args(["--print", "target-libdir", "--target", TARGET]);
    system.run(&call).is_ok_and(|folder| !system.files(Path::new(folder.trim())).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const PROBE: &str = "rustc --print target-libdir --target wasm32-unknown-unknown";
    const ADD: &str = "rustup target add wasm32-unknown-unknown";

    #[test]
    fn a_target_that_is_there_is_not_brought_again() {
        let fake = Fake::default().answer(PROBE, "/sysroot/wasm\n").file("/sysroot/wasm/libcore.rlib");
        assert_eq!(bring(&fake, Path::new("/clone")).unwrap(), Toolchain::Active);
        assert_eq!(fake.calls(), [PROBE]);
        assert_eq!(fake.said(), "");
    }

    #[test]
    fn rustup_is_asked_first() {
        let fake = Fake::default()
            .program("rustup")
            .answer(PROBE, "/sysroot/wasm\n")
            .answer(ADD, "")
            .file_after(ADD, "/sysroot/wasm/libcore.rlib");
        assert_eq!(bring(&fake, Path::new("/clone")).unwrap(), Toolchain::Active);
        assert_eq!(fake.calls(), [PROBE, ADD, PROBE]);
    }

    #[test]
    fn an_empty_folder_is_not_a_target() {
        assert!(!is_there(&Fake::default().answer(PROBE, "/sysroot/wasm\n"), "rustc"));
    }

    #[test]
    fn a_missing_linter_is_brought_by_rustup() {
        let fake = Fake::default()
            .program("rustup")
            .answer("cargo fmt --version", "")
            .answer("rustup component add clippy rustfmt", "");
        bring_components(&fake, Toolchain::Active).unwrap();
        assert_eq!(fake.calls().last().unwrap(), "rustup component add clippy rustfmt");
    }
}
