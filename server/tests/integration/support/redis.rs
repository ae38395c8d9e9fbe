//! A real redis-server for one test, on a free port.

use std::io::{self, BufRead as _, BufReader, ErrorKind};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(10);

/// A running redis-server; it ends when it is dropped.
pub(crate) struct RedisServer {
    pub(crate) port: u16,
    settings: &'static [&'static str],
    child: Child,
}

impl RedisServer {
    pub(crate) fn start() -> io::Result<Self> {
        Self::with(&[])
    }

    /// With additional arguments.
    pub(crate) fn with(settings: &'static [&'static str]) -> io::Result<Self> {
        // Another process may take the port meanwhile.
        for _ in 0..5 {
            if let Some(server) = Self::on(free_port()?, settings)? {
                return Ok(server);
            }
        }
        Err(io::Error::other("redis-server does not start"))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it, like a machine that fails.
    pub(crate) fn kill(&mut self) {
        // Errors mean that it has ended already.
        self.child.kill().and_then(|()| self.child.wait()).ok();
    }

    /// Starts it again, on the same port and empty.
    pub(crate) fn restart(&mut self) -> io::Result<()> {
        let start = Instant::now();
        while start.elapsed() < LIMIT {
            if let Some(next) = Self::on(self.port, self.settings)? {
                *self = next;
                return Ok(());
            }
        }
        Err(io::Error::other("redis-server does not restart"))
    }

    /// On this port; `None` if another process has it.
    pub(crate) fn on(port: u16, settings: &'static [&'static str]) -> io::Result<Option<Self>> {
        let mut command = Command::new("redis-server");
        command.args([
            "--bind",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command.args(settings);
        command.current_dir(std::env::temp_dir()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => io::Error::other(
                "redis-server is not installed: apt-get install -y --no-install-recommends redis-server",
            ),
            kind => io::Error::new(kind, format!("redis-server: {error}")),
        })?;
        let log = child.stdout.take();
        let server = Self { port, settings, child };
        // Its log says that it listens; on a port that another process has, it ends. An answer at the port would not
        // tell whose it is.
        let (lines, logged) = mpsc::channel();
        std::thread::spawn(move || {
            let log = BufReader::new(log?);
            log.lines().map_while(Result::ok).try_for_each(|line| lines.send(line)).ok()
        });
        let start = Instant::now();
        while let Ok(line) = logged.recv_timeout(LIMIT.saturating_sub(start.elapsed())) {
            if line.contains("Ready to accept connections") {
                return Ok(Some(server));
            }
        }
        Ok(None)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
