//! A child process that cannot outlive its test.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// Waits for the end of its input, which comes however its parent ends, and takes its process group with it.
const WATCHDOG: &str = "cat >/dev/null; kill -KILL 0";

/// A running process and all its children; dropping it ends them all.
///
/// They are a process group of their own. Should the test die without dropping anything (Ctrl-C, an abort), a
/// small shell in that group sees its pipe close and ends it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Pid,
    output: Output,
    watchdog: Option<Child>,
}

/// What a process has printed so far, on both streams; it can be kept for longer than the process.
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<Mutex<Vec<String>>>);

/// A process that did not do what was waited for.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started: is it installed?
    #[error("cannot start {program}")]
    Start {
        /// Its name.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It ended without printing the line.
    #[error("{program} ended before it printed {marker:?}; its output:\n{output}")]
    Ended {
        /// Its name.
        program: String,
        /// A part of the line that was waited for.
        marker: String,
        /// All that it printed.
        output: String,
    },
    /// It did not print the line in time.
    #[error("{program} did not print {marker:?} in {limit:?}; its output:\n{output}")]
    Late {
        /// Its name.
        program: String,
        /// A part of the line that was waited for.
        marker: String,
        /// The time that it had.
        limit: Duration,
        /// All that it printed.
        output: String,
    },
    /// It goes on when it should have ended.
    #[error("the process did not end in {limit:?}; its output:\n{output}")]
    StillRunning {
        /// The time that it had.
        limit: Duration,
        /// All that it printed.
        output: String,
    },
    /// The system would not tell how it ended, or not take a signal.
    #[error("cannot reach the process")]
    System(#[from] io::Error),
}

impl Process {
    /// Starts `command` and waits until it prints a line with `marker` in it, on either stream; gives that line.
    ///
    /// # Errors
    /// If it cannot be started, ends, or does not print the line within `limit`.
    pub async fn start(
        mut command: Command,
        marker: &str,
        limit: Duration,
    ) -> Result<(Self, String), ProcessError> {
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        let failed = |source| ProcessError::Start { program: program.clone(), source };
        let mut child = command.spawn().map_err(failed)?;
        let Some(group) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else {
            return Err(failed(io::Error::other("it has no process number")));
        };
        let (lines, mut printed) = unbounded_channel();
        let output = Output::default();
        output.collect(child.stdout.take(), lines.clone());
        output.collect(child.stderr.take(), lines);
        let process = Self { child, group, output, watchdog: watchdog(group) };

        let found = async {
            loop {
                match printed.recv().await {
                    Some(line) if line.contains(marker) => break Some(line),
                    Some(_) => {}
                    None => break None,
                }
            }
        };
        let (marker, output) = (marker.to_owned(), || process.output());
        match timeout(limit, found).await {
            Ok(Some(line)) => Ok((process, line)),
            Ok(None) => Err(ProcessError::Ended { program, marker, output: output() }),
            Err(_) => Err(ProcessError::Late { program, marker, limit, output: output() }),
        }
    }

    /// All that it has printed so far.
    pub fn output(&self) -> String {
        self.output.since(&mut 0).join("\n")
    }

    /// What it prints, to be looked at while it runs.
    pub fn printed(&self) -> Output {
        self.output.clone()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.group.as_raw_nonzero().get().cast_unsigned()
    }

    /// Asks it to end, as `kill` and a container's stop do (SIGTERM).
    ///
    /// # Errors
    /// If it has ended already.
    pub fn terminate(&self) -> Result<(), ProcessError> {
        Ok(kill_process(self.group, Signal::TERM).map_err(io::Error::from)?)
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If it goes on for longer than `limit`.
    pub async fn wait(&mut self, limit: Duration) -> Result<ExitStatus, ProcessError> {
        match timeout(limit, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => Err(ProcessError::StillRunning { limit, output: self.output() }),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that nothing is left of the group.
        let _ = kill_process_group(self.group, Signal::KILL);
        drop(self.watchdog.take());
    }
}

/// `None` when the group is gone already, and on systems without a shell: then `Drop` alone must do.
fn watchdog(group: Pid) -> Option<Child> {
    let mut shell = Command::new("sh");
    shell.args(["-c", WATCHDOG]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.process_group(group.as_raw_nonzero().get()).kill_on_drop(true).spawn().ok()
}

impl Output {
    /// The lines from number `next` on; `next` is then the number of the line that will follow.
    pub fn since(&self, next: &mut usize) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = lines.get(*next..).unwrap_or_default().to_vec();
        *next = lines.len();
        new
    }

    /// Reads on for as long as the process runs: a full pipe would stop it.
    fn collect(
        &self,
        stream: Option<impl AsyncRead + Send + Unpin + 'static>,
        lines: UnboundedSender<String>,
    ) {
        let (output, Some(stream)) = (self.clone(), stream) else { return };
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                output.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
                // Nobody listens after the marker.
                let _ = lines.send(line);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// Waits until a process is gone, or a zombie that nobody asks after.
    async fn is_gone(id: &str) {
        let ended = async {
            loop {
                let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
                if stat.is_empty() || stat.contains(") Z ") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, ended).await.expect("the process still runs");
    }

    #[tokio::test]
    async fn the_marked_line_is_given_whole() {
        let (process, line) =
            Process::start(shell("echo one; echo two >&2; sleep 60"), "tw", LIMIT).await.unwrap();
        assert_eq!(line, "two");
        assert!(process.output().contains("two"));
    }

    #[tokio::test]
    async fn a_process_that_ends_too_early_is_an_error_with_its_output() {
        let error = Process::start(shell("echo no luck >&2; exit 3"), "ready", LIMIT).await.unwrap_err();
        assert!(matches!(error, ProcessError::Ended { .. }), "{error}");
        assert!(error.to_string().contains("no luck"), "{error}");
    }

    #[tokio::test]
    async fn a_process_that_says_nothing_is_an_error_in_time() {
        let limit = Duration::from_millis(100);
        let error = Process::start(shell("sleep 60"), "ready", limit).await.unwrap_err();
        assert!(matches!(error, ProcessError::Late { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let error = Process::start(Command::new("no-such-program"), "ready", LIMIT).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot start no-such-program");
    }

    #[tokio::test]
    async fn dropping_it_ends_its_children_too() {
        let (process, grandchild) =
            Process::start(shell("sleep 60 & echo $!; wait"), "", LIMIT).await.unwrap();
        let child = process.id().to_string();
        drop(process);
        is_gone(&grandchild).await;
        is_gone(&child).await;
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_parent_that_dies_takes_the_group_along() {
        let (mut process, grandchild) =
            Process::start(shell("sleep 60 & echo $!; wait"), "", LIMIT).await.unwrap();
        drop(process.watchdog.as_mut().unwrap().stdin.take()); // What the system does when we die.
        is_gone(&grandchild).await;
        assert!(!process.wait(LIMIT).await.unwrap().success());
    }

    #[tokio::test]
    async fn a_process_is_asked_to_end_and_waited_for() {
        let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done";
        let (mut process, _) = Process::start(shell(script), "ready", LIMIT).await.unwrap();
        process.terminate().unwrap();
        assert_eq!(process.wait(LIMIT).await.unwrap().code(), Some(7));
    }
}
