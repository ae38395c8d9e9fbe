//! `GET /config`: where the page opens its socket and with which parameters, standby, and how long recordings are kept.

mod settings;

use std::sync::Arc;

use assemblyai_protocol::StreamingParameters;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use local_speech::ModelSize;
use serde::Serialize;

pub use self::settings::PageSettings;
use crate::assemblyai::AssemblyAiSettings;
use crate::local::LocalModelSize;

/// The response of `GET /config`. The page reads it as [`PageConfig`](assemblyai_protocol::PageConfig), the settings panel
/// as `ServerConfig` (`web/tools/src/settings/server_config.rs`).
#[derive(Debug, Serialize)]
pub(crate) struct ConfigResponse {
    /// The socket's address (a path if it is on the page's own origin) with all parameters but the token.
    websocket_url: String,
    parameters: StreamingParameters,
    allow_client_parameters: bool,
    /// The regions that `GET /token?region=` accepts.
    regions: Vec<PageRegion>,
    demo: bool,
    /// The model that recognises on this server, `base` or `tiny`; absent if AssemblyAI does.
    #[serde(skip_serializing_if = "Option::is_none")]
    local_model: Option<String>,
    /// After how many seconds without speech the page closes its connection; absent if it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    standby_after_s: Option<u32>,
    /// For how many days the browser may keep finished recordings, 0: not at all; absent if the user alone decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_days: Option<u32>,
}

/// A region and its socket.
#[derive(Debug, Serialize)]
struct PageRegion {
    name: &'static str,
    /// Without parameters.
    websocket_url: String,
}

impl ConfigResponse {
    /// The configuration for a socket at `websocket_url`, whose service is this server if it has a model.
    pub(crate) fn new(
        websocket_url: &str,
        page: &PageSettings,
        assemblyai: &AssemblyAiSettings,
        is_demo: bool,
        local_model: Option<ModelSize>,
    ) -> Self {
        // Heartbeats distinguish a dead connection from silence.
        let parameters = StreamingParameters { session_heartbeat: Some(true), ..page.parameters() };
        let websocket_url = format!("{websocket_url}?{}", parameters.to_short_query());
        let regions = assemblyai.regions.iter().map(|region| PageRegion {
            name: region.name,
            websocket_url: region.service.websocket_url.to_string(),
        });
        Self {
            websocket_url,
            parameters,
            allow_client_parameters: page.allow_client_parameters,
            regions: regions.collect(),
            demo: is_demo,
            // Neither a script nor a model on this server is billed.
            standby_after_s: page.standby_after_s().filter(|_| !is_demo && local_model.is_none()),
            retention_days: page.allowed_retention_days(),
            local_model: local_model.map(|size| LocalModelSize::from(size).to_string()),
        }
    }
}

/// The handler of `GET /config`.
pub(crate) async fn page_config(State(config): State<Arc<ConfigResponse>>) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(&*config)).into_response()
}
