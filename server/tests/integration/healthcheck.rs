//! The subcommand that containers use as a probe.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assemblyai_mock::MockAssemblyAi;
use test_result::TestResult;
use transcription_server::healthcheck::{self, HealthcheckError};
use transcription_server::settings::{Settings, command};

const LIMIT: Duration = Duration::from_secs(20);

/// The program without environment variables, in a folder with an empty `.env`.
fn program() -> TestResult<Command> {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("healthcheck");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(".env"), "")?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_transcription-server"));
    command.current_dir(folder).env_clear();
    Ok(command)
}

/// A running server that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        self.0.kill().and_then(|()| self.0.wait()).ok();
    }
}

/// A server on a free port, and the port.
fn start(host: &str) -> TestResult<(Running, String)> {
    let mut command = program()?;
    command.args(["--demo", "--host", host, "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = Running(command.spawn()?);
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
    let port = line.trim_end().rsplit(':').next().unwrap_or_default().to_owned();
    Ok((running, port))
}

/// The exit code and what was printed to standard error.
fn check(variables: &[(&str, &str)]) -> TestResult<(Option<i32>, String)> {
    let output = program()?.arg("healthcheck").envs(variables.iter().copied()).output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn the_check_succeeds_while_the_server_runs_without_key_or_flag() -> TestResult {
    let (running, port) = start("0.0.0.0")?;
    let variables = [("HOST", "0.0.0.0"), ("PORT", port.as_str())];
    assert_eq!(check(&variables)?, (Some(0), String::new()));
    drop(running);
    let (code, text) = check(&variables)?;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with(&format!("error: no answer from http://127.0.0.1:{port}/healthz: ")), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    Ok(())
}

#[test]
fn an_unknown_port_cannot_be_checked() -> TestResult {
    let (code, text) = check(&[("PORT", "0")])?;
    assert_eq!(code, Some(1));
    assert!(text.starts_with("error: PORT is 0"), "{text}");
    Ok(())
}

#[test]
fn the_check_uses_no_proxy() -> TestResult {
    let (_running, port) = start("127.0.0.1")?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let proxy = format!("http://{}", taken.local_addr()?);
    assert_eq!(check(&[("PORT", &port), ("HTTP_PROXY", &proxy), ("ALL_PROXY", &proxy)])?.0, Some(0));
    Ok(())
}

#[tokio::test]
async fn https_is_checked_whatever_name_the_certificate_has() -> TestResult {
    // Another server with a certificate of an unknown authority: its 404 shows that the check accepted the certificate.
    let mock = MockAssemblyAi::builder().tls().start().await;
    let port = mock.address().port().to_string();
    let flags =
        ["transcription-server", "--port", &port, "--tls-cert", "a.pem", "--tls-key", "b.pem", "healthcheck"];
    let settings = Settings::read(&command().get_matches_from(flags), |_| None)?;
    let answer = tokio::time::timeout(LIMIT, healthcheck::run(&settings)).await?;
    assert!(
        matches!(&answer, Err(HealthcheckError::BadStatus { address, status })
            if address.starts_with("https://127.0.0.1:") && *status == 404),
        "{answer:?}"
    );
    Ok(())
}
