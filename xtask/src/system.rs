//! What this crate asks of the machine, behind a trait so that tests can answer instead.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::command::Call;

/// Lines of a failed command's output that are shown.
const LAST_LINES: usize = 12;

/// The machine, or a test's stand-in for it.
pub(crate) trait System {
    /// Runs a command to its end, silently, and returns what it printed to standard output.
    fn run(&self, call: &Call) -> Result<String, Failure>;
    /// Runs a command to its end, its output going to the terminal.
    fn show(&self, call: &Call) -> Result<(), Failure>;
    /// The same, and keeps what it prints to standard output.
    fn show_and_read(&self, call: &Call) -> (String, Result<(), Failure>);
    /// Where in `PATH` a program is.
    fn find(&self, program: &str) -> Option<PathBuf>;
    /// The files of a folder; none where there is no such folder.
    fn files(&self, folder: &Path) -> Vec<PathBuf>;
    /// Writes a file, making its folder.
    fn write(&self, file: &Path, text: &str) -> Result<(), Failure>;
    /// Prints text without ending the line.
    fn say(&self, text: &str);
}

/// Why a step came to nothing; its text is all that the reader gets.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A command could not be started, or ended with another code than 0.
    Command {
        /// The command as one would type it.
        line: String,
        /// How it ended, as `exit code 1`.
        end: String,
        /// The last lines that it printed; empty where they went to the terminal.
        last_lines: String,
    },
    /// The reader has to do something; the text says what.
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

/// The machine itself.
pub(crate) struct Machine;

impl System for Machine {
    fn run(&self, call: &Call) -> Result<String, Failure> {
        let mut command = Command::from(call);
        command.env("RUST_BACKTRACE", "0"); // The last lines are to tell what went wrong, not where inside rustup.
        let output = command.output().map_err(|error| not_started(call, &error))?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(stdout);
        }
        let printed = stdout + &String::from_utf8_lossy(&output.stderr);
        Err(Failure::Command {
            line: call.to_string(),
            end: end_of(output.status),
            last_lines: last_lines(&printed),
        })
    }

    fn show(&self, call: &Call) -> Result<(), Failure> {
        judge(call, Command::from(call).status())
    }

    fn show_and_read(&self, call: &Call) -> (String, Result<(), Failure>) {
        let mut printed = String::new();
        let ended = Command::from(call).stdout(Stdio::piped()).spawn().and_then(|mut child| {
            for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
                let line = line? + "\n";
                self.say(&line);
                printed += &line;
            }
            child.wait()
        });
        (printed, judge(call, ended))
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
        print!("{text}");
        // Nobody is left to tell where standard output is gone.
        let _ = std::io::stdout().flush();
    }
}

fn not_started(call: &Call, error: &std::io::Error) -> Failure {
    Failure::Command {
        line: call.to_string(),
        end: format!("could not be started ({error})"),
        last_lines: String::new(),
    }
}

/// What has become of a command whose output went to the terminal.
fn judge(call: &Call, ended: std::io::Result<ExitStatus>) -> Result<(), Failure> {
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            Err(Failure::Command { line: call.to_string(), end: end_of(status), last_lines: String::new() })
        }
        Err(error) => Err(not_started(call, &error)),
    }
}

fn end_of(status: ExitStatus) -> String {
    // Without a code a signal ended it, and the status' own text names that.
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
        let call = Call::new("cargo").args(["no-such-subcommand-of-cargo"]);
        let text = Machine.run(&call).unwrap_err().to_string();
        assert!(text.starts_with("exit code 101: cargo no-such-subcommand-of-cargo\n"), "{text}");
        assert!(text.contains("no such command"), "{text}");
    }

    #[test]
    fn what_is_shown_can_be_read_too_whether_it_ends_well_or_not() {
        let (printed, ended) = Machine.show_and_read(&Call::new("cargo").args(["--version"]));
        assert!(printed.starts_with("cargo ") && ended.is_ok(), "{printed}");
        let (_, ended) = Machine.show_and_read(&Call::new("cargo").args(["no-such-subcommand-of-cargo"]));
        assert!(ended.unwrap_err().to_string().starts_with("exit code 101: "));
    }

    #[test]
    fn a_command_that_is_not_there_is_named() {
        let text = Machine.run(&Call::new("no-such-program-here")).unwrap_err().to_string();
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
