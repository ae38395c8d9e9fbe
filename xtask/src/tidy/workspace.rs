//! The members of the workspace, as cargo lists them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::files::repository;
use test_result::{TestError, TestResult};

/// A member of the workspace.
pub(super) struct Member {
    /// Its package name.
    pub(super) name: String,
    /// Its folder, relative to the root, such as `web/tools`.
    pub(super) folder: String,
    /// The package names of its dependencies for building, on any target; without those of its tests.
    pub(super) dependencies: Vec<String>,
}

impl Member {
    /// The path of its manifest.
    pub(super) fn manifest(&self) -> PathBuf {
        Path::new(&self.folder).join("Cargo.toml")
    }
}

/// All members.
pub(super) fn members() -> TestResult<Vec<Member>> {
    let metadata = metadata()?;
    metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?.iter().map(member).collect()
}

fn member(package: &Value) -> TestResult<Member> {
    let text = |value: &Value| Ok::<_, TestError>(value.as_str().ok_or("not a text")?.to_owned());
    let manifest = PathBuf::from(text(&package["manifest_path"])?);
    let folder = manifest.parent().ok_or("a manifest is in a folder")?.strip_prefix(repository())?;
    let dependencies = package["dependencies"].as_array().ok_or("no list of dependencies")?;
    let of_the_build = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
    Ok(Member {
        name: text(&package["name"])?,
        folder: folder.to_string_lossy().replace('\\', "/"),
        dependencies: of_the_build.map(|dependency| text(&dependency["name"])).collect::<Result<_, _>>()?,
    })
}

/// What `cargo metadata` prints of the members alone.
fn metadata() -> TestResult<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(repository());
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn every_published_crate_has_what_registries_show_both_licences_and_an_example() -> TestResult {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    // The others may be published to an empty list of registries.
    let published: Vec<&Value> = packages.iter().filter(|package| package["publish"].is_null()).collect();
    assert!(published.len() > 5, "{published:?}");
    for package in published {
        let name = &package["name"];
        for field in ["description", "readme", "license", "documentation", "rust_version"] {
            assert!(package[field].is_string(), "{name} has no {field}");
        }
        for list in ["keywords", "categories"] {
            assert!(package[list][0].is_string(), "{name} has no {list}");
        }
        let manifest = Path::new(package["manifest_path"].as_str().ok_or("no path")?);
        for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(manifest.with_file_name(file).exists(), "{name} has no {file}");
        }
        let targets = package["targets"].as_array().ok_or("no targets")?;
        assert!(targets.iter().any(|target| target["kind"][0] == "example"), "{name} has no example");
    }
    Ok(())
}
