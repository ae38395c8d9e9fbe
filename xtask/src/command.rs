//! A command as data, to print, run and compare it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command with its arguments, its folder, and its changes to the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandSpec {
    program: String,
    args: Vec<String>,
    envs: Vec<(&'static str, String)>,
    folder: Option<PathBuf>,
}

impl CommandSpec {
    pub(crate) fn new(program: impl Into<String>) -> Self {
        Self { program: program.into(), args: Vec::new(), envs: Vec::new(), folder: None }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Arguments for the test programs that cargo runs.
    pub(crate) fn test_args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        if !self.args.iter().any(|arg| arg == "--") {
            self.args.push("--".to_owned());
        }
        self.args(args)
    }

    /// The same command with the lowest priority: it takes the processor time that all others leave.
    pub(crate) fn with_lowest_priority(mut self) -> Self {
        let program = std::mem::replace(&mut self.program, "nice".to_owned());
        self.args.splice(0..0, ["-n".to_owned(), "19".to_owned(), program]);
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.envs.push((name, value.into()));
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }
}

/// The line to type in a shell, without changes to `PATH`, which are long.
impl fmt::Display for CommandSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.envs.iter().filter(|(name, _)| *name != "PATH") {
            write!(f, "{name}={} ", quoted(value))?;
        }
        f.write_str(&self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

impl From<&CommandSpec> for Command {
    fn from(spec: &CommandSpec) -> Self {
        let mut command = Command::new(&spec.program);
        // What cargo says to this program about itself is wrong for another cargo: `CARGO`, for example, names the
        // cargo that build scripts use, perhaps of another toolchain.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_of_this_package) {
                command.env_remove(name);
            }
        }
        command.args(&spec.args).envs(spec.envs.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &spec.folder {
            command.current_dir(folder);
        }
        command
    }
}

fn is_of_this_package(name: &str) -> bool {
    name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

fn quoted(text: &str) -> String {
    if text.contains(' ') { format!("\"{text}\"") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_printed_as_one_would_type_it() {
        let command = CommandSpec::new("cargo")
            .args(["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .env("PATH", "/x");
        assert_eq!(command.to_string(), "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps");
    }

    #[test]
    fn arguments_of_tests_follow_one_separator() {
        let command = CommandSpec::new("cargo").args(["test"]).test_args(["--skip", "a"]);
        assert_eq!(command.to_string(), "cargo test -- --skip a");
        assert_eq!(command.test_args(["--exact"]).to_string(), "cargo test -- --skip a --exact");
    }

    #[test]
    fn a_command_of_the_lowest_priority_is_run_by_nice() {
        let command =
            CommandSpec::new("cargo").args(["doc"]).env("RUSTDOCFLAGS", "-D").with_lowest_priority();
        assert_eq!(command.to_string(), "RUSTDOCFLAGS=-D nice -n 19 cargo doc");
    }

    #[test]
    fn the_users_settings_of_cargo_are_passed_on() {
        for name in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_TERM_COLOR", "CARGO_NET_OFFLINE"] {
            assert!(!is_of_this_package(name), "{name}");
        }
    }
}
