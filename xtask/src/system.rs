//! The machine: programs, files and output, behind a trait for tests.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::command::CommandSpec;

/// How many of the last lines of a failed command are printed.
const LAST_LINES: usize = 12;

/// The machine, or a fake.
pub(crate) trait System: Sync {
    /// Runs a command and returns its standard output.
    fn run(&self, command: &CommandSpec) -> Result<String, Failure>;
    /// Runs a command with its output to the terminal.
    fn show(&self, command: &CommandSpec) -> Result<(), Failure>;
    /// Runs a command with its output to the terminal, calls `on_line` with each line of its standard output, and returns
    /// them all.
    fn show_and_read(
        &self,
        command: &CommandSpec,
        on_line: &mut dyn FnMut(&str),
    ) -> (String, Result<(), Failure>);
    /// The path of a program in `PATH`.
    fn find(&self, program: &str) -> Option<PathBuf>;
    /// The files in a folder; none if the folder does not exist.
    fn files(&self, folder: &Path) -> Vec<PathBuf>;
    /// Writes a file and creates its folder.
    fn write(&self, file: &Path, text: &str) -> Result<(), Failure>;
    /// Prints text without a line break.
    fn say(&self, text: &str);
}

/// Why a task failed; its text is all that is printed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A command did not start, or did not end with code 0.
    Command {
        /// The command as one would type it.
        line: String,
        /// How it ended, as `exit code 1`.
        end: String,
        /// The last lines that it printed; empty if they went to the terminal.
        last_lines: String,
    },
    /// The user must do something; the text says what.
    Advice(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { line, end, last_lines } if last_lines.is_empty() => write!(f, "{end}: {line}"),
            Self::Command { line, end, last_lines } => write!(f, "{end}: {line}\n{last_lines}"),
            Self::Advice(text) => f.write_str(text),
        }
    }
}

/// This machine.
pub(crate) struct Machine;

impl System for Machine {
    fn run(&self, command: &CommandSpec) -> Result<String, Failure> {
        // Without a backtrace of rustup, the last lines are the error.
        let output = Command::from(command).env("RUST_BACKTRACE", "0").output();
        let output = output.map_err(|error| not_started(command, &error))?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(stdout);
        }
        let printed = stdout + &String::from_utf8_lossy(&output.stderr);
        Err(Failure::Command {
            line: command.to_string(),
            end: end_of(output.status),
            last_lines: last_lines(&printed),
        })
    }

    fn show(&self, command: &CommandSpec) -> Result<(), Failure> {
        result_of(command, Command::from(command).status())
    }

    fn show_and_read(
        &self,
        command: &CommandSpec,
        on_line: &mut dyn FnMut(&str),
    ) -> (String, Result<(), Failure>) {
        let mut printed = String::new();
        let ended = Command::from(command).stdout(Stdio::piped()).spawn().and_then(|mut child| {
            for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
                let line = line? + "\n";
                self.say(&line);
                on_line(&line);
                printed += &line;
            }
            child.wait()
        });
        (printed, result_of(command, ended))
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
    }

    fn files(&self, folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect()
    }

    fn write(&self, file: &Path, text: &str) -> Result<(), Failure> {
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(file, text))
            .map_err(|error| Failure::Advice(format!("cannot write {}: {error}", file.display())))
    }

    fn say(&self, text: &str) {
        let mut stdout = std::io::stdout();
        // If standard output is closed, there is nowhere to report it.
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).ok();
    }
}

fn not_started(command: &CommandSpec, error: &std::io::Error) -> Failure {
    Failure::Command {
        line: command.to_string(),
        end: format!("could not be started ({error})"),
        last_lines: String::new(),
    }
}

/// The result of a command whose output went to the terminal.
fn result_of(command: &CommandSpec, ended: std::io::Result<ExitStatus>) -> Result<(), Failure> {
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Command {
            line: command.to_string(),
            end: end_of(status),
            last_lines: String::new(),
        }),
        Err(error) => Err(not_started(command, &error)),
    }
}

fn end_of(status: ExitStatus) -> String {
    // Without a code, a signal ended it, which the status' text names.
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

fn last_lines(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_named_with_its_code_and_last_lines() {
        let command = CommandSpec::new("cargo").args(["no-such-subcommand-of-cargo"]);
        let text = Machine.run(&command).expect_err("no such command").to_string();
        assert!(text.starts_with("exit code 101: cargo no-such-subcommand-of-cargo\n"), "{text}");
        assert!(text.contains("no such command"), "{text}");
    }

    #[test]
    fn a_program_that_does_not_exist_is_named() {
        let text =
            Machine.run(&CommandSpec::new("no-such-program-here")).expect_err("no such program").to_string();
        assert!(text.starts_with("could not be started ("), "{text}");
        assert!(text.ends_with("): no-such-program-here"), "{text}");
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let printed: String = (1..=40).map(|line| format!("line {line}\n\n")).collect();
        let kept = last_lines(&printed);
        assert!(kept.starts_with("line 29\n") && kept.ends_with("line 40"), "{kept}");
    }
}
