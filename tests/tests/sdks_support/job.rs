use std::path::Path;
use std::time::Duration;

use assemblyai_mock::MockAssemblyAi;
use end_to_end_tests::process::Process;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{Report, Sdk};

/// Longer than any job takes on a machine that has other things to do.
const LIMIT: Duration = Duration::from_mins(1);
/// The SDKs' own second is short for a busy machine; only the tests of that second use it.
const CONNECT_LIMIT_MS: u64 = 15_000;

/// The key that jobs have by themselves.
pub(crate) const KEY: &str = "a-good-key";

/// What an SDK is to do; `sdks/README.md` describes the fields.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    sdk: Sdk,
    fields: Value,
}

impl Job {
    /// A session with a key, of an older model, without steps.
    pub(crate) fn of(sdk: Sdk) -> Self {
        let parameters = json!({"sample_rate": 16_000, "speech_model": "universal-streaming-english"});
        let fields = json!({
            "api_key": KEY, "parameters": parameters, "connect_timeout_ms": CONNECT_LIMIT_MS, "steps": [],
        });
        Self { sdk, fields }
    }

    /// Gives a field another value.
    pub(crate) fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields[name] = value.into();
        self
    }

    /// Gives a parameter of the session another value.
    pub(crate) fn parameter(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields["parameters"][name] = value.into();
        self
    }

    /// What is done next once `connect` has returned.
    pub(crate) fn then(mut self, step: Value) -> Self {
        if let Some(steps) = self.fields["steps"].as_array_mut() {
            steps.push(step);
        }
        self
    }

    /// Does it, and waits for the SDK's program to end by itself.
    pub(crate) async fn run(self, mock: &MockAssemblyAi) -> Report {
        let sdk = self.sdk;
        let (mut process, _) = self.start(mock, "Done").await;
        let status = process.wait(LIMIT).await.unwrap_or_else(|error| panic!("{sdk:?}: {error}"));
        assert!(status.success(), "{sdk:?}: {status}; its output:\n{}", process.output());
        Report::new(sdk, &process.output())
    }

    /// Does it until the SDK throws where nobody can catch it, and gives the line that tells of it.
    pub(crate) async fn run_to_crash(self, mock: &MockAssemblyAi) -> String {
        self.start(mock, "Crash").await.1
    }

    /// Starts the SDK's program and waits for an event.
    async fn start(mut self, mock: &MockAssemblyAi, event: &str) -> (Process, String) {
        let sdk = self.sdk;
        let folder = sdk.folder();
        assert!(folder.exists(), "no SDK in {}: type cargo xtask setup --sdks", folder.display());
        self.fields["host"] = mock.address().to_string().into();
        let name = format!("authority-{}.pem", mock.address().port());
        let authority = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let pem = mock.authority_pem().expect("the mock serves TLS");
        std::fs::write(&authority, pem).expect("target/ can be written");

        let mut command = Command::new(sdk.interpreter());
        command.arg(sdk.client()).arg(self.fields.to_string()).current_dir(folder);
        command.env("NODE_EXTRA_CA_CERTS", &authority).env("SSL_CERT_FILE", &authority);
        // Python's clients would ask a proxy even for this very machine.
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        let started = Process::start(command, &format!("\"{event}\""), LIMIT).await;
        std::fs::remove_file(authority).expect("it was written above");
        started.unwrap_or_else(|error| panic!("{sdk:?}: {error}"))
    }
}

/// A step without arguments.
pub(crate) fn step(name: &str) -> Value {
    json!({"do": name})
}

/// Silence in frames of 100 ms, as fast as it can be sent.
pub(crate) fn send(ms: u64) -> Value {
    json!({"do": "send", "ms": ms})
}

/// Waits until an event was reported.
pub(crate) fn await_event(event: &str) -> Value {
    json!({"do": "await", "event": event})
}
