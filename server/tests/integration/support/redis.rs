//! A real redis-server for one test, on a free port.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(10);

/// A running redis-server; it ends when it is dropped.
pub(crate) struct RedisServer {
    port: u16,
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

    fn on(port: u16, settings: &'static [&'static str]) -> io::Result<Option<Self>> {
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
        command.current_dir(std::env::temp_dir()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => io::Error::other(
                "redis-server is not installed: apt-get install -y --no-install-recommends redis-server",
            ),
            kind => io::Error::new(kind, format!("redis-server: {error}")),
        })?;
        let mut server = Self { port, settings, child };
        let start = Instant::now();
        loop {
            if answers(port) {
                return Ok(Some(server));
            }
            if server.child.try_wait()?.is_some() || start.elapsed() > LIMIT {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = [0; 5];
    stream.set_read_timeout(Some(LIMIT)).is_ok()
        && stream.write_all(b"PING\r\n").is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && (&answer == b"+PONG" || &answer == b"-NOAU")
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
