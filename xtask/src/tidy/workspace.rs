//! The members of the workspace, as cargo lists them.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::files::repository;

/// The manifests of all members, as absolute paths.
pub(super) fn manifests() -> Vec<PathBuf> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("cargo metadata lists packages");
    packages.iter().filter_map(|package| package["manifest_path"].as_str()).map(PathBuf::from).collect()
}

/// What `cargo metadata` prints of the members alone.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(repository())
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}
