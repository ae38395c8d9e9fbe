//! The program: what it prints, its errors, how it stops, what it logs.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use assemblyai_mock::{MockAssemblyAi, Script, TokenFault};

use crate::support::redis::RedisServer;
use crate::support::{
    KEY, LIMIT, Running, ask, between, free_port, get, joined, kill, program, refusal, run,
};
use test_result::TestResult;

#[test]
fn a_wrong_setting_is_one_line_and_exit_code_2() -> TestResult {
    let mut no_key = program("no-key")?;
    let (code, line) = refusal(&mut no_key)?;
    assert_eq!(code, Some(2));
    assert!(line.contains("ASSEMBLYAI_API_KEY") && line.contains("--demo"), "{line}");

    let (code, line) = refusal(program("bad-flag")?.args(["--demo", "--token-expires-in-seconds", "601"]))?;
    assert_eq!(
        (code, line.as_str()),
        (Some(2), "error: TOKEN_EXPIRES_IN_SECONDS is \"601\", but must be 1 to 600 s")
    );
    let (code, line) = refusal(program("bad-variable")?.arg("--demo").env("FORMAT_TURNS", "maybe"))?;
    assert_eq!(
        (code, line.as_str()),
        (Some(2), "error: FORMAT_TURNS is \"maybe\", but must be true or false")
    );
    let (code, line) = refusal(program("no-flag")?.args(["--demo", "--prot", "1"]))?;
    assert_eq!(code, Some(2));
    assert!(line.contains("--prot") && line.contains("--help"), "{line}");
    let (code, line) = refusal(program("no-model")?.arg("--local").env("ASSEMBLYAI_API_KEY", KEY))?;
    assert_eq!(code, Some(2));
    assert!(line.contains("--local") && line.contains("LOCAL_MODEL"), "{line}");
    let (code, line) = refusal(program("both")?.args(["--local", "--demo"]))?;
    assert_eq!(code, Some(2));
    assert!(line.contains("--local") && line.contains("--demo"), "{line}");
    let (code, line) = refusal(program("bad-log")?.arg("--demo").env("RUST_LOG", "a=b=c"))?;
    assert_eq!(code, Some(2));
    assert!(line.contains("RUST_LOG"), "{line}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_refused() -> TestResult {
    use std::os::unix::ffi::OsStringExt as _;

    let unreadable = std::ffi::OsString::from_vec(vec![b'8', 0xFF]);
    let (code, line) = refusal(program("not-unicode")?.arg("--demo").env("PORT", unreadable))?;
    assert_eq!(code, Some(2));
    assert_eq!(line, "error: PORT is \"8\u{FFFD}\", but must be 0 to 65535");
    Ok(())
}

fn folder_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The program in a folder with this `.env`, and without environment variables.
fn dot_env(folder: &str, text: &str) -> TestResult<Command> {
    let mut command = program(folder)?;
    std::fs::write(folder_path(folder).join(".env"), text)?;
    command.env_remove("PORT");
    Ok(command)
}

#[test]
fn flags_win_over_the_environment_and_that_over_dot_env_whose_errors_do_not_show_the_key() -> TestResult {
    let wrong = "ASSEMBLYAI_API_KEY=x\nPORT=from-the-file\n";
    let (_, line) = refusal(&mut dot_env("file-alone", wrong)?)?;
    assert_eq!(line, "error: PORT is \"from-the-file\", but must be 0 to 65535");
    let (_, line) = refusal(dot_env("file-and-variable", wrong)?.env("PORT", "variable"))?;
    assert_eq!(line, "error: PORT is \"variable\", but must be 0 to 65535");
    let (_, line) = refusal(dot_env("all-three", wrong)?.env("PORT", "variable").args(["--port", "flag"]))?;
    assert_eq!(line, "error: PORT is \"flag\", but must be 0 to 65535");

    let (code, line) = refusal(&mut dot_env("malformed", &format!("ASSEMBLYAI_API_KEY={KEY} {KEY}\n"))?)?;
    assert_eq!(code, Some(2));
    assert!(line.starts_with("error: .env cannot be read") && !line.contains(KEY), "{line}");
    assert!(line.contains("malformed/.env: line 1: "), "{line}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_hash_in_dot_env_is_the_password_that_it_was_made_of_however_it_is_quoted() -> TestResult {
    let hash = String::from_utf8(hash_password("correct horse\n")?.stdout)?;
    let hash = hash.trim_end();
    for (folder, quote) in [("hash-bare", ""), ("hash-single", "'"), ("hash-double", "\"")] {
        let mut command = dot_env(folder, &format!("ACCESS_PASSWORD={quote}{hash}{quote}\n"))?;
        let server = Running::start(command.args(["--demo", "--port", "0"]))?;
        let status = |password: &str| -> TestResult<_> {
            let form = format!("password={password}");
            let head = format!("Host: localhost\r\nConnection: close\r\nContent-Length: {}", form.len());
            let answer = ask(&server.address, &format!("POST /login HTTP/1.1\r\n{head}\r\n\r\n{form}"))?;
            Ok(answer[9..12].to_owned())
        };
        assert_eq!(status("correct+horse")?, "303", "{folder}");
        assert_eq!(status("%3D19%3D19456%2Ct%3D2%2Cp%3D1")?, "401", "{folder}");
        let (_, log) = server.stop("TERM")?;
        assert!(log.contains(&format!("settings were read from {}", folder_path(folder).display())), "{log}");
    }
    Ok(())
}

#[test]
fn the_dot_env_of_a_parent_folder_does_not_count() -> TestResult {
    let mut command = program("parent/child")?;
    std::fs::write(folder_path("parent").join(".env"), "APP_NAME=My App\nPORT=not-ours\n")?;
    std::fs::remove_file(folder_path("parent/child").join(".env"))?;
    let (_, line) = refusal(command.env_remove("PORT"))?;
    assert!(line.contains("there is no API key"), "{line}");
    Ok(())
}

#[test]
fn help_exits_with_0_and_lists_the_settings() -> TestResult {
    let output = run(program("help")?.arg("--help"))?;
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("--assemblyai-base-url"));
    Ok(())
}

#[cfg(unix)]
#[test]
fn it_goes_on_when_nobody_reads_what_it_prints() -> TestResult {
    // The reader leaves before anything is printed.
    let closed = || -> TestResult<_> {
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        Ok(writer)
    };
    for flag in ["--help", "--version"] {
        let status = program("closed")?.arg(flag).stdout(closed()?).stderr(Stdio::piped()).output()?;
        assert!(status.status.success(), "{flag}: {status:?}");
    }
    let status = program("closed")?.arg("--port=nonsense").stderr(closed()?).status()?;
    assert_eq!(status.code(), Some(2));

    let port = free_port()?;
    let mut child = program("closed")?
        .args(["--demo", "--port", &port.to_string(), "--rust-log", "debug"])
        .stdout(closed()?)
        .stderr(closed()?)
        .spawn()?;
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < LIMIT, "it does not listen");
        thread::sleep(Duration::from_millis(10));
    }
    let answers = ["/", "/config", "/token"].map(|path| -> TestResult<_> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(LIMIT))?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    });
    child.kill().and_then(|()| child.wait())?;
    for answer in answers {
        assert_eq!(answer?, "HTTP/1.1 200");
    }
    Ok(())
}

#[test]
fn an_occupied_port_is_one_line() -> TestResult {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let (code, line) = refusal(program("taken")?.args(["--demo", "--port", &port]))?;
    assert_eq!(code, Some(1));
    assert!(line.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: ")), "{line}");
    assert!(line.ends_with("; choose another one with PORT or --port"), "{line}");
    Ok(())
}

#[test]
fn an_address_that_cannot_be_used_is_one_line_that_names_the_setting() -> TestResult {
    // What conda's compilers set, and an address of no machine (RFC 5737).
    for host in ["x86_64-conda-linux-gnu", "203.0.113.9"] {
        let (code, line) = refusal(program("wrong-host")?.arg("--demo").env("HOST", host))?;
        assert_eq!(code, Some(1));
        assert!(line.starts_with(&format!("error: cannot listen on {host}:0: ")), "{line}");
        assert!(
            line.ends_with("; choose an address or a name of this machine with HOST or --host"),
            "{line}"
        );
    }
    Ok(())
}

#[test]
fn flags_may_follow_a_subcommand() -> TestResult {
    let server = Running::start(program("healthy-flags")?.arg("--demo"))?;
    let port = server.port().to_owned();
    let check = |flags: &[&str]| -> TestResult<_> {
        Ok(run(program("healthcheck-flags")?.args(flags))?.status.code())
    };
    assert_eq!(check(&["healthcheck", "--demo", "--host", "127.0.0.1", "--port", &port])?, Some(0));
    assert_eq!(check(&["--port", &port, "healthcheck", "--host", "127.0.0.1"])?, Some(0));
    let (_, line) = refusal(program("healthcheck-flags")?.args(["healthcheck", "--port", "many"]))?;
    assert_eq!(line, "error: PORT is \"many\", but must be 0 to 65535");
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_on_an_address_with_a_zone_is_checked() -> TestResult {
    // The loopback interface has number 1.
    let server = Running::start(program("zone")?.args(["--demo", "--host", "::1%1"]))?;
    let port = server.port().to_owned();
    let check = run(program("zone-check")?.args(["healthcheck", "--host", "::1%1", "--port", &port]))?;
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    drop(server);
    let (code, line) =
        refusal(program("zone-check")?.args(["healthcheck", "--host", "::1%1", "--port", &port]))?;
    assert_eq!(code, Some(1));
    assert!(line.starts_with(&format!("error: no answer from http://[::1%1]:{port}/healthz")), "{line}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_hangup_without_a_certificate_changes_nothing() -> TestResult {
    let server = Running::start(program("hangup")?.arg("--demo").stdin(Stdio::null()))?;
    kill("HUP", server.id())?;
    server.wait_for_log("nothing is reloaded")?;
    assert!(server.get("/healthz")?.starts_with("HTTP/1.1 204"));
    let (code, log) = server.stop("TERM")?;
    assert_eq!(code, Some(0), "{log}");
    Ok(())
}

/// In a container the program is process 1, and the system drops signals that process 1 does not receive.
#[cfg(target_os = "linux")]
#[test]
fn it_receives_sigterm_while_it_loads_its_model() -> TestResult {
    let mut command = program("loading")?;
    let file = folder_path("loading").join("encoder_model.ort");
    std::fs::remove_file(&file).ok();
    // Nobody writes to it, so that reading it takes for ever.
    assert!(Command::new("mkfifo").arg(&file).status()?.success());
    let command =
        command.args(["--local-model", "."]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let start = Instant::now();
    let receives_all = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).ok_or("no signals")?;
        let caught = u64::from_str_radix(caught.trim(), 16)?;
        // SIGHUP, SIGINT and SIGTERM (signal(7)).
        if [1, 2, 15].iter().all(|signal| caught >> (signal - 1) & 1 == 1) {
            break true;
        }
        if start.elapsed() > LIMIT / 2 {
            break false;
        }
        thread::sleep(Duration::from_millis(10));
    };
    child.kill().and_then(|()| child.wait())?;
    assert!(receives_all);
    Ok(())
}

#[test]
fn no_color_is_respected_on_a_terminal() -> TestResult {
    let coloured = |value: &str| -> TestResult<_> {
        let mut command = Command::new("script");
        let server = env!("CARGO_BIN_EXE_transcription-server");
        let line = format!("timeout 3 {server} --demo --local-model none --port 0");
        let output = command
            .env_clear()
            .current_dir(std::env::temp_dir())
            .env("PATH", "/usr/bin:/bin")
            .env("SHELL", "/bin/sh")
            .args(["-qec", &line, "/dev/null"])
            .env("NO_COLOR", value)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("LOCAL_MODEL is not used"), "{text}");
        Ok(text.contains('\u{1b}'))
    };
    assert!(coloured("")? && !coloured("1")?);
    Ok(())
}

#[cfg(unix)]
#[test]
fn it_prints_its_address_and_stops_on_sigterm_and_ctrl_c() -> TestResult {
    for signal in ["TERM", "INT"] {
        let server = Running::start(program("signals")?.arg("--demo"))?;
        assert!(server.get("/healthz")?.starts_with("HTTP/1.1 204"));
        assert!(server.get("/")?.contains("<title"));
        let (code, log) = server.stop(signal)?;
        assert_eq!(code, Some(0), "{log}");
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn an_idle_connection_does_not_delay_the_stop() -> TestResult {
    let server = Running::start(program("idle")?.arg("--demo"))?;
    // Browsers open such connections in advance.
    let idle = TcpStream::connect(&server.address)?;
    assert!(server.get("/healthz")?.starts_with("HTTP/1.1 204"));
    let before = Instant::now();
    let (code, log) = server.stop("TERM")?;
    assert_eq!(code, Some(0), "{log}");
    assert!(before.elapsed() < LIMIT / 2, "{:?}", before.elapsed());
    drop(idle);
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_response_in_progress_is_finished_before_it_stops() -> TestResult {
    // A service that answers after the server was asked to stop.
    let service = TcpListener::bind("127.0.0.1:0")?;
    let base_url = format!("http://{}", service.local_addr()?);
    let (requested, is_requested) = mpsc::channel();
    let (answer_now, may_answer) = mpsc::channel::<()>();
    let service = thread::spawn(move || -> TestResult {
        let (mut stream, _) = service.accept()?;
        let mut request = [0; 4096];
        assert!(stream.read(&mut request)? > 0);
        requested.send(())?;
        may_answer.recv_timeout(LIMIT)?;
        let body = r#"{"token":"late","expires_in_seconds":60}"#;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        Ok(())
    });
    let mut command = program("under-way")?;
    command.args(["--assemblyai-base-url", &base_url, "--assemblyai-api-key", KEY]);
    let server = Running::start(&mut command)?;
    let address = server.address.clone();
    let asking = address.clone();
    let answer = thread::spawn(move || get(&asking, "/token"));
    is_requested.recv_timeout(LIMIT)?;

    let stopped = thread::spawn(move || server.stop("TERM"));
    // It closes its port before it ends, which shows that it has received the signal.
    let start = Instant::now();
    while TcpStream::connect(&address).is_ok() {
        assert!(start.elapsed() < LIMIT, "it still listens");
        thread::sleep(Duration::from_millis(5));
    }
    answer_now.send(())?;
    assert!(joined(answer.join())?.contains("\"token\":\"late\""));
    let (code, log) = joined(stopped.join())?;
    assert_eq!(code, Some(0), "{log}");
    joined(service.join())?;
    Ok(())
}

#[cfg(unix)]
#[test]
fn each_request_is_one_log_line_without_key_or_token() -> TestResult {
    // Nothing listens there, so the log has an error.
    let mut command = program("log")?;
    let service = ["--assemblyai-base-url", "http://127.0.0.1:9", "--assemblyai-api-key", KEY];
    let server = Running::start(command.args(service).env("RUST_LOG", "trace"))?;
    assert!(server.get("/token?secret=hunter2")?.starts_with("HTTP/1.1 502"));
    assert!(server.get("/config")?.starts_with("HTTP/1.1 200"));
    let (_, log) = server.stop("TERM")?;
    let requests: Vec<&str> = log.lines().filter(|line| line.contains("answered")).collect();
    assert_eq!(requests.len(), 2, "{log}");
    assert!(requests[0].contains("path=\"/token\"") && requests[0].contains("status=502"), "{log}");
    assert!(log.contains("AssemblyAI cannot be reached"), "{log}");
    assert!(!log.contains(KEY) && !log.contains("hunter2"), "{log}");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn neither_key_nor_token_nor_an_echo_of_them_is_in_the_log() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let service = ["--assemblyai-base-url", &mock.base_url(), "--assemblyai-api-key", KEY];
    let mut command = program("log-of-the-service")?;
    // Nothing listens at the proxy's address: loopback addresses must bypass it.
    command.args(service).env("RUST_LOG", "trace").env("HTTP_PROXY", "http://127.0.0.1:9");
    let echo = TokenFault::Answer { status: 401, body: format!("{{\"error\":\"no such key: {KEY}\"}}") };

    let service = mock.mock().clone();
    let asked = tokio::task::spawn_blocking(move || -> TestResult<_> {
        let server = Running::start(&mut command)?;
        let granted = server.get("/token")?;
        service.token_faults().next(echo);
        let refused = server.get("/token")?;
        Ok((granted, refused, server.stop("TERM")?.1))
    });
    let (granted, refused, log) = asked.await??;
    assert!(granted.starts_with("HTTP/1.1 200"), "{granted}");
    assert!(refused.starts_with("HTTP/1.1 502"), "{refused}");
    assert_eq!(mock.finish().await.token_requests.len(), 2);

    let token = &between(&granted, "\"token\":\"", '"')?[..40];
    assert!(log.contains("TRACE") && log.contains("status 401 Unauthorized: no such key: …"), "{log}");
    assert!(!log.contains(KEY) && !log.contains(token), "{log}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn no_token_of_the_demo_is_in_the_log() -> TestResult {
    let server = Running::start(program("demo-log")?.arg("--demo").env("RUST_LOG", "trace"))?;
    let answer = server.get("/token")?;
    let token = between(&answer, "\"token\":\"", '"')?;
    assert!(server.get(&format!("/demo/v3/ws?token={token}"))?.starts_with("HTTP/1.1 4"));
    let (_, log) = server.stop("TERM")?;
    assert!(log.lines().filter(|line| line.contains("answered")).count() == 2, "{log}");
    assert!(!log.contains(&token[..40]), "{log}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn no_password_cookie_or_address_of_redis_is_in_the_log_or_in_an_answer() -> TestResult {
    const PASSWORD: &str = "a-password-nobody-may-see";
    const REDIS_PASSWORD: &str = "another-nobody-may-see";
    let mut redis = RedisServer::with(&["--requirepass", REDIS_PASSWORD])?;
    let url = redis.url().replace("//", &format!("//:{REDIS_PASSWORD}@"));
    let mut command = program("log-of-secrets")?;
    command
        .args(["--demo", "--access-password", PASSWORD, "--rate-limit-redis-url", &url])
        .env("RUST_LOG", "trace");
    let server = Running::start(&mut command)?;
    let post = |password: &str| {
        let form = format!("password={password}");
        let length = form.len();
        ask(
            &server.address,
            &format!(
                "POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{form}"
            ),
        )
    };
    let granted = post(PASSWORD)?;
    let cookie = between(&granted, "set-cookie: ", ';')?;
    let token = |cookie: &str| {
        ask(
            &server.address,
            &format!(
                "GET /token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
            ),
        )
    };
    let first = token(cookie)?;
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    redis.kill();
    let second = token(cookie)?;
    assert!(second.starts_with("HTTP/1.1 503"), "{second}");
    let wrong = post("a-wrong-guess")?;
    let issued = &between(&first, "\"token\":\"", '"')?[..40];
    let value = cookie.split('=').nth(1).ok_or("no value")?;
    let (_, log) = server.stop("TERM")?;
    assert!(log.contains("a login failed: wrong password"), "{log}");
    for secret in [PASSWORD, REDIS_PASSWORD, "a-wrong-guess", issued, value] {
        assert!(!log.contains(secret), "{secret} is in the log");
        assert!(!second.contains(secret) && !wrong.contains(secret), "{secret} is in an answer");
    }
    Ok(())
}

/// Runs `hash-password` with this standard input.
fn hash_password(input: &str) -> TestResult<Output> {
    let mut command = program("hash")?;
    command.arg("hash-password").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(input.as_bytes())?;
    Ok(child.wait_with_output()?)
}

#[test]
fn hash_password_reads_standard_input_and_its_hash_verifies() -> TestResult {
    let made = hash_password("correct horse\n")?;
    let made = String::from_utf8(made.stdout)?;
    assert!(made.starts_with("$argon2id$") && made.ends_with('\n'), "{made}");
    let password = transcription_server::login::Password::new(&made.trim_end().to_owned().into());
    assert!(password?.verify("correct horse"));
    let short = hash_password("1234567\n")?;
    assert_eq!((short.status.code(), short.stdout.len()), (Some(1), 0));
    Ok(())
}

#[test]
fn the_healthcheck_fails_once_the_server_is_gone() -> TestResult {
    let server = Running::start(program("healthy")?.arg("--demo"))?;
    let port = server.port().to_owned();
    let check = |flags: &[&str]| -> TestResult<_> {
        Ok(run(program("healthcheck")?.args(flags).env("PORT", &port))?.status.code())
    };
    assert_eq!(check(&["--demo", "healthcheck"])?, Some(0));
    assert_eq!(check(&["--demo", "--host", "0.0.0.0", "healthcheck"])?, Some(0));
    drop(server);
    assert_eq!(check(&["--demo", "healthcheck"])?, Some(1));
    Ok(())
}

#[test]
fn metrics_have_their_own_address_and_the_log_can_be_json() -> TestResult {
    let metrics = format!("127.0.0.1:{}", free_port()?);
    let mut command = program("metrics")?;
    let server =
        Running::start(command.args(["--demo", "--metrics-addr", &metrics, "--log-format", "json"]))?;
    assert!(server.get("/token")?.starts_with("HTTP/1.1 200"));
    assert!(server.get("/metrics")?.starts_with("HTTP/1.1 404"));
    let text = get(&metrics, "/metrics")?;
    assert!(text.contains("transcription_tokens_total{result=\"issued\"} 1"), "{text}");
    assert!(text.contains("transcription_responses_total{status=\"200\"} 1"), "{text}");
    assert!(get(&metrics, "/token")?.starts_with("HTTP/1.1 404"));
    let (_, log) = server.stop("TERM")?;
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line)?;
        assert!(line["span"]["id"].is_string() && line["status"].is_number(), "{line}");
    }
    assert_eq!(log.lines().count(), 2, "{log}");
    Ok(())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_without_a_response_is_in_the_log_and_in_the_metrics() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    mock.token_faults().always(TokenFault::Hang);
    let metrics = format!("127.0.0.1:{}", free_port()?);
    let service = ["--assemblyai-base-url", &mock.base_url(), "--assemblyai-api-key", KEY];
    let server = Running::start(program("left")?.args(service).args(["--metrics-addr", &metrics]))?;
    let mut stream = TcpStream::connect(&server.address)?;
    stream.write_all(b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let start = Instant::now();
    while mock.mock().token_requests().is_empty() {
        assert!(start.elapsed() < LIMIT, "no token is requested");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    let is_counted = || -> TestResult<_> {
        Ok(get(&metrics, "/metrics")?.contains("transcription_requests_abandoned_total 1"))
    };
    while !is_counted()? {
        assert!(start.elapsed() < LIMIT, "it is not counted");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (_, log) = server.stop("TERM")?;
    let line = log.lines().find(|line| line.contains("the client left without a response"));
    assert!(
        line.is_some_and(|line| line.contains("path=\"/token\"") && line.contains("duration_ms=")),
        "{log}"
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_proxy_that_does_not_pass_sockets_on_is_named_in_the_log() -> TestResult {
    let server = Running::start(program("no-upgrade")?.arg("--demo"))?;
    // What nginx sends without `proxy_set_header Upgrade` and `Connection`.
    let keys = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let request = format!("GET /demo/v3/ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{keys}\r\n");
    assert!(ask(&server.address, &request)?.starts_with("HTTP/1.1 400"));
    // Somebody who opens the address in a browser.
    assert!(server.get("/demo/v3/ws")?.starts_with("HTTP/1.1 400"));
    let (_, log) = server.stop("TERM")?;
    assert_eq!(log.matches("a proxy in front must pass on its headers").count(), 1, "{log}");
    Ok(())
}

#[test]
fn the_demo_says_that_it_does_not_use_the_model() -> TestResult {
    let server =
        Running::start(program("demo-and-model")?.args(["--demo", "--local-model", "no-such-folder"]))?;
    let (_, log) = server.stop("TERM")?;
    assert!(log.contains("--demo is set, so LOCAL_MODEL is not used"), "{log}");
    let (_, log) = Running::start(program("demo-alone")?.arg("--demo"))?.stop("TERM")?;
    assert!(!log.contains("LOCAL_MODEL"), "{log}");
    Ok(())
}
