use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt as _};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::audio::{AudioSink, AudioSource, Part};
use crate::endpoint::Opening;
use crate::event_queue::EventQueue;
use crate::status::Status;
use crate::{Error, Event, StreamingParameters, Summary};

/// What a program asks of its session.
#[derive(Debug)]
pub(crate) enum Command {
    /// End the current turn.
    ForceEndpoint,
    /// Send this change of parameters.
    Configure(String),
    /// Finish.
    Finish,
    /// End now: what was not sent is lost.
    Abort,
    /// The audio source failed: finish, and report it.
    AudioFailed(String),
}

/// A running session: a [`Stream`] of [`Event`]s.
///
/// Dropping it ends the session at once; [`Session::finish`] waits for the last words.
#[derive(Debug)]
pub struct Session {
    events: EventQueue,
    control: Control,
    feeder: Option<JoinHandle<()>>,
    /// Ends the session when it is dropped.
    _alive: mpsc::Sender<()>,
}

/// Controls a session from anywhere; clones control the same one.
#[derive(Clone)]
pub struct Control {
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    pub(crate) opening: Opening,
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) ended: watch::Receiver<Option<Summary>>,
}

impl Session {
    pub(crate) fn new(events: EventQueue, control: Control, alive: mpsc::Sender<()>) -> Self {
        Self { events, control, feeder: None, _alive: alive }
    }

    /// Sends a source's audio to its end.
    pub(crate) fn fed_by(mut self, mut source: AudioSource, sink: AudioSink) -> Self {
        let commands = self.control.commands.clone();
        self.feeder = Some(tokio::spawn(async move {
            loop {
                let part = tokio::select! {
                    biased;
                    // What comes later belongs to no session: nothing is shown of it.
                    () = sink.closed() => return,
                    part = source.next() => part,
                };
                let Some(part) = part else { return };
                match part {
                    Ok(Part::Samples(samples)) if sink.send(&samples).await.is_ok() => {}
                    Ok(Part::Samples(_)) => return,
                    Ok(Part::Lost(samples)) => sink.lose(samples),
                    Err(error) => {
                        // Fails once the session has ended.
                        commands.send(Command::AudioFailed(error.to_string())).ok();
                        return;
                    }
                }
            }
        }));
        self
    }

    /// A handle that controls this session from elsewhere.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// The state now.
    pub fn status(&self) -> Status {
        self.control.status()
    }

    /// Ends the current turn now, whatever the service's turn detection decides.
    pub fn force_endpoint(&self) {
        self.control.force_endpoint();
    }

    /// See [`Control::update_configuration`].
    ///
    /// # Errors
    /// Those of [`Control::update_configuration`].
    pub fn update_configuration(&self, parameters: StreamingParameters) -> Result<(), Error> {
        self.control.update_configuration(parameters)
    }

    /// See [`Control::finish`].
    pub async fn finish(&self) -> Summary {
        self.control.finish().await
    }
}

impl Stream for Session {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.poll_next(context)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(feeder) = &self.feeder {
            feeder.abort();
        }
    }
}

impl Control {
    /// Ends the current turn now, whatever the service's turn detection decides.
    pub fn force_endpoint(&self) {
        self.send(Command::ForceEndpoint);
    }

    /// Changes parameters for the audio that follows. Parameters that are not set any more keep their last value, except
    /// for lists and texts, which are cleared.
    ///
    /// # Errors
    /// If a value is not allowed, or the change needs a new session.
    pub fn update_configuration(&self, parameters: StreamingParameters) -> Result<(), Error> {
        let update = self.opening.update(parameters)?;
        self.send(Command::Configure(
            assemblyai_protocol::ClientMessage::UpdateConfiguration(update).to_json(),
        ));
        Ok(())
    }

    /// Begins to finish, as [`Self::finish`] does, without waiting for it: [`Event::Ended`] says when it is done.
    pub fn stop(&self) {
        self.send(Command::Finish);
    }

    /// Takes no more audio, sends what was taken, waits for the last words and ends the session; returns how it ended.
    /// Events that were not read can still be read afterwards.
    ///
    /// It takes about a second with a good connection, and at most the limit of
    /// [`ClientBuilder::finish_limit`](crate::ClientBuilder::finish_limit). Calling it again, or cancelling it, does no
    /// harm.
    pub async fn finish(&self) -> Summary {
        self.send(Command::Finish);
        self.ended().await
    }

    /// Ends the session at once: audio that was not sent and words that were not received are lost.
    pub async fn abort(&self) -> Summary {
        self.send(Command::Abort);
        self.ended().await
    }

    /// Waits for the end of the session.
    pub async fn ended(&self) -> Summary {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(summary) => summary.clone().unwrap_or_else(Summary::cut_off),
            Err(_) => Summary::cut_off(),
        }
    }

    /// The state now.
    pub fn status(&self) -> Status {
        *self.status.borrow()
    }

    fn send(&self, command: Command) {
        // Fails once the session has ended, which its last event says.
        self.commands.send(command).ok();
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("status", &self.status()).finish_non_exhaustive()
    }
}
