//! The release: one static binary with the page inside, its bill of materials, and their checksums.
//!
//! It is linked with glibc rather than musl, because with musl's allocator a token costs three times as much CPU (load
//! test: 104 µs against 33 µs).

mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::command::CommandSpec;
use crate::system::{Failure, System};
use crate::toolchain::Toolchain;

/// The folder of the release, from the repository's root.
const FOLDER: &str = "target/distrib";
const BINARY: &str = "transcription-server";
const SBOM: &str = "transcription-server.cdx.json";
const CHECKSUMS: &str = "SHA256SUMS";

/// How much the binary is optimized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Optimization {
    /// As the profile `dist` says, to publish the binary.
    Full,
    /// As the profile `dev` says, to test the binary: cargo then builds what runs while it builds, half of all crates,
    /// once for this binary and for the tests.
    Little,
}

impl Optimization {
    /// Cargo's arguments.
    fn args(self) -> &'static [&'static str] {
        match self {
            Self::Full => &["--profile", "dist"],
            Self::Little => &["--profile", "dev", "--config", "profile.dev.strip=true"],
        }
    }

    /// The folder of the binary in that of its target.
    fn folder(self) -> &'static str {
        match self {
            Self::Full => "dist",
            Self::Little => "debug",
        }
    }
}

/// Builds and checks the release and copies it into its folder; returns the binary's path.
pub(crate) fn run(
    system: &dyn System,
    toolchain: Toolchain,
    root: &Path,
    optimization: Optimization,
) -> Result<PathBuf, Failure> {
    let start = Instant::now();
    let host = host(system, toolchain)?;
    let build = build_command(toolchain, root, &host, &cargo_home(), optimization);
    system.say(&format!("== release: {build}\n"));
    system.show(&build)?;

    let folder = root.join(FOLDER);
    let binary = folder.join(BINARY);
    let made = root.join("target").join(&host).join(optimization.folder()).join(BINARY);
    fs::create_dir_all(&folder).and_then(|()| fs::copy(&made, &binary)).map_err(|error| {
        Failure::Advice(format!("cannot copy {} to {}: {error}", made.display(), binary.display()))
    })?;
    let linkage = if is_linux(&host) { linkage(system, &binary)? } else { "dynamic" };
    let version = system.run(&CommandSpec::new(binary.to_string_lossy()).args(["--version"]))?;

    system.write(&folder.join(SBOM), &sbom::of(system, toolchain, root, &host)?)?;
    let sum = CommandSpec::new("sha256sum").args([BINARY, SBOM]).folder(&folder);
    system.write(&folder.join(CHECKSUMS), &system.run(&sum)?)?;
    let size_mb = fs::metadata(&binary).map_or(0.0, |metadata| metadata.len() as f64 / 1e6);
    system.say(&format!(
        "== {FOLDER}: {BINARY} ({}, {host}, {linkage}, {size_mb:.1} MB), {SBOM}, {CHECKSUMS} in {:.0} s\n",
        version.trim().trim_start_matches(BINARY).trim(),
        start.elapsed().as_secs_f64()
    ));
    Ok(binary)
}

/// Removes the release.
pub(crate) fn remove(system: &dyn System, root: &Path) -> Result<(), Failure> {
    system.say(&format!(
        "== {FOLDER} is removed: it was built for the tests. To build a release: cargo xtask dist\n"
    ));
    fs::remove_dir_all(root.join(FOLDER))
        .map_err(|error| Failure::Advice(format!("cannot remove {FOLDER}: {error}")))
}

/// The target that the toolchain builds for by default.
fn host(system: &dyn System, toolchain: Toolchain) -> Result<String, Failure> {
    let version = system.run(&toolchain.cargo().args(["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::Advice("cargo -vV prints no host".to_owned()))
}

fn is_linux(host: &str) -> bool {
    host.contains("-linux-")
}

/// The target is given even though it is the host, so that the flags do not apply to build scripts and macros, which
/// cannot be static.
fn build_command(
    toolchain: Toolchain,
    root: &Path,
    host: &str,
    cargo_home: &Path,
    optimization: Optimization,
) -> CommandSpec {
    // Panic messages have the path of the source file, which must not be one of this machine.
    let mut flags = vec![
        format!("--remap-path-prefix={}=cargo", cargo_home.display()),
        format!("--remap-path-prefix={}=.", root.display()),
    ];
    if is_linux(host) {
        flags.push("-Ctarget-feature=+crt-static".to_owned());
        // A static binary finds the C library's function by no name, and would read /dev/urandom: in an empty root there
        // is none.
        flags.push("--cfg=getrandom_backend=\"linux_getrandom\"".to_owned());
    }
    let flags = flags.iter().map(|flag| format!("{flag:?}")).collect::<Vec<_>>().join(",");
    toolchain
        .cargo()
        .args(["build", "--locked", "--target", host, "-p", BINARY])
        .args(optimization.args().iter().copied())
        // The binary is copied from there, whatever CARGO_TARGET_DIR is.
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
    let headers =
        CommandSpec::new("readelf").args(["--program-headers", "--wide"]).args([binary.to_string_lossy()]);
    if system.run(&headers)?.contains("INTERP") {
        return Err(Failure::Advice(format!(
            "{} is not static. Unset RUSTFLAGS, which replace the flags given here, and install libc.a: libc6-dev in Debian, \
             glibc-static in Fedora",
            binary.display()
        )));
    }
    Ok("static")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn line(host: &str, optimization: Optimization) -> String {
        let (root, cargo_home) = (Path::new("/clone"), Path::new("/home-of-cargo"));
        build_command(Toolchain::Active, root, host, cargo_home, optimization).to_string()
    }

    #[test]
    fn on_linux_the_binary_is_static_and_has_no_paths_of_the_machine() {
        assert_eq!(
            line("x86_64-unknown-linux-gnu", Optimization::Full),
            "cargo build --locked --target x86_64-unknown-linux-gnu -p transcription-server --profile dist \
             --target-dir target --config target.x86_64-unknown-linux-gnu.rustflags=[\"--remap-path-prefix=/home-of-cargo=cargo\",\
             \"--remap-path-prefix=/clone=.\",\"-Ctarget-feature=+crt-static\",\
             \"--cfg=getrandom_backend=\\\"linux_getrandom\\\"\"]"
        );
    }

    #[test]
    fn the_binary_for_tests_is_as_static_and_stripped_but_of_the_profile_dev() {
        let (full, little) = (
            line("x86_64-unknown-linux-gnu", Optimization::Full),
            line("x86_64-unknown-linux-gnu", Optimization::Little),
        );
        assert_eq!(little, full.replace("--profile dist", "--profile dev --config profile.dev.strip=true"));
    }

    #[test]
    fn on_other_systems_the_binary_is_not_static() {
        assert!(!line("aarch64-apple-darwin", Optimization::Full).contains("crt-static"));
    }

    #[test]
    fn a_binary_with_a_loader_is_an_error() -> Result<(), Failure> {
        let ask = "readelf --program-headers --wide /x";
        let fake = Fake::default().answer(ask, "  LOAD  0x0\n  INTERP  0x318\n");
        assert!(
            linkage(&fake, Path::new("/x"))
                .expect_err("it needs a loader")
                .to_string()
                .contains("not static")
        );
        let fake = Fake::default().answer(ask, "  LOAD  0x0\n");
        assert_eq!(linkage(&fake, Path::new("/x"))?, "static");
        Ok(())
    }

    #[test]
    fn the_host_is_that_of_the_toolchain() -> Result<(), Failure> {
        let fake =
            Fake::default().answer("/usr/bin/cargo -vV", "cargo 1.96.0\nhost: riscv64gc-unknown-linux-gnu\n");
        assert_eq!(host(&fake, Toolchain::Debian)?, "riscv64gc-unknown-linux-gnu");
        Ok(())
    }
}
