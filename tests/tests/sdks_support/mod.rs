//! Runs AssemblyAI's own SDKs as child processes of a test, against a mock in the test's own process.

mod failures;
mod job;
#[cfg(feature = "speech")]
mod local;
#[cfg(feature = "speech")]
mod plugins;
mod refusals;
mod report;
mod sessions;

pub(crate) use job::{Job, KEY, await_event, send, start_client, step};
pub(crate) use report::Report;

use std::path::{Path, PathBuf};

use assemblyai_mock::{Builder, MockAssemblyAi};

/// The time limit of a test, in s.
pub(crate) const TEST_LIMIT_S: u64 = 90;

/// A mock with TLS: node's SDK accepts only wss URLs, Python's requests tokens over HTTPS only.
pub(crate) fn mock() -> Builder {
    MockAssemblyAi::builder().api_key(KEY).tls()
}

/// An unmodified SDK in its newest version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sdk {
    /// `assemblyai` of npm.
    Node,
    /// `assemblyai` of PyPI.
    Python,
}

impl Sdk {
    pub(crate) const BOTH: [Self; 2] = [Self::Node, Self::Python];

    /// The number of connection attempts after a refusal that the SDK does not treat as permanent.
    pub(crate) fn attempts(self) -> usize {
        match self {
            Self::Node => 3,
            Self::Python => 1,
        }
    }

    /// Where `cargo xtask setup --sdks` installs the SDK.
    fn folder(self) -> PathBuf {
        let name = match self {
            Self::Node => "node",
            Self::Python => "python",
        };
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/sdks").join(name)
    }

    /// The program that runs `client`.
    fn interpreter(self) -> PathBuf {
        match self {
            Self::Node => "node".into(),
            Self::Python => self.folder().join("bin/python"),
        }
    }

    fn client(self) -> PathBuf {
        let file = match self {
            Self::Node => "sdks/node/client.mjs",
            Self::Python => "sdks/python/client.py",
        };
        Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
    }
}
