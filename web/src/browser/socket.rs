use assemblyai_protocol::{ParseError, Signal, read_message};
use js_sys::{ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::Inbox;
use super::json::Json;
use crate::ports::Sockets;
use crate::session::{ConnectionId, Input};
use assemblyai_session::AudioEncoder;
use assemblyai_session::SortedVecMap;
use transcription_dom::Listener;

/// The browser's WebSockets.
pub(crate) struct BrowserSockets {
    inbox: Inbox,
    open: SortedVecMap<ConnectionId, BrowserSocket>,
}

/// Closes when it is dropped; its listeners go first, so that nothing more is heard.
struct BrowserSocket {
    listeners: Vec<Listener>,
    socket: WebSocket,
    wire: AudioEncoder,
}

impl BrowserSockets {
    pub(crate) fn new(inbox: &Inbox) -> Self {
        Self { inbox: inbox.clone(), open: SortedVecMap::default() }
    }
}

impl Sockets for BrowserSockets {
    fn open(&mut self, connection: ConnectionId, url: &str) {
        // Firefox and WebKit throw here where a content security policy forbids the address.
        let Ok(socket) = WebSocket::new(url) else {
            let reason = "the browser refused to open the address".to_owned();
            self.inbox.put(Input::Closed(connection, 1006, reason));
            return;
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (message, close) = (self.inbox.clone(), self.inbox.clone());
        let listeners = vec![
            Listener::new(&socket, "message", move |event| {
                let data = event.unchecked_into::<MessageEvent>().data();
                let read = Json::parse(&text(&data)).ok_or(ParseError::NotAnObject);
                match read.and_then(|json| read_message(&json)) {
                    Ok(received) => message.put(Input::Received(connection, received)),
                    // The session goes on without it; the text may hold what somebody said, so it is not shown.
                    Err(error) => web_sys::console::warn_1(&error.to_string().into()),
                }
            }),
            Listener::new(&socket, "close", move |event| {
                let event = event.unchecked_into::<CloseEvent>();
                close.put(Input::Closed(connection, event.code(), event.reason()));
            }),
        ];
        self.open.insert(connection, BrowserSocket { listeners, socket, wire: AudioEncoder::for_url(url) });
    }

    fn send_audio(&mut self, connection: ConnectionId, frame: &[i16]) {
        // Also for a socket that is closing: what a wire is given is counted.
        let Some(bytes) = self.open.get_mut(connection).map(|open| open.wire.encode(frame)) else { return };
        self.with_open(connection, |socket| socket.send_with_u8_array(&bytes));
    }

    fn send_message(&mut self, connection: ConnectionId, message: Signal) {
        self.with_open(connection, |socket| socket.send_with_str(message.to_json()));
    }

    fn send_text(&mut self, connection: ConnectionId, message: &str) {
        self.with_open(connection, |socket| socket.send_with_str(message));
    }

    fn close(&mut self, connection: ConnectionId) {
        self.open.remove(connection);
    }

    fn buffered_bytes(&self, connection: ConnectionId) -> u32 {
        self.open.get(connection).map_or(0, |open| open.wire.captured_bytes(open.socket.buffered_amount()))
    }
}

impl BrowserSockets {
    /// A socket that is closing takes data and drops it without a word: the close event tells, here nothing is
    /// sent.
    fn with_open(&self, connection: ConnectionId, send: impl FnOnce(&WebSocket) -> Result<(), JsValue>) {
        if let Some(BrowserSocket { socket, .. }) = self.open.get(connection)
            && socket.ready_state() == WebSocket::OPEN
        {
            // Throws only while the socket is connecting.
            let _ = send(socket);
        }
    }
}

impl Drop for BrowserSocket {
    fn drop(&mut self) {
        self.listeners.clear();
        // Throws only for codes other than 1000 and 3000 to 4999.
        let _ = self.socket.close_with_code(1000);
    }
}

/// The text of a message; a proxy may have made a binary one of it.
fn text(data: &JsValue) -> String {
    if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
        return String::from_utf8_lossy(&Uint8Array::new(buffer).to_vec()).into_owned();
    }
    data.dyn_ref::<JsString>().map(String::from).unwrap_or_default()
}
