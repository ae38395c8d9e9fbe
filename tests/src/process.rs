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

/// Kills its process group when its standard input closes, which happens however its parent ends.
const WATCHDOG: &str = "cat >/dev/null; kill -KILL 0";

/// A running process and all its children; dropping it kills them.
///
/// They form a process group of their own. If the test ends without dropping anything (Ctrl-C, an abort), a shell in
/// that group sees its pipe close and kills the group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    group: Pid,
    output: Output,
    watchdog: Option<Child>,
}

/// The lines that a process has printed so far to stdout and stderr; usable after the process has ended.
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<Mutex<Vec<String>>>);

/// Why a process could not be started, or did not print or end as expected.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program could not be started; it may not be installed.
    #[error("cannot start {program}")]
    Start {
        /// The program's name.
        program: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The process ended without printing the line.
    #[error("{program} ended before it printed {marker:?}; its output:\n{output}")]
    Ended {
        /// The program's name.
        program: String,
        /// A part of the expected line.
        marker: String,
        /// All lines that it printed.
        output: String,
    },
    /// The process did not print the line in time.
    #[error("{program} did not print {marker:?} in {limit:?}; its output:\n{output}")]
    Late {
        /// The program's name.
        program: String,
        /// A part of the expected line.
        marker: String,
        /// The time limit.
        limit: Duration,
        /// All lines that it printed.
        output: String,
    },
    /// The process did not end in time.
    #[error("the process did not end in {limit:?}; its output:\n{output}")]
    StillRunning {
        /// The time limit.
        limit: Duration,
        /// All lines that it printed.
        output: String,
    },
    /// The exit status could not be read, or a signal could not be sent.
    #[error("cannot reach the process")]
    System(#[from] io::Error),
}

impl Process {
    /// Starts `command`, waits until it prints a line that contains `marker` (on stdout or stderr), returns that line.
    ///
    /// # Errors
    /// If the process cannot be started, ends first, or does not print the line within `limit`.
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
            return Err(failed(io::Error::other("it has no process id")));
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

    /// All lines printed so far.
    pub fn output(&self) -> String {
        self.output.since(&mut 0).join("\n")
    }

    /// The output as it grows, for reading while the process runs.
    pub fn printed(&self) -> Output {
        self.output.clone()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.group.as_raw_nonzero().get().cast_unsigned()
    }

    /// Sends SIGTERM, as `kill` and a container's stop do.
    ///
    /// # Errors
    /// If the process has ended already.
    pub fn terminate(&self) -> Result<(), ProcessError> {
        Ok(kill_process(self.group, Signal::TERM).map_err(io::Error::from)?)
    }

    /// Waits until the process has ended.
    ///
    /// # Errors
    /// If it still runs after `limit`.
    pub async fn wait(&mut self, limit: Duration) -> Result<ExitStatus, ProcessError> {
        match timeout(limit, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => Err(ProcessError::StillRunning { limit, output: self.output() }),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that the group has no process left.
        kill_process_group(self.group, Signal::KILL).ok();
        drop(self.watchdog.take());
    }
}

/// Starts the watchdog; `None` if the group has ended already or there is no shell, so that only `Drop` kills.
fn watchdog(group: Pid) -> Option<Child> {
    let mut shell = Command::new("sh");
    shell.args(["-c", WATCHDOG]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.process_group(group.as_raw_nonzero().get()).kill_on_drop(true).spawn().ok()
}

impl Output {
    /// The lines from index `next` on; sets `next` to the index of the line after them.
    pub fn since(&self, next: &mut usize) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = lines.get(*next..).unwrap_or_default().to_vec();
        *next = lines.len();
        new
    }

    /// Reads for as long as the process runs: it would block on a full pipe.
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
                // `start` drops the receiver once it has found the marker.
                lines.send(line).ok();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    const LIMIT: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// Waits until a process has ended; a zombie counts as ended.
    async fn wait_for_end(id: &str) -> TestResult {
        let ended = async {
            loop {
                let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
                if stat.is_empty() || stat.contains(") Z ") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, ended).await?;
        Ok(())
    }

    #[tokio::test]
    async fn the_whole_line_with_the_marker_is_returned() -> TestResult {
        let (process, line) = Process::start(shell("echo one; echo two >&2; sleep 60"), "tw", LIMIT).await?;
        assert_eq!(line, "two");
        assert!(process.output().contains("two"));
        Ok(())
    }

    #[tokio::test]
    async fn a_process_that_ends_too_early_is_an_error_with_its_output() {
        let error = Process::start(shell("echo no luck >&2; exit 3"), "ready", LIMIT).await.unwrap_err();
        assert!(matches!(error, ProcessError::Ended { .. }), "{error}");
        assert!(error.to_string().contains("no luck"), "{error}");
    }

    #[tokio::test]
    async fn a_process_that_prints_nothing_is_an_error_after_the_limit() {
        let limit = Duration::from_millis(100);
        let error = Process::start(shell("sleep 60"), "ready", limit).await.unwrap_err();
        assert!(matches!(error, ProcessError::Late { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_missing_program_is_named_in_the_error() {
        let error = Process::start(Command::new("no-such-program"), "ready", LIMIT).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot start no-such-program");
    }

    #[tokio::test]
    async fn dropping_a_process_kills_its_children() -> TestResult {
        let (process, grandchild) = Process::start(shell("sleep 60 & echo $!; wait"), "", LIMIT).await?;
        let child = process.id().to_string();
        drop(process);
        wait_for_end(&grandchild).await?;
        wait_for_end(&child).await?;
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_watchdog_kills_the_group_when_the_test_process_dies() -> TestResult {
        let (mut process, grandchild) = Process::start(shell("sleep 60 & echo $!; wait"), "", LIMIT).await?;
        drop(process.watchdog.as_mut().ok_or("no watchdog")?.stdin.take()); // As the system does when the test process dies.
        wait_for_end(&grandchild).await?;
        assert!(!process.wait(LIMIT).await?.success());
        Ok(())
    }

    #[tokio::test]
    async fn terminate_sends_sigterm_and_wait_returns_the_exit_status() -> TestResult {
        let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done";
        let (mut process, _) = Process::start(shell(script), "ready", LIMIT).await?;
        process.terminate()?;
        assert_eq!(process.wait(LIMIT).await?.code(), Some(7));
        Ok(())
    }
}
