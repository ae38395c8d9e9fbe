//! What the client promises to those who build it: an old Rust, and nothing of the system.

use std::collections::BTreeSet;
use std::process::Command;

use super::files::{read, repository};
use super::workspace::{Member, members};
use test_result::{TestError, TestResult};

/// The text between two others, such as a version in a manifest.
fn between<'a>(file: &'a str, before: &str, after: char) -> TestResult<&'a str> {
    let rest = file.split_once(before).ok_or_else(|| format!("{before:?} is missing"))?.1;
    Ok(rest.split(after).next().unwrap_or_default())
}

fn text(path: impl AsRef<std::path::Path>) -> TestResult<String> {
    read(path.as_ref()).ok_or_else(|| format!("{} cannot be read", path.as_ref().display()).into())
}

fn manifest_version(manifest: &str) -> TestResult<(u32, u32)> {
    let version = between(manifest, "\nrust-version = \"", '"')?;
    let (major, minor) = version.split_once('.').ok_or("a version has a dot")?;
    Ok((major.parse()?, minor.parse()?))
}

/// A member and all that it is built from.
fn built_from<'a>(name: &str, members: &'a [Member]) -> Vec<&'a Member> {
    let mut names = BTreeSet::from([name.to_owned()]);
    loop {
        let parts: Vec<&Member> = members.iter().filter(|member| names.contains(&member.name)).collect();
        let more = parts.iter().flat_map(|member| member.dependencies.clone());
        let more: BTreeSet<String> = more.filter(|name| members.iter().any(|it| it.name == *name)).collect();
        if more.is_subset(&names) {
            return parts;
        }
        names.extend(more);
    }
}

#[test]
fn the_oldest_rust_of_the_client_is_one_number_and_older_than_that_of_the_workspace() -> TestResult {
    let client = text("crates/client/Cargo.toml")?;
    let oldest = manifest_version(&client)?;
    assert!(oldest < manifest_version(&text("Cargo.toml")?)?, "{oldest:?}");
    let members = members()?;
    let parts = built_from("assemblyai-streaming", &members);
    assert!(parts.iter().any(|part| part.name == "assemblyai-protocol"));
    for part in parts {
        let version = manifest_version(&text(part.manifest())?);
        let version = version.map_err(|error| TestError::from(format!("{}: {error}", part.folder)))?;
        assert_eq!(version, oldest, "{}", part.folder);
    }
    let written = between(&client, "\nrust-version = \"", '"')?;
    for readme in ["client", "protocol", "export"] {
        let readme = text(format!("crates/{readme}/README.md"))?;
        assert_eq!(between(&readme, "Rust 1", ' ')?, &written[1..]);
    }
    assert_eq!(between(&text(".github/workflows/ci.yml")?, "RUSTUP_TOOLCHAIN: \"", '"')?, written);
    Ok(())
}

/// Crates of the kind `…-sys` bind libraries, whose headers they need.
#[test]
fn the_client_binds_no_library_of_linux() -> TestResult {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "tree",
        "--locked",
        "--prefix",
        "none",
        "--edges",
        "normal,build",
        "-p",
        "assemblyai-streaming",
    ]);
    cargo.args(["--target", "x86_64-unknown-linux-gnu"]).current_dir(repository());
    let output = cargo.output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout)?;
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("pulseaudio"), "the microphone is on by default");
    // System calls, as constants.
    let bound = names.iter().filter(|name| name.ends_with("-sys") && **name != "linux-raw-sys");
    assert_eq!(bound.collect::<Vec<_>>(), Vec::<&&str>::new());
    Ok(())
}
