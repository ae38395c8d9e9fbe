//! The two servers under comparison, each in its own process.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hyper::body::Bytes;

use crate::Failure;
use crate::generator::Connection;
use crate::process::Process;
use crate::upstream::Upstream;

/// The longest that a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(20);
/// The interval between attempts to connect to a starting server; well below the measured start times.
const START_STEP: Duration = Duration::from_micros(200);

/// Turns on every protection that costs time per request, with limits too high to be reached. The password stays off:
/// it is optional, and computing its hash takes 19 MiB by design.
const PROTECTIONS: [(&str, &str); 6] = [
    ("METRICS_ADDR", "127.0.0.1:0"),
    ("PUBLIC_HOSTS", "localhost"),
    ("TOKENS_BURST", "1000000"),
    ("TOKENS_PER_DAY", "1000000000"),
    ("TOKENS_PER_HOUR", "1000000000"),
    ("TOKENS_PER_MINUTE", "1000000"),
];

/// A server that can be started.
#[derive(Debug)]
pub(crate) struct Contender {
    program: PathBuf,
    args: Vec<String>,
    /// The file or folder whose size on disk counts.
    files: PathBuf,
    folder: PathBuf,
}

impl Contender {
    /// This project's server, from its binary.
    pub(crate) fn ours(binary: &Path) -> Self {
        let folder = binary.parent().map(Path::to_owned).unwrap_or_default();
        Self { program: binary.to_owned(), args: Vec::new(), files: binary.to_owned(), folder }
    }

    /// Express, from a folder with `server.js` and `node_modules`; its size excludes Node itself.
    pub(crate) fn express(folder: &Path) -> Self {
        Self {
            program: "node".into(),
            args: vec!["server.js".to_owned()],
            files: folder.to_owned(),
            folder: folder.to_owned(),
        }
    }

    /// Writes the page into the folder that Express serves.
    pub(crate) fn take_page(&self, page: &[u8]) -> Result<(), Failure> {
        let public = self.folder.join("public");
        fs::create_dir_all(&public)?;
        Ok(fs::write(public.join("index.html"), page)?)
    }

    /// Starts the server and waits for its first response.
    pub(crate) async fn start(&self, upstream: &Upstream) -> Result<Running, Failure> {
        // Another program may take the port before the server does; the server then fails to start.
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let path = self.folder.join("load-test.log");
        // The server writes a log file as in production. It is unlinked: nobody reads one line per request.
        let log = File::create(&path)?;
        fs::remove_file(path)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .current_dir(&self.folder)
            .env("NODE_ENV", "production")
            .envs(PROTECTIONS)
            .env("PORT", address.port().to_string())
            .env("ASSEMBLYAI_BASE_URL", format!("http://{}", upstream.address()))
            .env("ASSEMBLYAI_API_KEY", "load")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let start = Instant::now();
        let process = Process::start(&mut command)?;
        loop {
            if let Ok(mut connection) = Connection::open(address).await {
                connection.get("/").await?;
                break;
            }
            if start.elapsed() > START_LIMIT {
                return Err(format!("{} does not answer", self.program.display()).into());
            }
            tokio::time::sleep(START_STEP).await;
        }
        Ok(Running { process, address, first_answer_after: start.elapsed() })
    }

    /// The size of all its files on disk.
    pub(crate) fn size_bytes(&self) -> Result<u64, Failure> {
        size_bytes(&self.files)
    }
}

fn size_bytes(path: &Path) -> Result<u64, Failure> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    fs::read_dir(path)?.map(|entry| size_bytes(&entry?.path())).sum()
}

/// A server that has answered a first request.
#[derive(Debug)]
pub(crate) struct Running {
    process: Process,
    address: SocketAddr,
    first_answer_after: Duration,
}

impl Running {
    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time from the start of the process to its first response.
    pub(crate) fn first_answer_after(&self) -> Duration {
        self.first_answer_after
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, Failure> {
        Connection::open(self.address).await?.get(path).await
    }
}
