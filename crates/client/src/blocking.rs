//! The same without async: for programs without a tokio runtime.
//!
//! ```no_run
//! use assemblyai_streaming::{AudioSource, Client, Event, blocking};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(std::env::var("ASSEMBLYAI_API_KEY")?)?;
//! for event in blocking::transcribe(&client, || AudioSource::wav("talk.wav"))? {
//!     if let Event::Turn(turn) = event && turn.is_final {
//!         println!("{}", turn.text);
//!     }
//! }
//! # Ok(()) }
//! ```

use std::io;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::timeout;

use crate::{AudioSink, AudioSource, Client, Control, Event, Summary};

/// How long the end of a session that is dropped may take.
const DROP_LIMIT: Duration = Duration::from_secs(1);

/// A running session: an iterator of [`Event`]s, which blocks until the next one.
///
/// Dropping it ends the session, which takes a second at most.
#[derive(Debug)]
pub struct Session {
    /// The session runs on a thread of its own.
    runtime: Runtime,
    session: crate::Session,
}

/// Takes the samples of a [`Session`].
#[derive(Debug, Clone)]
pub struct Sink {
    sink: AudioSink,
    handle: Handle,
}

/// Starts a session for samples of your own.
///
/// # Errors
/// If there is no thread for the session.
pub fn start(client: &Client) -> io::Result<(Sink, Session)> {
    let runtime = runtime()?;
    let (sink, session) = runtime.block_on(async { client.start() });
    let sink = Sink { sink, handle: runtime.handle().clone() };
    Ok((sink, Session { runtime, session }))
}

/// Starts a session that transcribes a source, which the function opens, to its end.
///
/// # Errors
/// If the source cannot be opened, or there is no thread for the session.
pub fn transcribe(client: &Client, open: impl FnOnce() -> io::Result<AudioSource>) -> io::Result<Session> {
    let runtime = runtime()?;
    let session = runtime.block_on(async { open().map(|source| client.transcribe(source)) })?;
    Ok(Session { runtime, session })
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

impl Session {
    /// See [`Control::finish`].
    pub fn finish(&self) -> Summary {
        self.runtime.block_on(self.session.finish())
    }

    /// A handle that controls this session from elsewhere, such as [`Control::stop`] from another thread.
    pub fn control(&self) -> Control {
        self.session.control()
    }
}

impl Iterator for Session {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.runtime.block_on(self.session.next())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A program that ends right after this has to have sent Terminate: an open connection is billed. If the service
        // does not answer in time, nothing more can be done.
        self.runtime.block_on(async { timeout(DROP_LIMIT, self.session.control().abort()).await }).ok();
    }
}

impl Sink {
    /// Sends samples, and blocks while 2 s of audio are on their way.
    ///
    /// # Errors
    /// If the session has ended.
    pub fn send(&self, samples: &[i16]) -> Result<(), crate::SinkClosed> {
        futures_util::future::FutureExt::now_or_never(self.sink.send(samples))
            .unwrap_or_else(|| self.handle.block_on(self.sink.send(samples)))
    }
}
