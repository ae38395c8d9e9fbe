use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::BundleError;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm";

/// A cargo inside a build script, for the browser's target.
pub(crate) struct NestedCargo<'a> {
    web: &'a Path,
    target_dir: PathBuf,
}

impl<'a> NestedCargo<'a> {
    /// The outer cargo holds a lock on its own target folder, so this one has its own, below it.
    pub(crate) fn new(web: &'a Path, out_dir: &Path) -> Self {
        // OUT_DIR is <target folder>/<profile>/build/<package>/out, with <target>/ before it in cross builds.
        let target_dir = out_dir.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
        Self { web, target_dir: target_dir.unwrap_or(out_dir).join("page") }
    }

    /// Builds a package of the workspace and tells where its wasm is.
    pub(crate) fn build(&self, package: &'static str, more: &[&str]) -> Result<PathBuf, BundleError> {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for (name, _) in env::vars_os().filter(|(name, _)| is_the_outer_cargos(&name.to_string_lossy())) {
            cargo.env_remove(name);
        }
        let output = cargo
            .current_dir(self.web)
            .args(["build", "--package", package, "--target", TARGET, "--profile", PROFILE, "--lib"])
            .args(more)
            .arg("--target-dir")
            .arg(&self.target_dir)
            .output()
            .map_err(|source| BundleError::File { path: "cargo".into(), source })?;
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).into_owned();
            let no_target = output.contains("can't find crate for `core`")
                || output.contains("target may not be installed");
            return Err(if no_target {
                BundleError::NoTarget
            } else {
                BundleError::Build { package, output }
            });
        }
        let file = format!("{}.wasm", package.replace('-', "_"));
        Ok(self.target_dir.join(TARGET).join(PROFILE).join(file))
    }
}

/// Whether the variable was set by the outer cargo for its own build: the host's flags, the lint driver, the
/// profile. What the user has set for every cargo stays.
fn is_the_outer_cargos(name: &str) -> bool {
    const USERS: [&str; 5] =
        ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_"];
    const COMPILERS: [&str; 14] = [
        "DEBUG",
        "HOST",
        "NUM_JOBS",
        "OPT_LEVEL",
        "OUT_DIR",
        "PROFILE",
        "RUSTC",
        "RUSTC_LINKER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTDOC",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
        "TARGET",
    ];
    if USERS.iter().any(|prefix| name.starts_with(prefix)) {
        return false;
    }
    name == "CARGO" || name.starts_with("CARGO_") || name.starts_with("CLIPPY_") || COMPILERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_set_for_every_cargo_stays() {
        for name in
            ["CARGO_HOME", "CARGO_HTTP_PROXY", "CARGO_NET_OFFLINE", "RUSTUP_TOOLCHAIN", "PATH", "HOME"]
        {
            assert!(!is_the_outer_cargos(name), "{name}");
        }
    }

    #[test]
    fn what_the_outer_cargo_set_for_its_own_build_goes() {
        for name in [
            "CARGO",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_MAKEFLAGS",
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET",
            "RUSTFLAGS",
            "RUSTC",
            "RUSTC_WORKSPACE_WRAPPER",
            "PROFILE",
            "TARGET",
        ] {
            assert!(is_the_outer_cargos(name), "{name}");
        }
    }
}
