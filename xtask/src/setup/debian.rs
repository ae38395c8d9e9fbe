//! The wasm32 target on a machine where rustup cannot install it: Debian's Rust, with a standard library that is built
//! once.
//!
//! Debian's `rustc-web` is a current Rust without the standard library for `wasm32-unknown-unknown`; its sources are a
//! package too. They must be of exactly the compiler's version.

use std::path::{Path, PathBuf};

use super::{as_root, packages, run};
use crate::command::CommandSpec;
use crate::system::{Failure, System};
use crate::toolchain::{DEBIAN_RUSTC, TARGET, Toolchain};

const PACKAGES: [&str; 6] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "rustfmt-web", "lld-19"];
/// The linker of `lld-19`, under Debian's name.
const LINKER: &str = "/usr/bin/wasm-ld-19";
const RUSTLIB: &str = "/usr/lib/rustlib";
/// The name of the empty crate beside which the standard library is built.
const EMPTY: &str = "empty";

/// Installs Debian's Rust with the target.
pub(super) fn install(system: &dyn System, root: &Path) -> Result<(), Failure> {
    if system.find("apt-get").is_none() {
        return Err(Failure::Advice(format!(
            "Install Rust from https://rustup.rs, then run: rustup target add {TARGET}"
        )));
    }
    system.say("Debian's Rust can be used instead, with a standard library for wasm32 that is built here\n");
    if system.find(LINKER).is_none() {
        run(system, &packages::install(system, &PACKAGES)?)?;
    }
    let folder = root.join("target/wasm32-std");
    // A workspace of its own, because the folder is inside of this one.
    let manifest = format!(
        "[package]\nname = \"{EMPTY}\"\nedition = \"2024\"\n\n[workspace]\n\n[profile.release]\npanic = \"abort\"\n"
    );
    system.write(&folder.join("Cargo.toml"), &manifest)?;
    system.write(&folder.join("src/lib.rs"), "#![no_std]\n")?;
    run(system, &[build(&folder)])?;
    run(system, &as_root(system, copy(&host(system)?, &libraries(system, &folder)))?)
}

/// Builds the standard library.
fn build(folder: &Path) -> CommandSpec {
    Toolchain::Debian
        .cargo()
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"])
        .env("CARGO_TARGET_DIR", folder.join("target").to_string_lossy())
        .env("RUSTC_BOOTSTRAP", "1") // `-Z` on a stable compiler.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes") // For link-time optimization.
        .env("RUSTC", DEBIAN_RUSTC)
        .folder(folder)
}

/// The libraries that were built.
fn libraries(system: &dyn System, folder: &Path) -> Vec<PathBuf> {
    let mut built = system.files(&folder.join("target").join(TARGET).join("release/deps"));
    built.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".rlib") && !name.starts_with(&format!("lib{EMPTY}-"))
    });
    built
}

/// Copies the libraries and links the linker to where rustc looks for them. The folder that makes the target exist comes
/// last, so that an interrupted copy is not used.
fn copy(host: &str, libraries: &[PathBuf]) -> Vec<CommandSpec> {
    let tools = format!("{RUSTLIB}/{host}/bin");
    let partial = format!("{RUSTLIB}/{TARGET}/lib.partial");
    let files = libraries.iter().map(|file| file.to_string_lossy().into_owned());
    vec![
        CommandSpec::new("mkdir").args(["-p", &tools, &partial]),
        CommandSpec::new("ln").args(["-sfn", LINKER, &format!("{tools}/rust-lld")]),
        CommandSpec::new("cp").args(files).args([partial.clone()]),
        CommandSpec::new("mv").args(["-T", &partial, &format!("{RUSTLIB}/{TARGET}/lib")]),
    ]
}

fn host(system: &dyn System) -> Result<String, Failure> {
    let version = system.run(&CommandSpec::new(DEBIAN_RUSTC).args(["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Advice(format!("{DEBIAN_RUSTC} -vV prints no host")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    /// A machine with Debian's Rust on which the standard library can be built.
    fn debian(user: &str) -> Fake {
        let deps = "/clone/target/wasm32-std/target/wasm32-unknown-unknown/release/deps";
        let fake = Fake::default()
            .program("apt-get")
            .program(LINKER)
            .answer("id -u", user)
            .answer(&build(Path::new("/clone/target/wasm32-std")).to_string(), "")
            .answer("/usr/bin/rustc -vV", "rustc 1.96.0\nhost: riscv64gc-unknown-linux-gnu\n");
        let names = ["libcore-1.rlib", "libempty-2.rlib", "libstd-3.rlib", "std-3.d"];
        names.iter().fold(fake, |fake, name| fake.file(&format!("{deps}/{name}")))
    }

    #[test]
    fn root_copies_all_libraries_but_the_empty_crates_and_the_folder_comes_last() -> Result<(), Failure> {
        let fake = ["mkdir", "ln", "cp", "mv"].into_iter().fold(debian("0\n"), Fake::answer_all_of);
        install(&fake, Path::new("/clone"))?;
        let commands = fake.commands();
        let deps = "/clone/target/wasm32-std/target/wasm32-unknown-unknown/release/deps";
        let target = "/usr/lib/rustlib/wasm32-unknown-unknown";
        let tools = "/usr/lib/rustlib/riscv64gc-unknown-linux-gnu/bin";
        assert_eq!(
            commands[commands.len() - 4..],
            [
                format!("mkdir -p {tools} {target}/lib.partial"),
                format!("ln -sfn /usr/bin/wasm-ld-19 {tools}/rust-lld"),
                format!("cp {deps}/libcore-1.rlib {deps}/libstd-3.rlib {target}/lib.partial"),
                format!("mv -T {target}/lib.partial {target}/lib"),
            ]
        );
        Ok(())
    }

    #[test]
    fn any_other_user_gets_the_command_that_copies() {
        let text = install(&debian("1000\n"), Path::new("/clone")).expect_err("not root").to_string();
        assert!(text.contains("\nsudo sh -c 'mkdir -p /usr/lib/rustlib/"), "{text}");
    }

    #[test]
    fn packages_come_first_and_nothing_runs_without_root() {
        let fake = Fake::default().program("apt-get").answer("id -u", "1000\n");
        let text = install(&fake, Path::new("/clone")).expect_err("not root").to_string();
        assert!(text.contains("install -y --no-install-recommends rustc-web "), "{text}");
        assert_eq!(fake.commands(), ["id -u"]);
    }

    #[test]
    fn a_failed_build_copies_nothing() {
        let fake = Fake::default().program("apt-get").program(LINKER).answer("id -u", "0\n");
        install(&fake, Path::new("/clone")).expect_err("the build fails");
        assert_eq!(fake.commands().len(), 1);
    }
}
