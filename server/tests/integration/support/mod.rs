//! Runs the program in a process of its own.

pub(crate) mod redis;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use test_result::TestResult;

pub(crate) const LIMIT: Duration = Duration::from_secs(10);
pub(crate) const KEY: &str = "a-key-nobody-may-see";

/// The program in a folder of its own, without environment variables but `PORT=0`.
pub(crate) fn program(folder: &str) -> TestResult<Command> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_transcription-server"));
    // An empty .env, so that none of a parent folder is found.
    if !folder.join(".env").exists() {
        std::fs::write(folder.join(".env"), "")?;
    }
    command.current_dir(folder).env_clear().env("PORT", "0");
    Ok(command)
}

/// Runs a command to its end, within the time limit.
pub(crate) fn run(command: &mut Command) -> TestResult<Output> {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (sender, receiver) = mpsc::channel();
    let id = child.id();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(LIMIT) else {
        kill("KILL", id)?;
        return Err(format!("{command:?} did not end").into());
    };
    Ok(output?)
}

/// The exit code and the one line of a command that refuses to start.
pub(crate) fn refusal(command: &mut Command) -> TestResult<(Option<i32>, String)> {
    let output = run(command)?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(output.stdout.is_empty());
    Ok((output.status.code(), text.trim_end().to_owned()))
}

pub(crate) fn kill(signal: &str, id: u32) -> TestResult {
    Command::new("kill").args([&format!("-{signal}"), &id.to_string()]).status()?;
    Ok(())
}

pub(crate) fn get(address: &str, path: &str) -> TestResult<String> {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
}

/// The response to a request with `Connection: close`.
pub(crate) fn ask(address: &str, request: &str) -> TestResult<String> {
    let mut answer = Vec::new();
    let asked = TcpStream::connect(address).and_then(|mut stream| {
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut answer)
    });
    asked.map_err(|error| format!("{request:?} to {address}: {error}"))?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// What a thread has returned; its panic is an error.
pub(crate) fn joined<T>(result: thread::Result<TestResult<T>>) -> TestResult<T> {
    result.map_err(|_| "a thread of the test panicked")?
}

/// What follows `start` in the text, up to `end`.
pub(crate) fn between<'a>(text: &'a str, start: &str, end: char) -> TestResult<&'a str> {
    let found = text.split_once(start).and_then(|(_, rest)| rest.split(end).next());
    found.ok_or_else(|| format!("no {start:?} in {text}").into())
}

pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A running server; it ends when it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: String,
    log: Arc<Mutex<String>>,
    reading: Option<thread::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> TestResult<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().ok_or("no standard error")?;
        let log = Arc::new(Mutex::new(String::new()));
        let reading = thread::spawn({
            let log = log.clone();
            move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if let Ok(mut log) = log.lock() {
                        log.push_str(&line);
                        log.push('\n');
                    }
                }
            }
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("Server is running at http");
        let (_, port) =
            address.and_then(|it| it.rsplit_once(':')).ok_or_else(|| format!("it printed {line:?}"))?;
        Ok(Self { address: format!("127.0.0.1:{port}"), child, log, reading: Some(reading) })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn port(&self) -> &str {
        self.address.trim_start_matches("127.0.0.1:")
    }

    /// Waits until its log contains this text.
    pub(crate) fn wait_for_log(&self, text: &str) -> TestResult {
        let start = Instant::now();
        while !self.log.lock().is_ok_and(|log| log.contains(text)) {
            if start.elapsed() > LIMIT {
                return Err(format!("no {text:?} in the log: {:?}", self.log).into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// The memory that it uses, in kB.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_kb(&self) -> TestResult<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        Ok(between(&status, "VmRSS:", 'k')?.trim().parse()?)
    }

    pub(crate) fn get(&self, path: &str) -> TestResult<String> {
        get(&self.address, path)
    }

    /// Stops it with a signal; returns its exit code and its log.
    pub(crate) fn stop(mut self, signal: &str) -> TestResult<(Option<i32>, String)> {
        kill(signal, self.child.id())?;
        let start = Instant::now();
        let status = loop {
            match self.child.try_wait()? {
                Some(status) => break status,
                None if start.elapsed() > LIMIT * 2 => return Err("it did not stop".into()),
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        let reading = self.reading.take().ok_or("the log is read once")?;
        reading.join().map_err(|_| "the log was not read")?;
        let log = self.log.lock().map_err(|_| "the log was not read")?.clone();
        Ok((status.code(), log))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        self.child.kill().and_then(|()| self.child.wait()).ok();
    }
}
