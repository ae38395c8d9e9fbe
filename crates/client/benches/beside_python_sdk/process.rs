use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// How often the memory is read.
const POLL: Duration = Duration::from_millis(5);
/// The kernel's unit of CPU time, `USER_HZ`, on all of Rust's targets with glibc or musl.
const TICK: Duration = Duration::from_millis(10);

/// A process whose costs are read from `/proc`.
pub(crate) struct Measured {
    child: Child,
    id: u32,
    started: Instant,
}

/// What a process has cost.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) elapsed: Duration,
    pub(crate) cpu: Duration,
    pub(crate) memory_bytes: u64,
    /// Its standard output.
    pub(crate) printed: String,
}

impl Measured {
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let started = Instant::now();
        let child = command.spawn()?;
        let id = child.id().ok_or_else(|| io::Error::other("it has ended"))?;
        Ok(Self { child, id, started })
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits for the end. The process stays a zombie, whose CPU time can be read, until it is waited for.
    pub(crate) async fn end(mut self, limit: Duration) -> io::Result<Ended> {
        let mut stdout = self.child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let reading = tokio::spawn(async move {
            let mut printed = String::new();
            stdout.read_to_string(&mut printed).await.map(|_| printed)
        });
        let mut memory_bytes = 0;
        let watched = timeout(limit, async {
            loop {
                let (state, cpu) = stat(self.id)?;
                if state == 'Z' {
                    return Ok::<_, io::Error>((self.started.elapsed(), cpu));
                }
                memory_bytes = most_memory(self.id)?.max(memory_bytes);
                sleep(POLL).await;
            }
        });
        let (elapsed, cpu) = watched.await??;
        let status = self.child.wait().await?;
        if !status.success() {
            return Err(io::Error::other(format!("the client has failed: {status}")));
        }
        let printed = reading.await.map_err(io::Error::other)??;
        Ok(Ended { elapsed, cpu, memory_bytes, printed })
    }
}

/// The state of a process, and the CPU time of all of its threads.
fn stat(id: u32) -> io::Result<(char, Duration)> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The second field, a name in parentheses, may contain spaces.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|value| value.parse::<u32>().ok());
    let state = fields.first().and_then(|state| state.chars().next());
    match (state, ticks(11), ticks(12)) {
        (Some(state), Some(user), Some(system)) => Ok((state, TICK * (user + system))),
        _ => Err(io::Error::other(format!("/proc/{id}/stat: {text}"))),
    }
}

/// The most memory that was resident so far, in bytes; 0 once the process has ended.
fn most_memory(id: u32) -> io::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kb.unwrap_or_default() * 1024)
}
