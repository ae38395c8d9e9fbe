use std::cell::RefCell;
use std::rc::Rc;

use assemblyai_protocol::{JsonValue, Token};
use transcription_common::{
    CONNECTION_KEY, ConnectionChoice, RETENTION_KEY, SETTINGS_KEY, STANDBY, SavedConnection, retention_days,
};
use transcription_dom::{find, storage};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal, RequestInit, RequestRedirect, Response};

use super::json::Json;
use super::tools::Loader;
use super::view::ServerInfo;
use super::{EventQueue, spawn};
use crate::config::{self, PageConfig};
use crate::event::Event;
use crate::failure::TokenFailure;
use crate::ports::Tokens;
use crate::recovery::RecoveryEvent;
use crate::session::{ConnectionId, Input};

/// The status of an answer that is a redirect (Fetch, 3.2.6: an opaque-redirect filtered response).
const REDIRECTED: u16 = 0;

/// Calls of the server that the page came from.
pub(crate) struct BrowserTokens {
    queue: EventQueue,
    call: Option<Call>,
    server: Server,
}

/// What the page knows of its server.
#[derive(Clone)]
struct Server {
    config: Rc<RefCell<Option<Answer>>>,
    info: ServerInfo,
    tools: Loader,
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
    pub(crate) fn new(queue: &EventQueue, server_info: ServerInfo, tools: Loader) -> Self {
        let server = Server { config: Rc::default(), info: server_info, tools };
        let (asked, queue_of_task) = (server.clone(), queue.clone());
        spawn(async move {
            // If this fails, the next Record asks again and reports the failure.
            let allowed = asked.configuration(None).await.ok().and_then(|(_, config)| config.retention_days);
            let wanted =
                storage::get(RETENTION_KEY).and_then(|days| days.parse::<u64>().ok()?.try_into().ok());
            queue_of_task.put(RecoveryEvent::KeepFinishedFor(retention_days(wanted, allowed)));
        });
        Self { queue: queue.clone(), call: None, server }
    }

    /// The answer of `GET /config`, or an empty text where there is none yet.
    pub(crate) fn config(&self) -> String {
        self.server.config.borrow().as_ref().map(|(text, _)| text.clone()).unwrap_or_default()
    }
}

impl Tokens for BrowserTokens {
    fn request(&mut self, connection: ConnectionId) {
        let Ok(abort) = AbortController::new() else {
            self.queue.put(Input::TokenRefused(connection, TokenFailure::Unreachable));
            return;
        };
        let (queue, server) = (self.queue.clone(), self.server.clone());
        let signal = abort.signal();
        self.call = Some(Call { connection, abort });
        spawn(async move {
            let input = match server.socket_url(&signal, &queue).await {
                Ok(url) => Input::TokenGranted(connection, url),
                Err(failure) => Input::TokenRefused(connection, failure),
            };
            queue.put(input);
        });
    }

    fn abandon(&mut self, connection: ConnectionId) {
        self.call.take_if(|call| call.connection == connection);
    }
}

impl Server {
    async fn socket_url(&self, signal: &AbortSignal, queue: &EventQueue) -> Result<String, TokenFailure> {
        let (answer, config) = self.configuration(Some(signal)).await?;
        let choice = self.choice(&answer, &config).await?;
        let (path, websocket_url) = config::endpoint(&config, choice.as_ref());
        let standby_after_s = config::standby_after_s(&config, websocket_url, chosen_standby_s());
        queue.put(Event::Service(standby_after_s, config.local_model.is_some()));
        let body = get(&path, Some(signal)).await?;
        let token = Json::parse(&body).and_then(|json| Token::read(&json)).ok_or(TokenFailure::Unreadable)?;
        // The link leads to this page: its address without a query.
        let base = find("#sign-in a").and_then(|link| transcription_dom::get(&link, "href").as_string());
        Ok(token.socket_url(websocket_url, &base.unwrap_or_default()))
    }

    /// The server's configuration, asked for once.
    async fn configuration(&self, signal: Option<&AbortSignal>) -> Result<Answer, TokenFailure> {
        if let Some(known) = self.config.borrow().clone() {
            return Ok(known);
        }
        let body = get("config", signal).await?;
        let config =
            Json::parse(&body).and_then(|json| PageConfig::read(&json)).ok_or(TokenFailure::Unreadable)?;
        self.info.show(&config);
        self.config.replace(Some((body.clone(), config.clone())));
        Ok((body, config))
    }

    /// The user's choice of a connection, if there is one. If the stored one was worked out for another answer of the
    /// server, perhaps by another tab, the tools work it out again. It must not be ignored: where speech is processed, the
    /// region, may be a matter of law.
    async fn choice(
        &self,
        answer: &str,
        config: &PageConfig,
    ) -> Result<Option<ConnectionChoice>, TokenFailure> {
        if !config.allow_client_parameters || storage::get(SETTINGS_KEY).is_none() {
            return Ok(None);
        }
        let saved = || {
            let saved = SavedConnection::read(&Json::parse(&storage::get(CONNECTION_KEY)?)?)?;
            (saved.config == answer).then_some(saved.choice)
        };
        if let Some(choice) = saved() {
            return Ok(choice);
        }
        if !self.tools.update_connection().await {
            return Err(TokenFailure::Unreachable);
        }
        Ok(saved().flatten())
    }
}

/// The user's choice of a time of standby, in seconds.
fn chosen_standby_s() -> Option<u32> {
    let settings = Json::parse(&storage::get(SETTINGS_KEY)?)?;
    Some(settings.field(STANDBY)?.number()? as u32)
}

/// The body of a good answer.
async fn get(path: &str, signal: Option<&AbortSignal>) -> Result<String, TokenFailure> {
    let window = web_sys::window().ok_or(TokenFailure::Unreachable)?;
    let init = RequestInit::new();
    init.set_signal(signal);
    // A proxy's login page is on another site, where a redirect would fail as if there were no network.
    init.set_redirect(RequestRedirect::Manual);
    let answer = JsFuture::from(window.fetch_with_str_and_init(path, &init)).await;
    let response: Response = answer.map_err(|_| TokenFailure::Unreachable)?.unchecked_into();
    if response.status() == REDIRECTED {
        return Err(TokenFailure::Unreadable);
    }
    if !response.ok() {
        let retry_after = response.headers().get("retry-after").ok().flatten();
        let seconds = retry_after.and_then(|seconds| seconds.parse::<u64>().ok()?.try_into().ok());
        return Err(TokenFailure::Status(response.status(), seconds));
    }
    let text = response.text().map_err(|_| TokenFailure::Unreadable)?;
    let text = JsFuture::from(text).await.map_err(|_| TokenFailure::Unreachable)?;
    text.as_string().ok_or(TokenFailure::Unreadable)
}
