use assemblyai_protocol::{ParseError, Signal, read_message};
use assemblyai_session::{AudioEncoder, SortedVecMap};
use js_sys::{ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::EventQueue;
use super::json::Json;
use crate::ports::Sockets;
use crate::session::{ConnectionId, Input};
use transcription_dom::{Listener, WarnOnError};

/// The browser's WebSockets.
pub(crate) struct BrowserSockets {
    queue: EventQueue,
    open: SortedVecMap<ConnectionId, BrowserSocket>,
}

/// A socket that is closed when it is dropped. Its listeners are removed first, so that no event of it arrives later.
struct BrowserSocket {
    listeners: Vec<Listener>,
    socket: WebSocket,
    encoder: AudioEncoder,
}

impl BrowserSockets {
    pub(crate) fn new(queue: &EventQueue) -> Self {
        Self { queue: queue.clone(), open: SortedVecMap::default() }
    }
}

impl Sockets for BrowserSockets {
    fn open(&mut self, connection: ConnectionId, url: &str) {
        // Firefox and WebKit throw here if a content security policy forbids the address.
        let Ok(socket) = WebSocket::new(url) else {
            let reason = "the browser refused to open the address".to_owned();
            self.queue.put(Input::Closed(connection, 1006, reason));
            return;
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (message, close) = (self.queue.clone(), self.queue.clone());
        let listeners = vec![
            Listener::new(&socket, "message", move |event| {
                let data = event.unchecked_into::<MessageEvent>().data();
                let read = Json::parse(&text(&data)).ok_or(ParseError::NotAnObject);
                match read.and_then(|json| read_message(&json)) {
                    Ok(received) => message.put(Input::Received(connection, received)),
                    // The session continues without it. The message itself may contain speech, so it is not logged.
                    Err(error) => web_sys::console::warn_1(&error.to_string().into()),
                }
            }),
            Listener::new(&socket, "close", move |event| {
                let event = event.unchecked_into::<CloseEvent>();
                close.put(Input::Closed(connection, event.code(), event.reason()));
            }),
        ];
        self.open
            .insert(connection, BrowserSocket { listeners, socket, encoder: AudioEncoder::for_url(url) });
    }

    fn send_audio(&mut self, connection: ConnectionId, frame: &[i16]) {
        // Also for a socket that is closing: the encoder counts what it is given.
        let Some(bytes) = self.open.get_mut(connection).map(|open| open.encoder.encode(frame)) else {
            return;
        };
        self.send(connection, |socket| socket.send_with_u8_array(&bytes));
    }

    fn send_message(&mut self, connection: ConnectionId, message: Signal) {
        self.send(connection, |socket| socket.send_with_str(message.to_json()));
    }

    fn send_text(&mut self, connection: ConnectionId, message: &str) {
        self.send(connection, |socket| socket.send_with_str(message));
    }

    fn close(&mut self, connection: ConnectionId) {
        self.open.remove(connection);
    }

    fn buffered_bytes(&self, connection: ConnectionId) -> u32 {
        self.open.get(connection).map_or(0, |open| open.encoder.captured_bytes(open.socket.buffered_amount()))
    }
}

impl BrowserSockets {
    /// Sends over a socket that is open. One that is closing would drop the data silently; its close event follows.
    fn send(&self, connection: ConnectionId, send: impl FnOnce(&WebSocket) -> Result<(), JsValue>) {
        if let Some(BrowserSocket { socket, .. }) = self.open.get(connection)
            && socket.ready_state() == WebSocket::OPEN
        {
            send(socket).warn_on_error();
        }
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        self.listeners.clear();
        self.socket.close_with_code(1000).warn_on_error();
    }
}

/// The text of a message; a proxy may have turned it into a binary one.
fn text(data: &JsValue) -> String {
    if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
        return String::from_utf8(Uint8Array::new(buffer).to_vec()).unwrap_or_default();
    }
    data.dyn_ref::<JsString>().map(String::from).unwrap_or_default()
}
