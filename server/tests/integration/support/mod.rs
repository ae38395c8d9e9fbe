//! Runs the program in a process of its own.

pub(crate) mod redis;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) const LIMIT: Duration = Duration::from_secs(10);
pub(crate) const KEY: &str = "a-key-nobody-may-see";

/// The program in a folder of its own, without environment variables but `PORT=0`.
pub(crate) fn program(folder: &str) -> Command {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_transcription-server"));
    // An empty .env, so that none of a parent folder is found.
    if !folder.join(".env").exists() {
        std::fs::write(folder.join(".env"), "").expect("a file");
    }
    command.current_dir(folder).env_clear().env("PORT", "0");
    command
}

/// Runs a command to its end, within the time limit.
pub(crate) fn run(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let (sender, receiver) = mpsc::channel();
    let id = child.id();
    thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(LIMIT) {
        Ok(output) => output.expect("its output"),
        Err(_) => {
            kill("KILL", id);
            panic!("it did not end");
        }
    }
}

/// The exit code and the one line of a command that refuses to start.
pub(crate) fn refusal(command: &mut Command) -> (Option<i32>, String) {
    let output = run(command);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(output.stdout.is_empty());
    (output.status.code(), text.trim_end().to_owned())
}

pub(crate) fn kill(signal: &str, id: u32) {
    Command::new("kill").args([&format!("-{signal}"), &id.to_string()]).status().expect("kill");
}

pub(crate) fn get(address: &str, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
}

/// The response to a request with `Connection: close`.
pub(crate) fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A running server; it ends when it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: String,
    log: Option<thread::JoinHandle<String>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut stderr = child.stderr.take().expect("stderr");
        let log = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text).unwrap_or_default()
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let address = line.trim_end().strip_prefix("Server is running at http");
        let port = address.and_then(|it| it.rsplit_once(':')).unwrap_or_else(|| panic!("{line:?}")).1;
        Self { address: format!("127.0.0.1:{port}"), child, log: Some(log) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it uses, in kB.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    pub(crate) fn get(&self, path: &str) -> String {
        get(&self.address, path)
    }

    /// Stops it with a signal; returns its exit code and its log.
    pub(crate) fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        kill(signal, self.child.id());
        let start = Instant::now();
        let status = loop {
            match self.child.try_wait().expect("a status") {
                Some(status) => break status,
                None if start.elapsed() > LIMIT * 2 => panic!("it did not stop"),
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        let log = self.log.take().expect("a log is read once");
        (status.code(), log.join().expect("its log"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        self.child.kill().and_then(|()| self.child.wait()).ok();
    }
}
