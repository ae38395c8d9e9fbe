//! The wasm32 target, formatter and linter: from rustup, else from Debian.

use std::path::Path;

use super::{debian, run};
use crate::command::CommandSpec;
use crate::system::{Failure, System};
use crate::toolchain::{DEBIAN_RUSTC, TARGET, Toolchain};

/// Installs the target if it is missing, and returns the Rust that has it.
///
/// `rust-toolchain.toml` lists the target, so rustup has usually installed it before this program runs. The rest is for
/// machines on which it does not install by itself, or not at all.
pub(super) fn install_target(system: &dyn System, root: &Path) -> Result<Toolchain, Failure> {
    if has_target(system, "rustc") {
        return Ok(Toolchain::Active);
    }
    if has_target(system, DEBIAN_RUSTC) {
        system.say("Using Debian's Rust, which has the wasm32 target\n");
        return Ok(Toolchain::Debian);
    }
    if system.find("rustup").is_some() {
        match run(system, &[CommandSpec::new("rustup").args(["target", "add", TARGET])]) {
            Ok(()) if has_target(system, "rustc") => return Ok(Toolchain::Active),
            Ok(()) => system.say("rustup installed the target, but not for the rustc in PATH\n"),
            Err(failure) => system.say(&format!("{failure}\nrustup cannot install the target\n")),
        }
    }
    debian::install(system, root)?;
    Ok(Toolchain::Debian)
}

/// The command that installs formatter and linter, which rustup's minimal profile omits.
pub(super) fn missing_components(system: &dyn System, toolchain: Toolchain) -> Option<CommandSpec> {
    let has = |tool| system.run(&toolchain.cargo().args([tool, "--version"])).is_ok();
    let is_missing = toolchain == Toolchain::Active && !(has("fmt") && has("clippy"));
    is_missing.then(|| CommandSpec::new("rustup").args(["component", "add", "clippy", "rustfmt"]))
}

/// Whether the compiler has the target's standard library.
pub(super) fn has_target(system: &dyn System, rustc: &str) -> bool {
    let print = CommandSpec::new(rustc).args(["--print", "target-libdir", "--target", TARGET]);
    // rustup may leave an empty folder.
    system.run(&print).is_ok_and(|folder| !system.files(Path::new(folder.trim())).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const PROBE: &str = "rustc --print target-libdir --target wasm32-unknown-unknown";
    const DEBIAN_PROBE: &str = "/usr/bin/rustc --print target-libdir --target wasm32-unknown-unknown";
    const ADD: &str = "rustup target add wasm32-unknown-unknown";

    #[test]
    fn an_installed_target_is_not_installed_again() -> Result<(), Failure> {
        let fake = Fake::default().answer(PROBE, "/sysroot/wasm\n").file("/sysroot/wasm/libcore.rlib");
        assert_eq!(install_target(&fake, Path::new("/clone"))?, Toolchain::Active);
        assert_eq!(fake.commands(), [PROBE]);
        assert_eq!(fake.printed(), "");
        Ok(())
    }

    #[test]
    fn rustup_installs_the_target_and_that_is_printed_first() -> Result<(), Failure> {
        let fake = Fake::default()
            .program("rustup")
            .answer(PROBE, "/sysroot/wasm\n")
            .answer(ADD, "")
            .file_after(ADD, "/sysroot/wasm/libcore.rlib");
        assert_eq!(install_target(&fake, Path::new("/clone"))?, Toolchain::Active);
        assert_eq!(fake.commands(), [PROBE, DEBIAN_PROBE, ADD, PROBE]);
        assert!(
            fake.printed().starts_with(&format!("These commands will run:\n  {ADD}\n")),
            "{}",
            fake.printed()
        );
        Ok(())
    }

    #[test]
    fn debians_rust_is_used_again() -> Result<(), Failure> {
        let fake = Fake::default().program("rustup").answer(DEBIAN_PROBE, "/lib\n").file("/lib/libcore.rlib");
        assert_eq!(install_target(&fake, Path::new("/clone"))?, Toolchain::Debian);
        assert_eq!(fake.commands(), [PROBE, DEBIAN_PROBE]);
        Ok(())
    }

    #[test]
    fn an_empty_folder_is_not_a_target() {
        assert!(!has_target(&Fake::default().answer(PROBE, "/sysroot/wasm\n"), "rustc"));
    }

    #[test]
    fn a_missing_linter_is_installed_by_rustup() {
        let fake = Fake::default().answer("cargo fmt --version", "");
        let command = missing_components(&fake, Toolchain::Active).map(|command| command.to_string());
        assert_eq!(command.as_deref(), Some("rustup component add clippy rustfmt"));
        let fake = fake.answer("cargo clippy --version", "");
        assert_eq!(missing_components(&fake, Toolchain::Active), None);
    }
}
