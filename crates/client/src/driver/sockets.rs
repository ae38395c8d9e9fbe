use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use assemblyai_session::{AudioEncoder, ConnectionId, SortedVecMap};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use super::Input;
use super::socket::{self, Queue};
use crate::endpoint::Opening;

/// The WebSockets of a session, each in a task of its own.
pub(super) struct Sockets {
    opening: Opening,
    inputs: mpsc::UnboundedSender<Input>,
    open: SortedVecMap<ConnectionId, Open>,
    tasks: JoinSet<()>,
}

struct Open {
    messages: mpsc::UnboundedSender<Message>,
    queued_bytes: Arc<AtomicU32>,
    encoder: AudioEncoder,
    /// Dropping it limits how long the task may still send.
    _closing: oneshot::Sender<()>,
}

impl Sockets {
    pub(super) fn new(opening: Opening, inputs: mpsc::UnboundedSender<Input>) -> Self {
        Self { opening, inputs, open: SortedVecMap::default(), tasks: JoinSet::new() }
    }

    pub(super) fn open(&mut self, connection: ConnectionId, url: String) {
        let encoder = AudioEncoder::for_url(&url);
        let (messages, received) = mpsc::unbounded_channel();
        let queued_bytes = Arc::new(AtomicU32::new(0));
        let (closing, closed) = oneshot::channel();
        let queue = Queue { messages: received, queued_bytes: queued_bytes.clone(), closed };
        self.tasks.spawn(socket::run(connection, self.opening.clone(), url, queue, self.inputs.clone()));
        self.open.insert(connection, Open { messages, queued_bytes, encoder, _closing: closing });
    }

    pub(super) fn send_audio(&mut self, connection: ConnectionId, frame: &[i16]) {
        if let Some(open) = self.open.get_mut(connection) {
            let bytes = open.encoder.encode(frame);
            open.queued_bytes.fetch_add(bytes.len() as u32, Ordering::Relaxed);
            // Fails if the socket has closed, which it reports.
            open.messages.send(Message::binary(bytes)).ok();
        }
    }

    pub(super) fn send_text(&mut self, connection: ConnectionId, text: String) {
        if let Some(open) = self.open.get(connection) {
            // Fails if the socket has closed, which it reports.
            open.messages.send(Message::text(text)).ok();
        }
    }

    /// Closes a socket once it has sent what it was given, or after a second.
    pub(super) fn close(&mut self, connection: ConnectionId) {
        self.open.remove(connection);
    }

    /// The bytes that a socket has not passed on, as 16-bit samples at 16 kHz.
    pub(super) fn buffered_bytes(&self, connection: ConnectionId) -> u32 {
        self.open
            .get(connection)
            .map_or(0, |open| open.encoder.captured_bytes(open.queued_bytes.load(Ordering::Relaxed)))
    }

    /// Waits until all sockets are closed, which takes a second at most.
    pub(super) async fn closed(&mut self) {
        self.open = SortedVecMap::default();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        // The tasks end by themselves, once they have sent Terminate.
        self.tasks.detach_all();
    }
}
