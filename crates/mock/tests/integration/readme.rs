//! Runs the README's shell examples with other ports and a smaller size. Its Rust example is a documentation test.

use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use test_result::TestResult;

const README: &str = include_str!("../../README.md");

/// The code blocks of a language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let parts = README.split("```").skip(1).step_by(2);
    parts.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

/// A port that is free now, because the examples contain their ports.
fn free_port() -> TestResult<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr())?.port())
}

/// The command that replaces the README's `cargo run`. Cargo builds the examples when it runs all tests of the package;
/// if only this file is tested, `cargo run` builds the example.
fn load() -> String {
    let built = Path::new(env!("CARGO_BIN_EXE_assemblyai-mock")).with_file_name("examples").join("load");
    if built.exists() {
        return format!("'{}'", built.display());
    }
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    format!("'{}' run --quiet --manifest-path '{manifest}' --example load --", env!("CARGO"))
}

/// A new folder with the program that the examples run.
fn folder(name: &str) -> TestResult<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(folder.join("bin"))?;
    let mock = env!("CARGO_BIN_EXE_assemblyai-mock");
    symlink(mock, folder.join("bin/assemblyai-mock"))?;
    Ok(folder)
}

fn run(folder: &Path, script: &str) -> TestResult<Output> {
    let path = format!("{}/bin:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    // The trap ends the mock if a line fails.
    let script = format!("set -e\ntrap 'kill %1 2> /dev/null || true' EXIT\n{script}");
    let ports = [("8765", free_port()?), ("8766", free_port()?)];
    let script = ports.iter().fold(script, |script, (port, free)| script.replace(port, &free.to_string()));
    Ok(Command::new("timeout")
        .args(["300", "bash", "-c", &script])
        .current_dir(folder)
        .env("PATH", path)
        .output()?)
}

#[test]
fn the_test_in_any_language_works_as_written() -> TestResult {
    let folder = folder("any-language")?;
    std::fs::write(folder.join("order.toml"), blocks("toml")[0])?;
    // A client that streams 3 s of audio and sends Terminate.
    let script = blocks("sh")[0].replace(
        "your-client ws://127.0.0.1:8765/v3/ws",
        &format!("{} ws://127.0.0.1:8765/v3/ws 1 3", load()),
    );
    let Output { status, stdout, stderr } = run(&folder, &script)?;
    let (said, complained) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{said}\n{complained}");
    assert!(said.contains(r#""transcript":"book a table for two""#), "raw, as the model was asked: {said}");
    Ok(())
}

#[test]
fn a_violation_fails_the_test_in_any_language() -> TestResult {
    let folder = folder("any-language-broken")?;
    std::fs::write(folder.join("order.toml"), blocks("toml")[0])?;
    let script = blocks("sh")[0].replace(
        "your-client ws://127.0.0.1:8765/v3/ws",
        &format!("{} 'ws://127.0.0.1:8765/v3/ws?bogus=1&bogus=' 1 3", load()),
    );
    let Output { status, stdout, .. } = run(&folder, &script)?;
    let said = String::from_utf8_lossy(&stdout);
    assert!(!status.success() && said.contains(r#""audio_ms":3000"#), "it failed at the last line: {said}");
    Ok(())
}

#[test]
fn the_load_target_works_as_written() -> TestResult {
    let folder = folder("load-target")?;
    let script =
        blocks("sh")[1].replace("cargo run --release --example load --", &load()).replace("2000 20", "5 2");
    let Output { status, stdout, stderr } = run(&folder, &script)?;
    let (said, complained) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{said}\n{complained}");
    assert!(said.starts_with("5 sessions of 2 s: 25 messages, late by p50 "), "{said}");
    Ok(())
}
