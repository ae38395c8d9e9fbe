//! Rules that no other tool checks, as tests over the files of the repository.

mod circles;
mod client;
mod files;
mod layers;
mod secrets;
mod workspace;

use clap::CommandFactory as _;
use test_result::TestResult;

use crate::Cli;
use files::{read, repository};

#[test]
fn no_file_names_a_machine_a_registry_or_a_key() -> TestResult {
    let mut found = Vec::new();
    for file in files::tracked()? {
        // It has checksums and the name of the registry.
        if file.ends_with("Cargo.lock") {
            continue;
        }
        let Some(text) = read(&file) else { continue };
        for (number, line) in text.lines().enumerate() {
            let what = secrets::found_in(line);
            found.extend(what.map(|what| format!("{}:{}: {what}", file.display(), number + 1)));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn every_member_inherits_the_lints() -> TestResult {
    let members = workspace::members()?;
    assert!(members.iter().any(|member| member.folder == "xtask"));
    for member in members {
        let manifest = read(&member.manifest()).ok_or("a member has a manifest")?;
        assert!(manifest.contains("\n[lints]\nworkspace = true\n"), "{}", member.folder);
    }
    Ok(())
}

#[test]
fn every_command_in_the_readme_exists() -> TestResult {
    let readme = read("README.md".as_ref()).ok_or("the repository has a README")?;
    let words: Vec<&str> = readme
        .split("cargo xtask ")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next())
        .collect();
    for word in &words {
        assert!(Cli::command().find_subcommand(word).is_some(), "cargo xtask {word}");
    }
    for word in ["demo", "run", "test", "setup"] {
        assert!(words.contains(&word), "the README does not mention cargo xtask {word}");
    }
    Ok(())
}

#[test]
fn continuous_integration_runs_the_test_command_of_the_readme() -> TestResult {
    let script = repository().join(".ci/run");
    let text = std::fs::read_to_string(&script)?;
    assert_eq!(
        text.lines().filter(|line| line.contains("cargo")).collect::<Vec<_>>(),
        ["cargo xtask test --sdks --deploy --speech"]
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&script)?.permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "not executable");
    }
    Ok(())
}
