//! A command as data: what is run, shown and compared in tests.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command with its arguments, its folder, and what it finds changed in the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    program: String,
    args: Vec<String>,
    envs: Vec<(&'static str, String)>,
    folder: Option<PathBuf>,
}

impl Call {
    pub(crate) fn new(program: impl Into<String>) -> Self {
        Self { program: program.into(), args: Vec::new(), envs: Vec::new(), folder: None }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
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

    /// The same command, run by `program`, as in `sudo apt-get update`.
    pub(crate) fn through(mut self, program: &str) -> Self {
        self.args.insert(0, std::mem::replace(&mut self.program, program.to_owned()));
        self
    }
}

/// The line that one would type; changes to `PATH` are left out, they are long and say little.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.envs.iter().filter(|(name, _)| *name != "PATH") {
            write!(f, "{name}={} ", quoted(value))?;
        }
        f.write_str(&self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

impl From<&Call> for Command {
    fn from(call: &Call) -> Self {
        let mut command = Command::new(&call.program);
        // What cargo told this very program about itself would mislead the cargo that it starts: `CARGO`, for
        // one, names the cargo that build scripts run, of another toolchain perhaps.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_cargos_own) {
                command.env_remove(name);
            }
        }
        command.args(&call.args).envs(call.envs.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &call.folder {
            command.current_dir(folder);
        }
        command
    }
}

fn is_cargos_own(name: &str) -> bool {
    name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

fn quoted(text: &str) -> String {
    if text.contains(' ') { format!("\"{text}\"") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_as_one_would_type_it() {
        let call = Call::new("cargo")
            .args(["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .env("PATH", "/x");
        assert_eq!(call.to_string(), "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps");
    }

    #[test]
    fn a_call_through_sudo_keeps_its_arguments() {
        assert_eq!(Call::new("apt-get").args(["update"]).through("sudo").to_string(), "sudo apt-get update");
    }

    #[test]
    fn what_the_user_tells_cargo_is_passed_on() {
        for name in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_TERM_COLOR", "CARGO_NET_OFFLINE"] {
            assert!(!is_cargos_own(name), "{name}");
        }
    }
}
