//! A server that passes a client's audio on and sends back what is said: binary messages of 16 kHz, 16-bit samples to
//! `ws://127.0.0.1:3000/`, or to the address that is named, text messages from it. A text message to it ends the audio.

use assemblyai_streaming::{Client, Event};
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::StreamExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let router = Router::new().route("/", get(upgrade)).with_state(client);
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("ws://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn upgrade(State(client): State<Client>, socket: WebSocketUpgrade) -> Response {
    socket.on_upgrade(|socket| relay(client, socket))
}

/// Ends with either side: a session that is dropped ends its connection.
async fn relay(client: Client, mut socket: WebSocket) {
    let (sink, mut session) = client.start();
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    let samples: Vec<i16> =
                        bytes.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect();
                    // Audio that comes faster than real time is dropped, and reported as a gap.
                    sink.try_send(&samples).ok();
                }
                Some(Ok(Message::Text(_))) => session.control().stop(),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            event = session.next() => match event {
                Some(Event::Turn(turn)) if turn.is_final => {
                    if socket.send(Message::text(turn.text)).await.is_err() {
                        return;
                    }
                }
                Some(_) => {}
                None => return,
            },
        }
    }
}
