use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use assemblyai_protocol::{ClientMessage, parse};
use assemblyai_session::ConnectionId;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::Input;
use crate::endpoint::Opening;
use crate::net::{Socket, Unopened};

/// How long a closed socket may take to send what it was given and to say goodbye.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Messages on their way to a socket.
pub(super) struct Queue {
    pub(super) messages: mpsc::UnboundedReceiver<Message>,
    /// The bytes of audio that were not passed to the system.
    pub(super) queued_bytes: Arc<AtomicU32>,
    /// Ends when there will be no more messages.
    pub(super) closed: oneshot::Receiver<()>,
}

/// Opens a socket, sends and receives until it is closed, and reports what comes.
pub(super) async fn run(
    connection: ConnectionId,
    opening: Opening,
    url: String,
    mut queue: Queue,
    inputs: mpsc::UnboundedSender<Input>,
) {
    let report = |input: Input| {
        // Fails if the session has ended.
        inputs.send(input).ok();
    };
    let connecting = opening.connector.open(&url, opening.endpoint.authorization());
    tokio::pin!(connecting);
    let opened = tokio::select! {
        opened = &mut connecting => opened,
        // Nothing is sent before the socket is open: the session does not want it any more.
        _ = queue.messages.recv() => {
            // A service that does not answer in time is left.
            timeout(CLOSE_LIMIT, abandon(connecting)).await.ok();
            return;
        }
    };
    let socket = match opened {
        Ok(socket) => socket,
        Err(unopened) => return report(Input::Closed(connection, unopened.code, unopened.reason)),
    };
    let (mut sink, mut stream) = socket.split();
    let closed = {
        let receiving = receive(connection, &mut stream, report);
        let sending = send(&mut sink, &mut queue.messages, &queue.queued_bytes);
        tokio::pin!(receiving);
        tokio::select! {
            closed = &mut receiving => Some(closed),
            sent = sending => match sent {
                Ok(()) => None,
                // A failed write also ends the reading, which knows the close code.
                Err(_) => Some(timeout(CLOSE_LIMIT, receiving).await.unwrap_or((1006, String::new()))),
            },
            // The socket is dead: it does not take what it was given.
            () = too_long(queue.closed) => return,
        }
    };
    match closed {
        Some((code, reason)) => report(Input::Closed(connection, code, reason)),
        None => {
            // A service that does not answer in time is left.
            timeout(CLOSE_LIMIT, say_goodbye(&mut sink, &mut stream)).await.ok();
        }
    }
}

/// Ends what the service may have opened already: until it ends it is billed.
async fn abandon(connecting: impl Future<Output = Result<Socket, Unopened>>) {
    if let Ok(socket) = connecting.await {
        let (mut sink, mut stream) = socket.split();
        if sink.send(Message::text(ClientMessage::Terminate.to_json())).await.is_ok() {
            say_goodbye(&mut sink, &mut stream).await;
        }
    }
}

/// Waits until a closed socket has had its time.
async fn too_long(closed: oneshot::Receiver<()>) {
    // Fails if the sender was dropped, which says the same.
    closed.await.ok();
    sleep(CLOSE_LIMIT).await;
}

/// Sends messages until there will be no more.
async fn send(
    sink: &mut SplitSink<Socket, Message>,
    messages: &mut mpsc::UnboundedReceiver<Message>,
    queued_bytes: &AtomicU32,
) -> Result<(), WsError> {
    while let Some(message) = messages.recv().await {
        let bytes = if message.is_binary() { message.len() as u32 } else { 0 };
        sink.send(message).await?;
        queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
    Ok(())
}

/// Reports messages until the socket closes; returns why.
async fn receive(
    connection: ConnectionId,
    stream: &mut SplitStream<Socket>,
    report: impl Fn(Input),
) -> (u16, String) {
    while let Some(message) = stream.next().await {
        let text = match message {
            Ok(Message::Text(text)) => text.to_string(),
            // A proxy may have turned a text into a binary message.
            Ok(Message::Binary(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Ok(Message::Close(Some(frame))) => return (frame.code.into(), frame.reason.to_string()),
            Ok(Message::Close(None)) => return (1005, String::new()),
            Ok(_) => continue,
            Err(error) => return (1006, reason(&error)),
        };
        // A message that cannot be read is no reason to end the session. It may contain speech, so it is not logged.
        if let Ok(message) = parse(&text) {
            report(Input::Received(connection, message));
        }
    }
    (1006, String::new())
}

/// Closes the socket and waits for the other side to do the same.
async fn say_goodbye(sink: &mut SplitSink<Socket, Message>, stream: &mut SplitStream<Socket>) {
    let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    if sink.send(Message::Close(Some(frame))).await.is_ok() {
        while let Some(Ok(_)) = stream.next().await {}
    }
}

fn reason(error: &WsError) -> String {
    match error {
        WsError::ConnectionClosed | WsError::AlreadyClosed => String::new(),
        error => error.to_string(),
    }
}
