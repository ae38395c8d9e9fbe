//! What is shipped: one static binary with the page inside, its bill of materials, and their checksums.
//!
//! It is linked with glibc rather than musl: musl's allocator makes a token cost three times as much (the load
//! test: 104 µs of CPU against 33 µs).

mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::Call;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// Where it is put, from the repository's root.
const FOLDER: &str = "target/distrib";
const BINARY: &str = "transcription-server";
const SBOM: &str = "transcription-server.cdx.json";
const CHECKSUMS: &str = "SHA256SUMS";

/// Builds it, checks it, and puts it into its folder; the binary's path is returned.
pub(crate) fn run(system: &dyn System, toolchain: Toolchain, root: &Path) -> Result<PathBuf, Failure> {
    let start = Instant::now();
    let host = host(system, toolchain)?;
    let build = build_call(toolchain, root, &host, &cargo_home());
    system.say(&format!("== what is shipped: {build}\n"));
    system.show(&build)?;

    let folder = root.join(FOLDER);
    let binary = folder.join(BINARY);
    let made = root.join("target").join(&host).join("dist").join(BINARY);
    fs::create_dir_all(&folder).and_then(|()| fs::copy(&made, &binary)).map_err(|error| {
        Failure::Advice(format!("cannot copy {} to {}: {error}", made.display(), binary.display()))
    })?;
    let linkage =
        if is_linux(&host) { linkage(system, &binary)? } else { "dynamic, as on this system all are" };
    let version = system.run(&Call::new(binary.to_string_lossy()).args(["--version"]))?;

    system.write(&folder.join(SBOM), &sbom::of(system, toolchain, root, &host)?)?;
    let sum = Call::new("sha256sum").args([BINARY, SBOM]).folder(&folder);
    system.write(&folder.join(CHECKSUMS), &system.run(&sum)?)?;
    let size_mb = fs::metadata(&binary).map_or(0.0, |metadata| metadata.len() as f64 / 1e6);
    system.say(&format!(
        "== {FOLDER}: {BINARY} ({}, {host}, {linkage}, {size_mb:.1} MB), {SBOM}, {CHECKSUMS} in {:.0} s\n",
        version.trim().trim_start_matches(BINARY).trim(),
        start.elapsed().as_secs_f64()
    ));
    Ok(binary)
}

/// The system that the toolchain builds for where it is told nothing else.
fn host(system: &dyn System, toolchain: Toolchain) -> Result<String, Failure> {
    let version = system.run(&toolchain.cargo().args(["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Advice("cargo -vV names no host".to_owned()))
}

fn is_linux(host: &str) -> bool {
    host.contains("-linux-")
}

/// The target is named even though it is the host: so the flags are not for build scripts and macros, which
/// cannot be static.
fn build_call(toolchain: Toolchain, root: &Path, host: &str, cargo_home: &Path) -> Call {
    // Panics name the file that they come from; whose machine it lay on is nobody's affair.
    let mut flags = vec![
        format!("--remap-path-prefix={}=cargo", cargo_home.display()),
        format!("--remap-path-prefix={}=.", root.display()),
    ];
    if is_linux(host) {
        flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    let flags = flags.iter().map(|flag| format!("{flag:?}")).collect::<Vec<_>>().join(",");
    toolchain
        .cargo()
        .args(["build", "--locked", "--profile", "dist", "--target", host, "-p", BINARY])
        // Whatever the user has chosen: the binary is copied from there.
        .args(["--target-dir", "target"])
        .args(["--config".to_owned(), format!("target.{host}.rustflags=[{flags}]")])
        .folder(root)
}

fn cargo_home() -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// How a Linux binary finds its libraries; one that is not static would not run in an empty container.
fn linkage(system: &dyn System, binary: &Path) -> Result<&'static str, Failure> {
    let headers = Call::new("readelf").args(["--program-headers", "--wide"]).args([binary.to_string_lossy()]);
    if system.run(&headers)?.contains("INTERP") {
        return Err(Failure::Advice(format!(
            "{} is not static: were RUSTFLAGS set, which win over the flags given here? And is there a libc.a? \
             Debian has it in libc6-dev, Fedora in glibc-static",
            binary.display()
        )));
    }
    Ok("static")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn line(host: &str) -> String {
        build_call(Toolchain::Active, Path::new("/clone"), host, Path::new("/home-of-cargo")).to_string()
    }

    #[test]
    fn linux_gets_a_static_binary_without_paths_of_the_machine() {
        assert_eq!(
            line("x86_64-unknown-linux-gnu"),
            "cargo build --locked --profile dist --target x86_64-unknown-linux-gnu -p transcription-server \
             --target-dir target --config target.x86_64-unknown-linux-gnu.rustflags=[\"--remap-path-prefix=/home-of-cargo=cargo\",\
             \"--remap-path-prefix=/clone=.\",\"-Ctarget-feature=+crt-static\"]"
        );
    }

    #[test]
    fn other_systems_are_not_asked_for_what_they_cannot_do() {
        assert!(!line("aarch64-apple-darwin").contains("crt-static"));
    }

    #[test]
    fn a_binary_that_wants_a_loader_is_refused() {
        let ask = "readelf --program-headers --wide /x";
        let fake = Fake::default().answer(ask, "  LOAD  0x0\n  INTERP  0x318\n");
        assert!(linkage(&fake, Path::new("/x")).unwrap_err().to_string().contains("not static"));
        let fake = Fake::default().answer(ask, "  LOAD  0x0\n");
        assert_eq!(linkage(&fake, Path::new("/x")).unwrap(), "static");
    }

    #[test]
    fn the_host_is_the_toolchains_own() {
        let fake = Fake::default()
            .answer("RUSTUP_TOOLCHAIN=debian cargo -vV", "cargo 1.96.0\nhost: riscv64gc-unknown-linux-gnu\n");
        assert_eq!(host(&fake, Toolchain::DebianThroughRustup).unwrap(), "riscv64gc-unknown-linux-gnu");
    }
}
