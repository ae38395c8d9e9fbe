//! The wasm32 target where rustup cannot bring it: Debian's Rust, with a standard library built once.
//!
//! Debian's `rustc-web` is a current Rust, but has no standard library for `wasm32-unknown-unknown`; its sources
//! are packaged too. They must be of the very version of the compiler, so nothing else can stand in.

use std::path::{Path, PathBuf};

use super::apt::{self, Root};
use super::step;
use super::wasm::{self, TARGET};
use crate::command::Call;
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
    let call = build_call(&folder);
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

fn build_call(folder: &Path) -> Call {
    toolchain::debian_cargo()
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"])
        .env("CARGO_TARGET_DIR", folder.join("target").to_string_lossy())
        .env("RUSTC_BOOTSTRAP", "1") // `-Z` on a stable compiler.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes") // Else link-time optimisation finds no bitcode to work on.
        .env("RUSTC", RUSTC)
        .folder(folder)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const PROBE: &str = "/usr/bin/rustc --print target-libdir --target wasm32-unknown-unknown";
    const LIST: &str = "rustup toolchain list";
    const LINK: &str = "rustup toolchain link debian /usr";
    const OVERRIDE: &str = "rustup override set debian";

    /// A machine on which all the rest works, too.
    fn debian() -> Fake {
        let apt = "env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300";
        let install = format!("{apt} install -y --no-install-recommends {}", PACKAGES.join(" "));
        Fake::default()
            .program("apt-get")
            .answer("id -u", "0\n")
            .answer(&format!("{apt} update"), "")
            .answer(&install, "")
            .answer(&build_call(Path::new("/clone/target/wasm32-std")).to_string(), "")
            .answer("/usr/bin/rustc -vV", "rustc 1.96.0\nhost: riscv64gc-unknown-linux-gnu\n")
            .answer(PROBE, "/usr/lib/rustlib/wasm32-unknown-unknown/lib\n")
            .answer(LINK, "")
            .answer(OVERRIDE, "")
    }

    fn built(fake: Fake, names: &[&str]) -> Fake {
        let folder = "/clone/target/wasm32-std/target/wasm32-unknown-unknown/release/deps";
        names.iter().fold(fake, |fake, name| fake.file(&format!("{folder}/{name}")))
    }

    #[test]
    fn all_libraries_but_the_empty_crates_are_copied_and_the_folder_comes_last() {
        let names = ["libcore-1.rlib", "libempty-2.rlib", "libstd-3.rlib", "std-3.d"];
        let fake = ["mkdir", "ln", "cp", "mv"].into_iter().fold(built(debian(), &names), Fake::answer_all_of);
        assert_eq!(bring(&fake, Path::new("/clone"), false).unwrap(), Toolchain::Debian);
        let calls = fake.calls();
        let deps = "/clone/target/wasm32-std/target/wasm32-unknown-unknown/release/deps";
        let target = "/usr/lib/rustlib/wasm32-unknown-unknown";
        let tools = "/usr/lib/rustlib/riscv64gc-unknown-linux-gnu/bin";
        assert_eq!(
            calls[calls.len() - 4..],
            [
                format!("mkdir -p {tools} {target}/lib.partial"),
                format!("ln -sfn /usr/bin/wasm-ld-19 {tools}/rust-lld"),
                format!("cp {deps}/libcore-1.rlib {deps}/libstd-3.rlib {target}/lib.partial"),
                format!("mv -T {target}/lib.partial {target}/lib"),
            ]
        );
    }

    #[test]
    fn a_build_that_makes_nothing_copies_nothing() {
        let fake = debian();
        assert!(bring(&fake, Path::new("/clone"), false).is_err());
        assert!(!fake.calls().iter().any(|call| call.starts_with("mkdir")));
    }

    #[test]
    fn what_another_clone_has_brought_is_only_chosen() {
        let lib = "/usr/lib/rustlib/wasm32-unknown-unknown/lib/libcore-1.rlib";
        let fake = debian().file(lib).answer(LIST, "stable-x86_64-unknown-linux-gnu (default)\ndebian\n");
        assert_eq!(bring(&fake, Path::new("/clone"), true).unwrap(), Toolchain::DebianThroughRustup);
        assert_eq!(fake.calls(), [PROBE, LIST, OVERRIDE]);
    }

    #[test]
    fn rustup_learns_where_debians_rust_is() {
        let lib = "/usr/lib/rustlib/wasm32-unknown-unknown/lib/libcore-1.rlib";
        let fake = debian().file(lib).answer(LIST, "stable-x86_64-unknown-linux-gnu (default)\n");
        bring(&fake, Path::new("/clone"), true).unwrap();
        assert_eq!(fake.calls(), [PROBE, LIST, LINK, OVERRIDE]);
    }
}
