//! What is on a terminal's screen while `transcribe-live` runs.

use std::collections::VecDeque;
use std::process::Stdio;
use std::time::Duration;

use assemblyai_mock::{Ending, Fault, MockAssemblyAi, Script, SocketFault, Turn, ViolationKind};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use unicode_width::UnicodeWidthStr as _;

use crate::support::program::{KEY, program};
use crate::support::{LIMIT, TestResult, talk, talk_beginning, talk_words, words};

/// A terminal that knows what the program uses: new lines, and `\r\x1b[2K`.
struct Terminal {
    folder: TempDir,
    child: Child,
    output: ChildStdout,
    /// What the program has written and the screen does not show yet.
    pending: VecDeque<u8>,
    /// Bytes of a character or sequence that is not complete.
    rest: Vec<u8>,
    lines: Vec<String>,
    /// Each line that was painted over.
    repainted: Vec<String>,
}

impl Terminal {
    /// Runs the program, with more arguments, in a terminal of so many columns; `None`, with a message, where the
    /// program that makes it is not installed.
    fn run(
        mock: &MockAssemblyAi,
        columns: u16,
        folder: TempDir,
        arguments: &str,
    ) -> TestResult<Option<Self>> {
        let mut inner = program(folder.path(), &mock.base_url());
        let inner = inner.as_std_mut();
        let options: Vec<String> = inner.get_args().map(|it| it.to_string_lossy().into_owned()).collect();
        let command = format!(
            "stty cols {columns}; tty > tty; echo $$ > pid; exec {} {} {arguments}",
            inner.get_program().display(),
            options.join(" "),
        );
        let mut terminal = Command::new("script");
        terminal
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .current_dir(folder.path())
            .env("ASSEMBLYAI_API_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = match terminal.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("skipped: the program script (Debian package bsdutils) is not installed");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let output = child.stdout.take().ok_or("a pipe")?;
        Ok(Some(Self {
            folder,
            child,
            output,
            pending: VecDeque::new(),
            rest: vec![],
            lines: vec![String::new()],
            repainted: vec![],
        }))
    }

    /// Waits until the screen is as expected; each of its states is looked at.
    async fn wait_for(&mut self, what: &str, is: impl Fn(&Self) -> bool) -> TestResult {
        while !is(self) {
            let byte = self.next_byte().await?;
            let byte = byte.ok_or_else(|| format!("{what} is not shown: {:#?}", self.lines))?;
            self.show(byte);
        }
        Ok(())
    }

    async fn next_byte(&mut self) -> TestResult<Option<u8>> {
        if self.pending.is_empty() {
            let mut chunk = [0; 4096];
            let read = timeout(LIMIT, self.output.read(&mut chunk)).await??;
            self.pending.extend(&chunk[..read]);
        }
        Ok(self.pending.pop_front())
    }

    fn show(&mut self, byte: u8) {
        self.rest.push(byte);
        match &self.rest[..] {
            b"\r" | b"\r\x1b" | b"\r\x1b[" | b"\r\x1b[2" => return,
            b"\r\n" => self.lines.push(String::new()),
            b"\r\x1b[2K" => self.repainted.extend(self.lines.last_mut().map(std::mem::take)),
            bytes => match (std::str::from_utf8(bytes), self.lines.last_mut()) {
                (Ok(text), Some(line)) => *line += text,
                _ => return,
            },
        }
        self.rest.clear();
    }

    /// The line that is repainted.
    fn line(&self) -> &str {
        self.lines.last().map_or("", String::as_str)
    }

    /// Whether a line above it starts like this.
    fn has(&self, start: &str) -> bool {
        self.lines.iter().rev().skip(1).any(|line| line.starts_with(start))
    }

    fn file(&self, name: &str) -> TestResult<String> {
        Ok(std::fs::read_to_string(self.folder.path().join(name))?.trim().to_owned())
    }

    /// Checks that no line that was painted over filled the terminal, and forgets them.
    fn assert_narrower_than(&mut self, columns: usize) {
        let repainted = std::mem::take(&mut self.repainted);
        assert!(repainted.len() > 2, "{repainted:?}");
        assert!(repainted.iter().all(|line| line.width() < columns), "{repainted:#?}");
    }

    /// Makes the terminal narrower or wider.
    async fn resize(&mut self, columns: u16) -> TestResult {
        let columns = columns.to_string();
        let resized =
            Command::new("stty").args(["-F", &self.file("tty")?, "cols", &columns]).status().await?;
        assert!(resized.success());
        // What was painted before is not looked at.
        let painted = self.repainted.len();
        self.wait_for("another line", |terminal| terminal.repainted.len() > painted + 2).await?;
        self.repainted.clear();
        Ok(())
    }

    fn interrupt(&self) -> TestResult {
        let id = Pid::from_raw(self.file("pid")?.parse()?).ok_or("an id")?;
        Ok(kill_process(id, Signal::INT)?)
    }
}

#[tokio::test]
async fn the_screen_shows_each_step_of_a_transcription() -> TestResult {
    let script = Script::recording(talk()?)
        .fault_at_recording_ms(14_000, Fault::Drop)
        .ending(Ending::Late(Duration::from_secs(2)));
    let mock = MockAssemblyAi::builder()
        .script(script)
        .begin_delay(Duration::from_secs(1))
        .allow(ViolationKind::NotTerminated)
        .start()
        .await;
    mock.socket_faults().pass();
    mock.socket_faults().next_n(2, SocketFault::Refuse(503));
    let folder = tempfile::tempdir()?;
    let talk = talk_beginning(folder.path(), 60)?.display().to_string();
    let Some(mut terminal) = Terminal::run(&mock, 40, folder, &talk)? else { return Ok(()) };

    terminal.wait_for("connecting", |it| it.line().ends_with(" [connecting] ")).await?;
    let is_partial = |it: &Terminal| {
        let (head, partial) = it.line().split_at_checked("0:00 █ ".len()).unwrap_or_default();
        head.starts_with("0:0") && "▁▂▃▄▅▆▇█".contains(&head[5..head.len() - 1]) && words(partial).len() > 1
    };
    terminal.wait_for("the time, the level and a partial", is_partial).await?;
    terminal.wait_for("a final", |it| it.has("A long talk")).await?;
    terminal.assert_narrower_than(40);

    terminal
        .wait_for("the loss", |it| it.has("transcribe-live: reconnecting: the connection was lost"))
        .await?;
    let is_keeping = |it: &Terminal| {
        let kept = it.line().split_once("[reconnecting, ").and_then(|(_, rest)| rest.split_once(" s kept] "));
        kept.and_then(|(seconds, _)| seconds.parse::<u32>().ok()).is_some_and(|seconds| seconds > 0)
    };
    terminal.wait_for("kept seconds", is_keeping).await?;
    terminal.wait_for("the connection", |it| it.has("transcribe-live: connected again")).await?;

    terminal.resize(20).await?;
    terminal.wait_for("a cut partial", |it| it.line().contains('…')).await?;
    let painted = terminal.repainted.len();
    terminal.wait_for("three repaints", |it| it.repainted.len() > painted + 3).await?;
    terminal.assert_narrower_than(20);
    terminal.resize(60).await?;

    terminal.interrupt()?;
    terminal.wait_for("the advice", |it| it.has("transcribe-live: finishing; press Ctrl-C again")).await?;
    terminal.wait_for("finishing", |it| it.line().contains(" [finishing] ")).await?;
    while let Some(byte) = terminal.next_byte().await? {
        terminal.show(byte);
    }
    assert!(timeout(LIMIT, terminal.child.wait()).await??.success(), "{:#?}", terminal.lines);
    assert_eq!(terminal.line(), "");
    let finals = terminal.lines.iter().filter(|line| !line.starts_with("transcribe-live: "));
    let heard = words(&finals.map(String::as_str).collect::<Vec<_>>().join(" "));
    assert!(heard.len() > 15, "{heard:?}");
    assert_eq!(heard, talk_words()?[..heard.len()]);
    Ok(())
}

#[tokio::test]
async fn wide_characters_do_not_fill_the_terminal() -> TestResult {
    let text = "これは とても 長い 文章 です から 切ら れ ます";
    let mock = MockAssemblyAi::start(Script::new().turn(Turn::said(text).from_ms(200).to_ms(5_000))).await;
    let folder = tempfile::tempdir()?;
    let talk = talk_beginning(folder.path(), 9)?.display().to_string();
    let Some(mut terminal) = Terminal::run(&mock, 20, folder, &talk)? else { return Ok(()) };
    terminal.wait_for("a cut partial", |it| it.line().contains("…")).await?;
    terminal.wait_for("the final", |it| it.has("これは")).await?;
    terminal.assert_narrower_than(20);
    Ok(())
}
