//! The program under test.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::{Child, Command};

/// The key that no output may contain.
pub(crate) const KEY: &str = "key-that-stays-secret";

/// `transcribe-live` in a folder, with a key, an address and an environment of its own.
pub(crate) fn program(folder: &Path, base_url: &str) -> Command {
    let mut command = program_without_service(folder);
    command.env("ASSEMBLYAI_API_KEY", KEY).args(["--base-url", base_url]);
    command
}

/// `transcribe-live` in a folder, without a key and an address.
pub(crate) fn program_without_service(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_transcribe-live"));
    command
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// What a process has printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Printed {
    /// Waits for the end of a program.
    pub(crate) async fn read(child: Child) -> super::TestResult<Self> {
        Self::of(tokio::time::timeout(super::LIMIT, child.wait_with_output()).await??)
    }

    fn of(output: Output) -> super::TestResult<Self> {
        Ok(Self {
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
            code: output.status.code(),
        })
    }
}

/// Runs a program to its end.
pub(crate) async fn run(command: &mut Command) -> super::TestResult<Printed> {
    let printed = Printed::of(tokio::time::timeout(super::LIMIT, command.output()).await??)?;
    assert!(!format!("{printed:?}").contains(KEY), "the key is printed");
    Ok(printed)
}

/// Checks that a program whose output nobody reads ends as usual.
pub(crate) async fn assert_no_reader_is_needed(command: &mut Command) -> super::TestResult {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let printed = Printed::read(command.stdout(writer).spawn()?).await?;
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{command:?}");
    Ok(())
}

/// Sends a signal to a process.
pub(crate) fn signal(child: &Child, signal: rustix::process::Signal) -> super::TestResult {
    let id = child.id().ok_or("the process has ended")?;
    let id = rustix::process::Pid::from_raw(id.cast_signed()).ok_or("a process has an id")?;
    Ok(rustix::process::kill_process(id, signal)?)
}

/// A command line with a file among the arguments.
pub(crate) fn path(folder: &Path, name: impl AsRef<OsStr>) -> String {
    folder.join(name.as_ref()).display().to_string()
}
