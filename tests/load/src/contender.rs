//! The two servers that are compared, each a process of its own.

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

/// No server takes longer to start.
const START_LIMIT: Duration = Duration::from_secs(20);
/// Between two tries to reach a server that starts; well below what is measured.
const START_STEP: Duration = Duration::from_micros(200);

/// All that protects the server and costs something for each request is on; the limits are not reached. The password
/// is left out: it is an option, and its hash takes 19 MiB by design while it is computed.
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
    /// What it is on disk.
    files: PathBuf,
    folder: PathBuf,
}

impl Contender {
    /// The server, from its binary.
    pub(crate) fn ours(binary: &Path) -> Self {
        let folder = binary.parent().map(Path::to_owned).unwrap_or_default();
        Self { program: binary.to_owned(), args: Vec::new(), files: binary.to_owned(), folder }
    }

    /// Express, from a folder with `server.js` and `node_modules`; Node itself is not counted as its size.
    pub(crate) fn express(folder: &Path) -> Self {
        Self {
            program: "node".into(),
            args: vec!["server.js".to_owned()],
            files: folder.to_owned(),
            folder: folder.to_owned(),
        }
    }

    /// Puts the page where Express looks for it.
    pub(crate) fn take_page(&self, page: &[u8]) -> Result<(), Failure> {
        let public = self.folder.join("public");
        fs::create_dir_all(&public)?;
        Ok(fs::write(public.join("index.html"), page)?)
    }

    /// Starts it, and waits for the first answer.
    pub(crate) async fn start(&self, upstream: &Upstream) -> Result<Running, Failure> {
        // Somebody else could take the port before the server does: then that one fails, loudly.
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let path = self.folder.join("load-test.log");
        // Written to like any log, and gone with the server: nobody reads a line for each request of a load.
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

    /// All its files.
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

/// A server that has answered.
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

    /// From the start of the process to its first answer.
    pub(crate) fn first_answer_after(&self) -> Duration {
        self.first_answer_after
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, Failure> {
        Connection::open(self.address).await?.get(path).await
    }
}
