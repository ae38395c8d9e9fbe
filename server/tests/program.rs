//! The program itself: what it prints, how it refuses, how it stops, what it logs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use assemblyai_mock::{MockAssemblyAi, Script, TokenFault};

const LIMIT: Duration = Duration::from_secs(10);
const KEY: &str = "a-key-nobody-may-see";

/// The program in a folder of its own, without any variable of the machine.
fn program(folder: &str) -> Command {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_transcription-server"));
    // An empty .env, so that none further up is found.
    if !folder.join(".env").exists() {
        std::fs::write(folder.join(".env"), "").expect("a file");
    }
    command.current_dir(folder).env_clear().env("PORT", "0");
    command
}

/// Runs it to its end, within a limit.
fn run(command: &mut Command) -> Output {
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

/// It refuses to start: the exit code, and the one line that says why.
fn refusal(command: &mut Command) -> (Option<i32>, String) {
    let output = run(command);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(output.stdout.is_empty());
    (output.status.code(), text.trim_end().to_owned())
}

fn kill(signal: &str, id: u32) {
    Command::new("kill").args([&format!("-{signal}"), &id.to_string()]).status().expect("kill");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A running server that ends with its test.
struct Running {
    child: Child,
    address: String,
    log: Option<thread::JoinHandle<String>>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut stderr = child.stderr.take().expect("stderr");
        let log = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text).unwrap_or_default()
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let address = line.trim_end().strip_prefix("Server is running at http://localhost:");
        let port = address.unwrap_or_else(|| panic!("{line:?}"));
        Self { address: format!("127.0.0.1:{port}"), child, log: Some(log) }
    }

    fn get(&self, path: &str) -> String {
        get(&self.address, path)
    }

    /// Stops it with a signal; its exit code and its log.
    fn stop(mut self, signal: &str) -> (Option<i32>, String) {
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
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_wrong_is_one_line_and_exit_code_2() {
    let mut no_key = program("no-key");
    let (code, line) = refusal(&mut no_key);
    assert_eq!(code, Some(2));
    assert!(line.contains("ASSEMBLYAI_API_KEY") && line.contains("--demo"), "{line}");

    let (code, line) = refusal(program("bad-flag").args(["--demo", "--token-expires-in-seconds", "601"]));
    assert_eq!(
        (code, line.as_str()),
        (Some(2), "error: TOKEN_EXPIRES_IN_SECONDS is \"601\", but must be 1 to 600 s")
    );
    let (code, line) = refusal(program("bad-variable").arg("--demo").env("FORMAT_TURNS", "maybe"));
    assert_eq!(
        (code, line.as_str()),
        (Some(2), "error: FORMAT_TURNS is \"maybe\", but must be true or false")
    );
    let (code, line) = refusal(program("no-flag").args(["--demo", "--prot", "1"]));
    assert_eq!(code, Some(2));
    assert!(line.contains("--prot") && line.contains("--help"), "{line}");
    let (code, line) = refusal(program("bad-log").arg("--demo").env("RUST_LOG", "a=b=c"));
    assert_eq!(code, Some(2));
    assert!(line.contains("RUST_LOG"), "{line}");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_not_passed_over() {
    use std::os::unix::ffi::OsStringExt as _;

    let unreadable = std::ffi::OsString::from_vec(vec![b'8', 0xFF]);
    let (code, line) = refusal(program("not-unicode").arg("--demo").env("PORT", unreadable));
    assert_eq!(code, Some(2));
    assert_eq!(line, "error: PORT is \"8\u{FFFD}\", but must be 0 to 65535");
}

#[test]
fn dot_env_is_read_after_flags_and_environment_and_its_faults_do_not_show_the_key() {
    let dot_env = |folder: &str, text: &str| {
        let mut command = program(folder);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::write(folder.join(".env"), text).expect("a file");
        command.env_remove("PORT");
        command
    };
    let wrong = "ASSEMBLYAI_API_KEY=x\nPORT=from-the-file\n";
    let (_, line) = refusal(&mut dot_env("file-alone", wrong));
    assert_eq!(line, "error: PORT is \"from-the-file\", but must be 0 to 65535");
    let (_, line) = refusal(dot_env("file-and-variable", wrong).env("PORT", "variable"));
    assert_eq!(line, "error: PORT is \"variable\", but must be 0 to 65535");
    let (_, line) = refusal(dot_env("all-three", wrong).env("PORT", "variable").args(["--port", "flag"]));
    assert_eq!(line, "error: PORT is \"flag\", but must be 0 to 65535");

    let (code, line) = refusal(&mut dot_env("malformed", &format!("ASSEMBLYAI_API_KEY={KEY} {KEY}\n")));
    assert_eq!(code, Some(2));
    assert!(line.starts_with("error: .env cannot be read") && !line.contains(KEY), "{line}");
}

#[test]
fn help_is_no_failure_and_lists_the_settings() {
    let output = run(program("help").arg("--help"));
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("--assemblyai-base-url"));
}

#[test]
fn a_port_that_is_taken_is_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let (code, line) = refusal(program("taken").args(["--demo", "--port", &port]));
    assert_eq!(code, Some(1));
    assert!(line.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: ")), "{line}");
    assert!(line.ends_with("; PORT or --port takes another one"), "{line}");
}

#[cfg(unix)]
#[test]
fn it_says_where_it_is_and_stops_on_sigterm_and_on_ctrl_c() {
    for signal in ["TERM", "INT"] {
        let server = Running::start(program("signals").arg("--demo"));
        assert!(server.get("/healthz").starts_with("HTTP/1.1 204"));
        assert!(server.get("/").contains("<title>"));
        let (code, log) = server.stop(signal);
        assert_eq!(code, Some(0), "{log}");
    }
}

#[cfg(unix)]
#[test]
fn a_connection_that_never_asks_does_not_hold_it_up() {
    let server = Running::start(program("idle").arg("--demo"));
    // As browsers open them, ahead of need.
    let idle = TcpStream::connect(&server.address).expect("a connection");
    assert!(server.get("/healthz").starts_with("HTTP/1.1 204"));
    let before = Instant::now();
    let (code, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(before.elapsed() < LIMIT / 2, "{:?}", before.elapsed());
    drop(idle);
}

#[cfg(unix)]
#[test]
fn an_answer_that_is_under_way_is_finished_before_it_stops() {
    // A service that answers once the server has been told to stop.
    let service = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base_url = format!("http://{}", service.local_addr().expect("an address"));
    let (asked, is_asked) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let service = thread::spawn(move || {
        let (mut stream, _) = service.accept().expect("a connection");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).expect("a request");
        asked.send(()).expect("the test waits");
        may_go_on.recv_timeout(LIMIT).expect("the test goes on");
        let body = r#"{"token":"late","expires_in_seconds":60}"#;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("an answer");
    });
    let mut command = program("under-way");
    command.args(["--assemblyai-base-url", &base_url, "--assemblyai-api-key", KEY]);
    let server = Running::start(&mut command);
    let address = server.address.clone();
    let asking = address.clone();
    let answer = thread::spawn(move || get(&asking, "/token"));
    is_asked.recv_timeout(LIMIT).expect("the service is asked");

    let stopped = thread::spawn(move || server.stop("TERM"));
    // It stops to listen before it ends: that is when it has taken notice.
    let start = Instant::now();
    while TcpStream::connect(&address).is_ok() {
        assert!(start.elapsed() < LIMIT, "it goes on to listen");
        thread::sleep(Duration::from_millis(5));
    }
    go_on.send(()).expect("the service waits");
    assert!(answer.join().expect("an answer").contains("\"token\":\"late\""));
    let (code, log) = stopped.join().expect("it stopped");
    assert_eq!(code, Some(0), "{log}");
    service.join().expect("the service has answered");
}

#[cfg(unix)]
#[test]
fn each_request_is_one_line_and_no_key_or_token_is_in_any() {
    // Nobody listens there: the log has an error to tell.
    let mut command = program("log");
    let service = ["--assemblyai-base-url", "http://127.0.0.1:9", "--assemblyai-api-key", KEY];
    let server = Running::start(command.args(service).env("RUST_LOG", "trace"));
    assert!(server.get("/token?secret=hunter2").starts_with("HTTP/1.1 502"));
    assert!(server.get("/config").starts_with("HTTP/1.1 200"));
    let (_, log) = server.stop("TERM");
    let requests: Vec<&str> = log.lines().filter(|line| line.contains("answered")).collect();
    assert_eq!(requests.len(), 2, "{log}");
    assert!(requests[0].contains("path=\"/token\"") && requests[0].contains("status=502"), "{log}");
    assert!(log.contains("AssemblyAI cannot be reached"), "{log}");
    assert!(!log.contains(KEY) && !log.contains("hunter2"), "{log}");
}

#[cfg(unix)]
#[tokio::test]
async fn neither_key_nor_token_nor_what_echoes_them_is_in_the_log() {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let service = ["--assemblyai-base-url", &mock.base_url(), "--assemblyai-api-key", KEY];
    let mut command = program("log-of-the-service");
    // The proxy is for what is elsewhere; nobody listens there.
    command.args(service).env("RUST_LOG", "trace").env("HTTP_PROXY", "http://127.0.0.1:9");
    let echo = TokenFault::Answer { status: 401, body: format!("{{\"error\":\"no such key: {KEY}\"}}") };

    let service = mock.mock().clone();
    let asked = tokio::task::spawn_blocking(move || {
        let server = Running::start(&mut command);
        let granted = server.get("/token");
        service.token_faults().next(echo);
        let refused = server.get("/token");
        (granted, refused, server.stop("TERM").1)
    });
    let (granted, refused, log) = asked.await.expect("no panic");
    assert!(granted.starts_with("HTTP/1.1 200"), "{granted}");
    assert!(refused.starts_with("HTTP/1.1 502"), "{refused}");
    assert_eq!(mock.finish().await.token_requests.len(), 2);

    let token = granted.split("\"token\":\"").nth(1).and_then(|rest| rest.get(..40)).expect("a token");
    assert!(log.contains("TRACE") && log.contains("status 401 Unauthorized: no such key: …"), "{log}");
    assert!(!log.contains(KEY) && !log.contains(token), "{log}");
}

#[cfg(unix)]
#[test]
fn a_token_of_the_demo_is_in_no_log() {
    let server = Running::start(program("demo-log").arg("--demo").env("RUST_LOG", "trace"));
    let answer = server.get("/token");
    let token = answer.split("\"token\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("a token").to_owned();
    let _ = server.get(&format!("/demo/v3/ws?token={token}"));
    let (_, log) = server.stop("TERM");
    assert!(log.lines().filter(|line| line.contains("answered")).count() == 2, "{log}");
    assert!(!log.contains(&token[..40]), "{log}");
}
