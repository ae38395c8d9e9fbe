use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::error::BundleError;

const TARGET: &str = "wasm32-unknown-unknown";

/// Settings of the user or the machine that apply to the page's build too: folders, network, and the linker of the
/// page's target. A name that ends in `_` is a prefix.
const KEPT: [&str; 7] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_MAKEFLAGS", // The outer cargo's job server: it limits both builds together to the number of cores.
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_",
    "CARGO_TERM_",
];

/// Variables that describe the outer build and must not reach the inner one: rustflags for the host, clippy as the
/// compiler, the host's profile. `RUSTC` is not among them: both builds use the same compiler.
const REMOVED: [&str; 15] = [
    "CARGO",
    "CARGO_",
    "CLIPPY_",
    "DEBUG",
    "DEP_",
    "HOST",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC_",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "TARGET",
];

/// Runs cargo for the page's target inside the build script of an outer cargo.
pub(crate) struct Cargo {
    program: OsString,
    root: PathBuf,
    target_dir: PathBuf,
}

impl Cargo {
    /// Finds the outer cargo, and checks that the page's target is installed.
    pub(crate) fn new(root: &Path, out_dir: &Path) -> Result<Self, BundleError> {
        let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let cargo = Self { program, root: root.to_owned(), target_dir: target_dir(out_dir).join("page") };
        if cargo.target_is_installed()? { Ok(cargo) } else { Err(BundleError::MissingTarget) }
    }

    fn target_is_installed(&self) -> Result<bool, BundleError> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = self
            .command(&rustc)
            .args(["--print", "target-libdir", "--target", TARGET])
            .stderr(Stdio::inherit())
            .output()
            .map_err(BundleError::io(rustc))?;
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        // rustup may leave an empty folder when it removes a target.
        Ok(folder.read_dir().is_ok_and(|mut files| files.next().is_some()))
    }

    /// Builds a crate of the workspace and returns its wasm.
    ///
    /// `cargo rustc --crate-type cdylib` rather than `cargo build`: cargo skips link-time optimisation for crates that are
    /// also an rlib, as the page's crates are for their native tests.
    pub(crate) fn build_wasm(
        &self,
        package: &'static str,
        features: &[&str],
    ) -> Result<Vec<u8>, BundleError> {
        let status = self
            .command(&self.program)
            .args(["rustc", "--locked", "--package", package, "--lib", "--crate-type", "cdylib"])
            .args(["--profile", "wasm", "--target", TARGET, "--features", &features.join(",")])
            .arg("--target-dir")
            .arg(&self.target_dir)
            .env("CARGO_ENCODED_RUSTFLAGS", self.rustflags())
            // The outer cargo reads a build script's stdout as instructions.
            .stdout(Stdio::null())
            .status()
            .map_err(BundleError::io(&self.program))?;
        if !status.success() {
            return Err(BundleError::Compile { package, status });
        }
        // Read before the next build: the page depends on the worklet without its feature, and cargo gives the wasm of
        // both builds of the worklet the same name.
        let folder = self.target_dir.join(TARGET).join("wasm");
        let wasm = folder.join(package.replace('-', "_")).with_extension("wasm");
        fs::read(&wasm).map_err(BundleError::io(wasm))
    }

    /// Removes this machine's folders and the name of its registry from the panic messages in the wasm, so that the same
    /// source gives the same bytes and hashes everywhere.
    fn rustflags(&self) -> OsString {
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
        let registries = fs::read_dir(home.join("registry").join("src")).into_iter().flatten();
        let registries = registries.filter_map(|entry| Some((entry.ok()?.path(), "deps")));
        let mut flags = OsString::new();
        // If several match, the last one applies.
        for (from, to) in [(self.root.clone(), "."), (home, "cargo")].into_iter().chain(registries) {
            flags.push(if flags.is_empty() { "--remap-path-prefix=" } else { "\u{1f}--remap-path-prefix=" });
            flags.push(from);
            flags.push(format!("={to}"));
        }
        flags
    }

    /// A command in the workspace's root without the outer cargo's variables.
    fn command(&self, program: &OsString) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_of_the_outer_build) {
                command.env_remove(name);
            }
        }
        command
    }
}

/// The outer build's target folder, which has cargo's marker file. `OUT_DIR` is several levels below it; how many
/// depends on cargo's version. The folder of a `--target` in it has the marker too: all targets share one page.
fn target_dir(out_dir: &Path) -> &Path {
    let has_marker = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    let Some(nearest) = out_dir.ancestors().find(has_marker) else { return out_dir };
    nearest.parent().filter(has_marker).unwrap_or(nearest)
}

fn is_of_the_outer_build(variable: &str) -> bool {
    let listed = |list: &[&str]| {
        list.iter().any(|name| variable == *name || (name.ends_with('_') && variable.starts_with(name)))
    };
    listed(&REMOVED) && !listed(&KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn variables_of_the_outer_build_are_removed() {
        for variable in [
            "CARGO",
            "CARGO_BUILD_TARGET",
            "CARGO_CFG_TARGET_ARCH",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_FEATURE_DEFAULT",
            "CARGO_INCREMENTAL",
            "CARGO_PKG_VERSION",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_DIR",
            "CLIPPY_ARGS",
            "DEP_Z_ROOT",
            "HOST",
            "OUT_DIR",
            "PROFILE",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTC_WRAPPER",
            "RUSTDOCFLAGS",
            "RUSTFLAGS",
            "TARGET",
        ] {
            assert!(is_of_the_outer_build(variable), "{variable}");
        }
    }

    #[test]
    fn settings_of_the_machine_are_kept() {
        for variable in [
            "CARGO_HOME",
            "CARGO_HTTP_PROXY",
            "CARGO_MAKEFLAGS",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_CRATES_IO_PROTOCOL",
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER",
            "HOME",
            "HOSTNAME",
            "PATH",
            "RUSTC",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "https_proxy",
        ] {
            assert!(!is_of_the_outer_build(variable), "{variable}");
        }
    }

    #[test]
    fn the_target_folder_is_found_by_its_marker() -> TestResult {
        let target = env::temp_dir().join(format!("transcription-bundle-{}", std::process::id()));
        let out_dir = target.join("x86_64-unknown-linux-gnu/debug/build/server-0123/out");
        std::fs::create_dir_all(&out_dir)?;
        assert_eq!(target_dir(&out_dir), out_dir, "without a marker it is the output folder itself");
        std::fs::write(target.join("CACHEDIR.TAG"), "")?;
        assert_eq!(target_dir(&out_dir), target);
        std::fs::write(target.join("x86_64-unknown-linux-gnu/CACHEDIR.TAG"), "")?;
        assert_eq!(target_dir(&out_dir), target, "with --target");
        std::fs::remove_dir_all(&target)?;
        Ok(())
    }
}
