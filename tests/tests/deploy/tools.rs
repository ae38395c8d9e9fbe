//! Checks each file with the tool that reads it, or with a linter for its format.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::{path, text};
use test_result::TestResult;

/// The highest accepted exposure level of `systemd-analyze security`, times 10: 0 to 100.
const EXPOSURE_LIMIT: u32 = 20;
/// The version of Kubernetes whose schema is used; `sleep` in `preStop` is stable since 1.34.
const KUBERNETES: &str = "1.34";

/// A tool that `cargo xtask setup --deploy` has installed from PyPI.
pub(crate) fn tool(name: &str) -> Command {
    Command::new(path("target/deploy/bin").join(name))
}

/// An empty folder below `target/`.
pub(crate) fn folder(name: &str) -> TestResult<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("deploy").join(name);
    // An error means that the folder did not exist.
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Runs a command to its end.
pub(crate) fn output(command: &mut Command) -> TestResult<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    let hint = format!("cannot run {program}: type cargo xtask setup --deploy");
    Ok(command.output().map_err(|error| format!("{hint} ({error})"))?)
}

/// Runs a command and returns its stdout and stderr; fails unless it exits with 0.
pub(crate) fn succeed(command: &mut Command) -> TestResult<String> {
    let output = output(command)?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{text}", output.status);
    Ok(text.into_owned())
}

#[test]
fn hadolint_finds_nothing_in_the_dockerfile() -> TestResult {
    assert_eq!(succeed(tool("hadolint").arg(path("Dockerfile")))?, "");
    Ok(())
}

#[test]
fn actionlint_finds_nothing_in_the_workflows() -> TestResult {
    let workflows = [".github/workflows/ci.yml", ".github/workflows/release.yml"].map(path);
    assert_eq!(succeed(tool("actionlint").args(workflows))?, "");
    Ok(())
}

#[test]
fn compose_accepts_its_file() -> TestResult {
    let folder = folder("compose")?;
    fs::write(folder.join("compose.yaml"), text("compose.yaml")?)?;
    fs::write(folder.join(".env"), text(".env.example")?)?;
    let local =
        succeed(Command::new("docker-compose").args(["--profile", "local", "config"]).current_dir(&folder))?;
    for expected in ["profiles:\n    - local", "LOCAL_MODEL: /model"] {
        assert!(local.contains(expected), "{expected} in\n{local}");
    }
    let config = succeed(Command::new("docker-compose").arg("config").current_dir(&folder))?;
    for expected in ["redis://valkey:6379", "condition: service_healthy", "ASSEMBLYAI_API_KEY: ''"] {
        assert!(config.contains(expected), "{expected} in\n{config}");
    }
    Ok(())
}

#[test]
fn kubernetes_accepts_the_manifests() -> TestResult {
    for (name, objects) in [("docs/deploy/kubernetes.yaml", 8), ("docs/deploy/kubernetes-local.yaml", 3)] {
        let said = succeed(tool("kubernetes-validate").args(["--strict", "-k", KUBERNETES]).arg(path(name)))?;
        assert_eq!(said.lines().filter(|line| line.contains(" passed for ")).count(), objects, "{said}");
    }
    Ok(())
}

/// The systemd unit with the path of the binary that was built here.
fn unit(test: &str) -> TestResult<PathBuf> {
    let file = folder(test)?.join("transcription-server.service");
    let installed = "/usr/local/bin/transcription-server";
    let binary = path("target/distrib/transcription-server");
    let adapted =
        text("docs/deploy/transcription-server.service")?.replace(installed, &binary.to_string_lossy());
    fs::write(&file, adapted)?;
    Ok(file)
}

#[test]
fn systemd_finds_no_error_in_the_unit() -> TestResult {
    assert_eq!(
        succeed(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(unit("verify")?))?,
        ""
    );
    Ok(())
}

#[test]
fn systemd_rates_the_exposure_of_the_unit_as_low() -> TestResult {
    let threshold = format!("--threshold={EXPOSURE_LIMIT}");
    let ask = ["security", "--offline=true", "--no-pager", &threshold];
    let said = succeed(Command::new("systemd-analyze").args(ask).arg(unit("security")?))?;
    assert!(said.contains("Overall exposure level"), "{said}");
    Ok(())
}

#[test]
fn licences_are_allowed_crates_are_unique_and_from_the_registry() -> TestResult {
    let deny = |checks: &[&str]| {
        // Called directly: `cargo deny` would look for it in PATH.
        succeed(tool("cargo-deny").args(["--offline", "check"]).args(checks).current_dir(path(".")))
    };
    // It reads the crates of every platform; cargo has downloaded those of this one.
    succeed(Command::new("cargo").args(["fetch", "--locked"]).current_dir(path(".")))?;
    deny(&["bans", "licenses", "sources"])?;
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    if cargo_home.is_some_and(|home| home.join("advisory-dbs").exists()) {
        deny(&["advisories"])?;
    } else {
        println!("advisories are not checked: their database is not on this machine (cargo deny fetch)");
    }
    Ok(())
}
