use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use assemblyai_mock::MockAssemblyAi;
use end_to_end_tests::process::Process;
use serde_json::{Value, json};
use test_result::TestResult;
use tokio::process::Command;

use super::{Report, Sdk};

/// The time limit of a job, also on a busy machine.
const LIMIT: Duration = Duration::from_mins(1);
/// The SDKs' default of 1 s is too short for a busy machine; only the test of that default uses it.
const CONNECT_LIMIT_MS: u64 = 15_000;

/// The default key of a job.
pub(crate) const KEY: &str = "a-good-key-for-tests";

/// The instructions to an SDK's client; `sdks/README.md` describes the fields.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    sdk: Sdk,
    fields: Value,
}

impl Job {
    /// A session with the default key and an older model, without steps.
    pub(crate) fn of(sdk: Sdk) -> Self {
        let parameters = json!({"sample_rate": 16_000, "speech_model": "universal-streaming-english"});
        let fields = json!({
            "api_key": KEY, "parameters": parameters, "connect_timeout_ms": CONNECT_LIMIT_MS, "steps": [],
        });
        Self { sdk, fields }
    }

    /// Sets a field.
    pub(crate) fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields[name] = value.into();
        self
    }

    /// Sets a parameter of the session.
    pub(crate) fn parameter(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields["parameters"][name] = value.into();
        self
    }

    /// Adds a step; the client runs the steps in order once `connect` has returned.
    pub(crate) fn then(mut self, step: Value) -> Self {
        if let Some(steps) = self.fields["steps"].as_array_mut() {
            steps.push(step);
        }
        self
    }

    /// Runs the job, and waits until the client process has exited.
    pub(crate) async fn run(self, mock: &MockAssemblyAi) -> TestResult<Report> {
        let pem = mock.authority_pem().ok_or("the mock serves no TLS")?;
        self.run_at(mock.address(), pem).await
    }

    /// Runs the job against a server whose certificate this one has signed.
    pub(crate) async fn run_at(self, address: SocketAddr, authority_pem: &str) -> TestResult<Report> {
        let sdk = self.sdk;
        let (mut process, _) = self.start(address, authority_pem, "Done").await?;
        let status = process.wait(LIMIT).await.map_err(|error| format!("{sdk:?}: {error}"))?;
        assert!(status.success(), "{sdk:?}: {status}; its output:\n{}", process.output());
        Ok(Report::new(sdk, &process.output()))
    }

    /// Runs the job until the SDK throws an exception that cannot be caught, and returns the line that reports it.
    pub(crate) async fn run_to_crash(self, mock: &MockAssemblyAi) -> TestResult<String> {
        let pem = mock.authority_pem().ok_or("the mock serves no TLS")?;
        Ok(self.start(mock.address(), pem, "Crash").await?.1)
    }

    /// Starts the client process and waits for an event.
    async fn start(
        mut self,
        address: SocketAddr,
        authority_pem: &str,
        event: &str,
    ) -> TestResult<(Process, String)> {
        let sdk = self.sdk;
        let folder = sdk.folder();
        assert!(folder.exists(), "no SDK in {}: type cargo xtask setup --sdks", folder.display());
        self.fields["host"] = address.to_string().into();
        let mut command = Command::new(sdk.interpreter());
        command.arg(sdk.client()).arg(self.fields.to_string()).current_dir(folder);
        let name = format!("{sdk:?}-{}", address.port());
        start_client(command, &name, authority_pem, event).await
    }
}

/// Starts a client that trusts an authority, and waits for an event; no other test may use the same `name` now.
pub(crate) async fn start_client(
    mut command: Command,
    name: &str,
    authority_pem: &str,
    event: &str,
) -> TestResult<(Process, String)> {
    let authority = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("authority-{name}.pem"));
    std::fs::write(&authority, authority_pem)?;
    command.env("NODE_EXTRA_CA_CERTS", &authority).env("SSL_CERT_FILE", &authority);
    // Python's HTTP clients would use a proxy even for localhost.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    let started = Process::start(command, &format!("\"{event}\""), LIMIT).await;
    std::fs::remove_file(authority)?;
    Ok(started.map_err(|error| format!("{name}: {error}"))?)
}

/// A step without arguments.
pub(crate) fn step(name: &str) -> Value {
    json!({"do": name})
}

/// A step that sends silence in frames of 100 ms as fast as possible.
pub(crate) fn send(ms: u64) -> Value {
    json!({"do": "send", "ms": ms})
}

/// A step that waits until an event was reported.
pub(crate) fn await_event(event: &str) -> Value {
    json!({"do": "await", "event": event})
}
