use std::cell::RefCell;
use std::rc::Rc;

use assemblyai_protocol::Token;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, RequestInit, Response};

use super::Inbox;
use super::dom::DemoNote;
use super::json::Json;
use crate::config::PageConfig;
use crate::failure::TokenFailure;
use crate::ports::Tokens;
use crate::session::{ConnectionId, Input};

/// Calls of the server that the page came from.
pub(crate) struct BrowserTokens {
    inbox: Inbox,
    call: Option<Call>,
    config: Rc<RefCell<Option<Answer>>>,
    demo_note: DemoNote,
}

/// The answer of `GET /config`: as text, and what the page reads of it.
type Answer = (String, PageConfig);

/// Is aborted when it is dropped.
struct Call {
    connection: ConnectionId,
    abort: AbortController,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

impl BrowserTokens {
    /// Asks for the configuration at once: the user should know of a demo before speaking.
    pub(crate) fn new(inbox: &Inbox, demo_note: DemoNote) -> Self {
        let config = Rc::new(RefCell::new(None));
        let (kept, note) = (config.clone(), demo_note.clone());
        spawn_local(async move {
            // Where this fails, the next Record asks again, and says what is wrong.
            let _ = configuration(&kept, &note, None).await;
        });
        Self { inbox: inbox.clone(), call: None, config, demo_note }
    }

    /// The answer of `GET /config`, or an empty text where there is none yet.
    pub(crate) fn config(&self) -> String {
        self.config.borrow().as_ref().map(|(text, _)| text.clone()).unwrap_or_default()
    }
}

impl Tokens for BrowserTokens {
    fn request(&mut self, connection: ConnectionId) {
        let Ok(abort) = AbortController::new() else {
            self.inbox.put(Input::TokenRefused(connection, TokenFailure::Unreachable));
            return;
        };
        let (inbox, config, note) = (self.inbox.clone(), self.config.clone(), self.demo_note.clone());
        let signal = abort.signal();
        self.call = Some(Call { connection, abort });
        spawn_local(async move {
            let input = match socket_url(&config, &note, &signal).await {
                Ok(url) => Input::TokenGranted(connection, url),
                Err(failure) => Input::TokenRefused(connection, failure),
            };
            inbox.put(input);
        });
    }

    fn abandon(&mut self, connection: ConnectionId) {
        self.call.take_if(|call| call.connection == connection);
    }
}

async fn socket_url(
    config: &RefCell<Option<Answer>>,
    note: &DemoNote,
    signal: &web_sys::AbortSignal,
) -> Result<String, TokenFailure> {
    let config = configuration(config, note, Some(signal)).await?;
    let body = get("token", Some(signal)).await?;
    let token = Json::parse(&body).and_then(|json| Token::read(&json)).ok_or(TokenFailure::Unreadable)?;
    let origin = web_sys::window().and_then(|window| window.location().origin().ok());
    Ok(config.socket_url(&origin.unwrap_or_default(), &token))
}

/// The server's configuration, asked for once.
async fn configuration(
    kept: &RefCell<Option<Answer>>,
    note: &DemoNote,
    signal: Option<&web_sys::AbortSignal>,
) -> Result<PageConfig, TokenFailure> {
    if let Some((_, config)) = kept.borrow().clone() {
        return Ok(config);
    }
    let body = get("config", signal).await?;
    let config =
        Json::parse(&body).and_then(|json| PageConfig::read(&json)).ok_or(TokenFailure::Unreadable)?;
    note.show(config.demo);
    kept.replace(Some((body, config.clone())));
    Ok(config)
}

/// The body of a good answer.
async fn get(path: &str, signal: Option<&web_sys::AbortSignal>) -> Result<String, TokenFailure> {
    let window = web_sys::window().ok_or(TokenFailure::Unreachable)?;
    let init = RequestInit::new();
    init.set_signal(signal);
    let answer = JsFuture::from(window.fetch_with_str_and_init(path, &init)).await;
    let response: Response = answer.map_err(|_| TokenFailure::Unreachable)?.unchecked_into();
    if !response.ok() {
        let retry_after = response.headers().get("retry-after").ok().flatten();
        let seconds = retry_after.and_then(|seconds| seconds.parse().ok());
        return Err(TokenFailure::Status(response.status(), seconds));
    }
    let text = response.text().map_err(|_| TokenFailure::Unreadable)?;
    let text = JsFuture::from(text).await.map_err(|_| TokenFailure::Unreachable)?;
    text.as_string().ok_or(TokenFailure::Unreadable)
}
