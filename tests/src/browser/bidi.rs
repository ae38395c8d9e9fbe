//! A small client of WebDriver `BiDi` (W3C), which Firefox supports without a driver.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The longest that a command may take; scripts in the page take much less.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum BidiError {
    /// The connection could not be opened, or was lost.
    #[error("the browser cannot be reached")]
    Unreachable(#[from] tungstenite::Error),
    /// The browser did not answer: it hangs or has ended.
    #[error("the browser did not answer {command}")]
    Unanswered {
        /// The command.
        command: String,
    },
    /// The browser refused the command, or a script threw an exception.
    #[error("{command}: {message}")]
    Refused {
        /// The command.
        command: String,
        /// The browser's error message.
        message: String,
    },
}

/// State that the commands share with the task that reads messages.
#[derive(Debug, Default)]
struct Shared {
    /// Commands that wait for an answer, by id.
    pending: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    /// The events since the last call of [`Bidi::events`].
    events: Mutex<Vec<Value>>,
}

/// A session with a browser, with its tabs.
#[derive(Debug)]
pub(super) struct Bidi {
    sink: tokio::sync::Mutex<SplitSink<Socket, Message>>,
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
    next_id: AtomicU64,
    /// Commands go to the last tab.
    tabs: Mutex<Vec<String>>,
}

impl Drop for Bidi {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Bidi {
    /// Connects to the browser at `url` and subscribes to `events`.
    pub(super) async fn connect(url: &str, capabilities: Value, events: &[&str]) -> Result<Self, BidiError> {
        let (socket, _) = tokio_tungstenite::connect_async(format!("{url}/session")).await?;
        let (sink, mut stream) = socket.split();
        let shared = Arc::new(Shared::default());
        let received = shared.clone();
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message {
                    received.on_message(serde_json::from_str(&text).unwrap_or_default());
                }
            }
            // Dropping the senders fails the pending commands: no answer will come.
            lock(&received.pending).clear();
        });
        let sink = tokio::sync::Mutex::new(sink);
        let bidi = Self { sink, shared, reader, next_id: AtomicU64::new(1), tabs: Mutex::default() };
        bidi.send("session.new", json!({"capabilities": {"alwaysMatch": capabilities}})).await?;
        bidi.send("session.subscribe", json!({"events": events})).await?;
        let tree = bidi.send("browsingContext.getTree", json!({})).await?;
        lock(&bidi.tabs).push(tree["contexts"][0]["context"].as_str().unwrap_or_default().to_owned());
        Ok(bidi)
    }

    /// Sends a command to the current tab.
    pub(super) async fn to_tab(&self, command: &str, mut parameters: Value) -> Result<Value, BidiError> {
        parameters["context"] = json!(self.tab());
        self.send(command, parameters).await
    }

    /// Sets the viewport's size, in CSS pixels, and the number of screen pixels for each; `None`: the
    /// screen's own.
    pub(super) async fn set_viewport(
        &self,
        width: u32,
        height: u32,
        pixel_ratio: Option<f64>,
    ) -> Result<(), BidiError> {
        let viewport =
            json!({"viewport": {"width": width, "height": height}, "devicePixelRatio": pixel_ratio});
        self.to_tab("browsingContext.setViewport", viewport).await.map(drop)
    }

    /// Opens another tab and switches to it.
    pub(super) async fn open_tab(&self) -> Result<(), BidiError> {
        let other = self.send("browsingContext.create", json!({"type": "tab"})).await?;
        lock(&self.tabs).push(other["context"].as_str().unwrap_or_default().to_owned());
        Ok(())
    }

    /// Closes the current tab and switches to the one before.
    pub(super) async fn close_tab(&self) -> Result<(), BidiError> {
        self.to_tab("browsingContext.close", json!({})).await?;
        lock(&self.tabs).pop();
        Ok(())
    }

    fn tab(&self) -> String {
        lock(&self.tabs).last().cloned().unwrap_or_default()
    }

    /// Runs the body of a JavaScript function and returns its result as JSON.
    pub(super) async fn eval(&self, script: &str) -> Result<Value, BidiError> {
        // As a JSON string: BiDi's own serialization of values wraps each in its type.
        let function = format!("async () => JSON.stringify(await (function () {{ {script}\n }})())");
        let parameters = json!({
            "functionDeclaration": function,
            "target": {"context": self.tab()},
            "awaitPromise": true,
        });
        let command = "script.callFunction";
        let answer = self.send(command, parameters).await?;
        if answer["type"] == "exception" {
            let message = answer["exceptionDetails"]["text"].to_string();
            return Err(BidiError::Refused { command: command.to_owned(), message });
        }
        // `JSON.stringify(undefined)` is `undefined`, not a string.
        let text = answer["result"]["value"].as_str().unwrap_or("null");
        Ok(serde_json::from_str(text).unwrap_or_default())
    }

    /// The events since the last call.
    pub(super) fn events(&self) -> Vec<Value> {
        std::mem::take(&mut *lock(&self.shared.events))
    }

    /// Sends a command and waits for its answer.
    pub(super) async fn send(&self, command: &str, parameters: Value) -> Result<Value, BidiError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (answered, answer) = oneshot::channel();
        lock(&self.shared.pending).insert(id, answered);
        let message = json!({"id": id, "method": command, "params": parameters}).to_string();
        self.sink.lock().await.send(Message::text(message)).await?;
        let Ok(Ok(answer)) = tokio::time::timeout(COMMAND_LIMIT, answer).await else {
            return Err(BidiError::Unanswered { command: command.to_owned() });
        };
        if answer["type"] == "error" {
            let message = format!("{}: {}", answer["error"], answer["message"]);
            return Err(BidiError::Refused { command: command.to_owned(), message });
        }
        Ok(answer["result"].clone())
    }
}

impl Shared {
    fn on_message(&self, message: Value) {
        match message["id"].as_u64() {
            Some(id) => {
                if let Some(pending) = lock(&self.pending).remove(&id) {
                    // The receiver is gone if the command timed out.
                    pending.send(message).ok();
                }
            }
            None => lock(&self.events).push(message),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
