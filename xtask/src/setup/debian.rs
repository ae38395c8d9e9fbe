//! The wasm32 target where rustup cannot bring it: Debian's Rust, with a standard library built once.
//!
//! Debian's `rustc-web` is a current Rust, but has no standard library for `wasm32-unknown-unknown`; its sources
//! are packaged too. They must be of the very version of the compiler, so nothing else can stand in.

use std::path::{Path, PathBuf};

use super::apt::{self, Root};
use super::step;
use super::wasm::{self, TARGET};
use crate::call::Call;
use crate::system::{Failure, System};
use crate::toolchain::{self, Toolchain};

const RUSTC: &str = "/usr/bin/rustc";
const PACKAGES: [&str; 6] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "rustfmt-web", "lld-19"];
/// The linker of `lld-19`, under the name that Debian gives it.
const LINKER: &str = "/usr/bin/wasm-ld-19";
const RUSTLIB: &str = "/usr/lib/rustlib";

/// Brings Debian's Rust with the target, and makes it the Rust of this clone.
pub(super) fn bring(system: &dyn System, root: &Path, rustup: bool) -> Result<Toolchain, Failure> {
    if !wasm::is_there(system, RUSTC) {
        let instead =
            "install Rust by https://rustup.rs, then type: rustup target add wasm32-unknown-unknown";
        apt::install(system, "Debian's Rust", &PACKAGES, instead)?;
        let root_user = Root::of(system)
            .ok_or_else(|| Failure::Advice("the standard library's folder needs root".to_owned()))?;
        let libraries = build(system, root)?;
        put_in_place(system, &root_user, &libraries)?;
    }
    if !rustup {
        return Ok(Toolchain::Debian);
    }
    if !has_link(system) {
        let link = Call::new("rustup").args(["toolchain", "link", toolchain::DEBIAN, "/usr"]);
        step(system, "rustup's link to it", &link)?;
    }
    let choose = Call::new("rustup").args(["override", "set", toolchain::DEBIAN]).folder(root);
    step(system, "plain cargo uses it in this folder", &choose)?;
    Ok(Toolchain::DebianThroughRustup)
}

fn has_link(system: &dyn System) -> bool {
    system
        .run(&Call::new("rustup").args(["toolchain", "list"]))
        .is_ok_and(|list| list.lines().any(|line| line.split_whitespace().next() == Some(toolchain::DEBIAN)))
}

/// Builds the standard library beside an empty crate, and returns its files.
fn build(system: &dyn System, root: &Path) -> Result<Vec<PathBuf>, Failure> {
    const NAME: &str = "empty";
    let folder = root.join("target/wasm32-std");
    // A workspace of its own, because the folder lies in ours.
    let manifest = format!(
        "[package]\nname = \"{NAME}\"\nedition = \"2024\"\n\n[workspace]\n\n[profile.release]\npanic = \"abort\"\n"
    );
    system.write(&folder.join("Cargo.toml"), &manifest)?;
    system.write(&folder.join("src/lib.rs"), "#![no_std]\n")?;
    let call = toolchain::debian_cargo()
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"])
        .env("CARGO_TARGET_DIR", folder.join("target").to_string_lossy())
        .env("RUSTC_BOOTSTRAP", "1") // `-Z` on a stable compiler.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes") // Else link-time optimisation finds no bitcode to work on.
        .env("RUSTC", RUSTC)
        .folder(&folder);
    step(system, "standard library for wasm32", &call)?;
    let built = system.files(&folder.join("target").join(TARGET).join("release/deps"));
    let is_std = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".rlib") && !name.starts_with(&format!("lib{NAME}-"))
    };
    let libraries: Vec<PathBuf> = built.into_iter().filter(is_std).collect();
    if libraries.is_empty() {
        return Err(Failure::Advice(format!("no library came of: {call}")));
    }
    Ok(libraries)
}

/// Links the linker to where rustc looks for it and copies the library; the folder that tells that the target
/// is there comes last, so that an interrupted set-up is not taken for a whole one.
fn put_in_place(system: &dyn System, root_user: &Root, libraries: &[PathBuf]) -> Result<(), Failure> {
    let host = host(system)?;
    let tools = format!("{RUSTLIB}/{host}/bin");
    let target = format!("{RUSTLIB}/{TARGET}");
    let partial = format!("{target}/lib.partial");
    let files = libraries.iter().map(|file| file.to_string_lossy().into_owned());
    let copy = Call::new("cp").args(files).args([partial.clone()]);
    let calls = [
        Call::new("mkdir").args(["-p", &tools, &partial]),
        Call::new("ln").args(["-sfn", LINKER, &format!("{tools}/rust-lld")]),
        copy,
        Call::new("mv").args(["-T", &partial, &format!("{target}/lib")]),
    ];
    system.say(&format!("copied to {target}/lib, linker to {tools}/rust-lld\n"));
    calls.into_iter().try_for_each(|call| system.run(&root_user.call(call)).map(drop))
}

fn host(system: &dyn System) -> Result<String, Failure> {
    let version = system.run(&Call::new(RUSTC).args(["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Advice(format!("{RUSTC} -vV names no host")))
}
